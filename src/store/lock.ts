import { join } from 'node:path';
import { hasCode, isSsoCredError, SsoCredError } from '../model/errors.ts';
import { isAbandoned, lockStaleMs, lockUpdateMs } from '../model/lock-age.ts';
import { describeOwner, type Owner } from '../model/owner.ts';
import type { World } from '../world.ts';
import { HolderWatch } from './holder-watch.ts';
import { breakHold, LockDirectory, readLock } from './lock-directory.ts';
import { storageError } from './storage-error.ts';
import type { Store } from './store.ts';
import { sweepAfterDeath } from './sweep.ts';

/** Who waits longer than this is told for whom. */
const patienceMs = 2_000;

/** What a look at the cache found: the result, or what there is to do. */
export type Look<Result, Todo> = { readonly done: Result } | { readonly todo: Todo };

/** A piece of work that one process at a time may do. */
export interface LockRequest<Result, Todo> {
  readonly name: string;
  /** What the work is about, in the words of a message: `the session "corp"`. */
  readonly purpose: string;
  /** When to give up, by the monotonic clock; milliseconds. */
  readonly deadline: number;
  /**
   * Made before each try and once more under the lock: another process may have done the work
   * meanwhile.
   */
  readonly look: () => Promise<Look<Result, Todo>>;
  /** What to give instead of waiting for another process; undefined to wait. */
  readonly insteadOfWaiting?: (todo: Todo) => Result | undefined;
  /** Whether the work may be done without a lock where none can be made (a read-only disk, say). */
  readonly evenUnlocked: boolean;
  /** The work, under the lock. */
  readonly work: (todo: Todo) => Promise<Result>;
}

/** What locks need of the world. */
export type LockWorld = Pick<World, 'clock' | 'trace' | 'signals' | 'randomHex' | 'platform'>;

/** How a try for a lock ended. */
type Try =
  | { readonly kind: 'taken'; readonly release: () => Promise<void> }
  | { readonly kind: 'busy'; readonly owner: Owner | undefined };

/**
 * Does a piece of work at most once among all processes that ask for it: waits for the lock, but
 * leaves without it as soon as the result is there.
 * @throws LockBusy at the deadline; StorageFailed when locks cannot be made; what look and work throw
 */
export async function withLock<Result, Todo>(
  store: Store,
  request: LockRequest<Result, Todo>,
  world: LockWorld,
): Promise<Result> {
  const { clock, trace } = world;
  const { purpose } = request;
  const startedAt = clock.monotonicMs();
  const watch = new HolderWatch(clock);
  let told: string | undefined;
  for (;;) {
    const before = await request.look();
    if ('done' in before) return before.done;
    const got = await tryLock(store, request.name, watch, world).catch((error: unknown): Try => {
      if (!request.evenUnlocked || !isUnwritable(error)) throw error;
      trace('lock', `${error.message}; going on without`);
      return { kind: 'taken', release: async () => undefined };
    });
    const waitedMs = clock.monotonicMs() - startedAt;
    if (got.kind === 'taken') {
      trace('lock', `${purpose}: taken after ${Math.round(waitedMs)} ms`);
      try {
        const inside = await request.look();
        return 'done' in inside ? inside.done : await request.work(inside.todo);
      } finally {
        await got.release();
      }
    }
    const instead = request.insteadOfWaiting?.(before.todo);
    if (instead !== undefined) {
      trace('lock', `${purpose}: another process is at it, and what is there is still good`);
      return instead;
    }
    const who = got.owner === undefined ? '' : ` (${describeOwner(got.owner)})`;
    const toTell = waitedMs < patienceMs ? 'waiting' : `still waiting for it${who}`;
    if (toTell !== told) trace('lock', `${purpose}: another process is at it; ${toTell}`);
    told = toTell;
    if (clock.monotonicMs() >= request.deadline) {
      const waited = Math.round(waitedMs / 1000);
      throw new SsoCredError(
        'LockBusy',
        `Another sso-cred process${who} has been busy with ${purpose} for ${waited} s; try again, or give it longer with --timeout`,
      );
    }
    await clock.sleep(pollPauseMs());
  }
}

/** How long to wait between two looks; milliseconds. Jitter, so that waiters do not look in step. */
export function pollPauseMs(): number {
  return 25 + Math.random() * 50;
}

/** Does a piece of work if no other process holds the lock; else leaves it. */
export async function ifUnlocked(
  store: Store,
  name: string,
  work: () => void | Promise<void>,
  world: LockWorld,
): Promise<void> {
  const got = await tryLock(store, name, new HolderWatch(world.clock), world);
  if (got.kind === 'busy') return;
  try {
    await work();
  } finally {
    await got.release();
  }
}

/** Whether the system refused to write; distrust of what is there is another matter. */
function isUnwritable(error: unknown): error is SsoCredError {
  return (
    isSsoCredError(error) && hasCode(error.cause, 'EROFS', 'EACCES', 'EPERM', 'ENOSPC', 'EDQUOT')
  );
}

/** Takes the lock, if nobody holds it who may be alive and at work. */
async function tryLock(
  store: Store,
  name: string,
  watch: HolderWatch,
  world: LockWorld,
): Promise<Try> {
  const path = join(store.folder('locks'), `${name}.lock`);
  try {
    const state = readLock(path);
    if (state.kind === 'squatted') {
      const text = `${path} is in the way: ${state.reason}`;
      throw new SsoCredError('StorageFailed', text, { remedy: state.remedy });
    }
    if (state.kind === 'held') {
      const { holder } = state;
      const { owner } = holder;
      const liveness = owner === undefined ? 'unknown' : await store.liveness(owner);
      const ageMs = world.clock.now() - holder.touchedAt;
      const unchangedMs = watch.unchangedMs(holder);
      const isRunning = owner !== undefined && store.isRunning(owner);
      if (!isAbandoned({ liveness, isRunning, ageMs, unchangedMs })) return { kind: 'busy', owner };
      const from = owner === undefined ? 'a process' : describeOwner(owner);
      const why = liveness === 'dead' ? 'is gone' : 'has not touched it for long';
      world.trace('lock', `${name}: taken over from ${from}, which ${why}`);
      breakHold(path, holder.file);
      if (liveness === 'dead') {
        if (owner?.socket) store.remove('locks', owner.socket);
        await sweepAfterDeath(store, world);
      }
    }
    return await take(store, path, world);
  } catch (error) {
    if (isSsoCredError(error)) throw error;
    // A lock that vanishes or changes hands while it is looked at is a busy lock.
    if (hasCode(error, 'ELOCKED', 'ENOENT', 'EEXIST', 'ENOTEMPTY', 'ECOMPROMISED')) {
      return { kind: 'busy', owner: undefined };
    }
    throw storageError('make the lock', path, error);
  }
}

async function take(store: Store, path: string, world: LockWorld): Promise<Try> {
  const owner = await store.owner();
  const directory = new LockDirectory(path, world.randomHex(8), owner, world.platform);
  const { lock } = await loadLockfile();
  // The library knows a lock by its first argument: two locks of one process need two.
  const release = await lock(path, {
    lockfilePath: path,
    realpath: false,
    retries: 0,
    stale: lockStaleMs,
    update: lockUpdateMs,
    fs: directory.fs,
    // Losing the lock must not end the process: what it publishes is checked where it matters.
    onCompromised: () => world.trace('lock', `${path}: lost to another process`),
  });
  const withdraw = world.signals.onEnd(() => directory.release());
  return {
    kind: 'taken',
    async release() {
      withdraw();
      try {
        await release();
      } catch {
        // Lost meanwhile, or not to be removed: it is taken over, and what was got under it counts.
      }
      directory.release();
    },
  };
}

async function loadLockfile(): Promise<typeof import('proper-lockfile')> {
  const loaded = await import('proper-lockfile');
  return loaded.default ?? loaded;
}
