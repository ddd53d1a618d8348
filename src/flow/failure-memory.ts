import type { SsoCredError } from '../model/errors.ts';
import {
  asError,
  decodeFailureRecord,
  encodeFailureRecord,
  rememberFailure,
  stillStands,
} from '../model/failure-record.ts';
import { listRecords } from '../store/list-records.ts';
import type { Store } from '../store/store.ts';
import type { World } from '../world.ts';

/** The last failure of a session or a role, kept on disk so that the next callers need not ask. */
export interface FailureMemory {
  /** The failure that still stands for this token (fileStamp), as an error; undefined to go ahead. */
  standing(tokenStamp: string, hasCached: boolean): SsoCredError | undefined;
  /** What failed since then (epoch milliseconds) for this token, though it may be tried again by now. */
  since(time: number, tokenStamp: string): SsoCredError | undefined;
  /**
   * A failure that cannot be written down is no reason to fail otherwise.
   * @param failedAt when it happened, where that was not now; epoch milliseconds
   */
  remember(error: SsoCredError, tokenStamp: string, failedAt?: number): void;
  /** One that cannot be forgotten is none either: its pause is over. */
  forget(): void;
}

/** Forgets what failed with a token (fileStamp), of whichever role: it has been found to be good. */
export function forgetFailuresOf(store: Store, tokenStamp: string): void {
  for (const { name, record } of listRecords(store, 'failures', decodeFailureRecord)) {
    if (record.tokenStamp === tokenStamp) store.remove('failures', name);
  }
}

/** @param name file name of the record, without its ending */
export function failureMemory(
  store: Store,
  name: string,
  world: Pick<World, 'clock' | 'trace'>,
): FailureMemory {
  const { clock, trace } = world;
  const file = `${name}.json`;
  const read = () => store.read('failures', file, decodeFailureRecord);
  return {
    standing(tokenStamp, hasCached) {
      const failure = read();
      const now = clock.now();
      if (failure === undefined || !stillStands(failure, { tokenStamp, hasCached, now })) {
        return undefined;
      }
      trace(
        'failure',
        `remembered: ${failure.message} (${failure.count} in a row); not asked again yet`,
      );
      return asError(failure, hasCached, now);
    },
    since(time, tokenStamp) {
      const failure = read();
      if (failure === undefined || failure.tokenStamp !== tokenStamp) return undefined;
      return failure.failedAt < time ? undefined : asError(failure, false, clock.now());
    },
    remember(error, tokenStamp, failedAt = clock.now()) {
      const failure = rememberFailure(error, read(), tokenStamp, failedAt);
      if (failure === undefined) return;
      try {
        store.write('failures', file, encodeFailureRecord(failure));
      } catch {
        trace('failure', `cannot be remembered in ${store.path('failures', file)}`);
      }
    },
    forget() {
      try {
        store.remove('failures', file);
      } catch {
        trace('failure', `cannot be removed: ${store.path('failures', file)}`);
      }
    },
  };
}
