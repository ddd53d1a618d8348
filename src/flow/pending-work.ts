import {
  decodePendingRecord,
  encodePendingRecord,
  type PendingRecord,
  type SignInShown,
} from '../model/pending-record.ts';
import { absentStamp } from '../model/profile-index.ts';
import { fileStamp } from '../store/file-stamp.ts';
import type { World } from '../world.ts';
import { signInCancelled } from './session-kind.ts';
import { type SessionPlace, sessionFailures, sessionKey } from './session-place.ts';

/** A worker of which nothing can be told (another kernel's) is given up after this; milliseconds. */
const unknownForMs = 15 * 60_000;

/** How often those who wait look; milliseconds. */
const lookEveryMs = 200;

/** What is known of work on a session in another process. */
export type PendingState =
  | { readonly kind: 'none' }
  | { readonly kind: 'live'; readonly record: PendingRecord }
  /** Its process is gone, and the work with it. */
  | { readonly kind: 'dead'; readonly record: PendingRecord };

/** Reads the pending record of a session, whoever works on it. @throws StorageFailed */
export async function pendingOf(
  place: SessionPlace,
  world: Pick<World, 'clock'>,
): Promise<PendingState> {
  const record = readPending(place);
  if (record === undefined) return { kind: 'none' };
  const liveness = await place.store.liveness(record.owner);
  const isOld = Math.abs(world.clock.now() - record.startedAt) > unknownForMs;
  const isLive = liveness === 'alive' || (liveness === 'unknown' && !isOld);
  return { kind: isLive ? 'live' : 'dead', record };
}

/** The pending record of a session, if there is one. @throws StorageFailed */
export function readPending(place: SessionPlace): PendingRecord | undefined {
  return place.store.read('pending', nameOf(place), decodePendingRecord);
}

/** What is to be done, before anybody does it. */
export type PlannedWork = Pick<PendingRecord, 'task' | 'starts' | 'flow' | 'shown'> &
  Partial<Pick<PendingRecord, 'startedAt'>>;

/**
 * Makes the pending record; undefined when another process was faster. A record that cannot be read,
 * of another version say, is none, and makes room. From then on Ctrl-C in this process means the
 * sign-in, too; what else ends it does not.
 * @param replaced the record whose place it takes, in one step: what is known of a sign-in must not be
 *   lost with a process that is killed between two
 * @throws StorageFailed
 */
export async function beginPending(
  place: SessionPlace,
  work: PlannedWork,
  world: World,
  replaced?: PendingRecord,
): Promise<PendingRecord | undefined> {
  const { store } = place;
  const record: PendingRecord = {
    startedAt: world.clock.now(),
    ...work,
    id: world.randomHex(8),
    owner: await store.owner(),
  };
  const text = encodePendingRecord(record);
  const make = () => store.create('pending', nameOf(place), text);
  const isThere = () => readPending(place)?.id === replaced?.id;
  if (replaced !== undefined) {
    if (!isThere() || !store.write('pending', nameOf(place), text, isThere)) return undefined;
  } else if (!make()) {
    if (readPending(place) !== undefined) return undefined;
    cancelPending(place);
    if (!make()) return undefined;
  }
  if (work.task === 'sign-in') {
    world.signals.onEnd((signal) => {
      if (signal === 'SIGINT') callOff(place, record.id, world);
    });
  }
  return record;
}

/** Ends a sign-in for all who wait for it: they are told that the person did not want it. */
function callOff(place: SessionPlace, id: string, world: World): void {
  if (readPending(place)?.id !== id) return;
  const stamp = fileStamp(place.session.tokenFile);
  sessionFailures(place, world).remember(signInCancelled(place.session), stamp);
  endPending(place, id);
}

/** Writes what has changed, if the record is still the one of this work; gives whether it is. */
export function updatePending(place: SessionPlace, record: PendingRecord): boolean {
  const isOurs = () => readPending(place)?.id === record.id;
  return (
    isOurs() && place.store.write('pending', nameOf(place), encodePendingRecord(record), isOurs)
  );
}

/** Removes the record of a piece of work, if it is still there. @throws StorageFailed */
export function endPending(place: SessionPlace, id: string): void {
  if (readPending(place)?.id === id) place.store.remove('pending', nameOf(place));
}

/** Removes the record, whatever the work: its process finds that and leaves off. @throws StorageFailed */
export function cancelPending(place: SessionPlace): void {
  place.store.remove('pending', nameOf(place));
}

/**
 * Waits, without a lock, until the work of another process may have come to something: its record is
 * gone or another, its process is gone, or there is another token. Gives whether that was before the
 * deadline.
 * @param deadline by the monotonic clock; milliseconds
 * @param onShown called once, when the work has something for the person to see
 */
export async function awaitPending(
  place: SessionPlace,
  { id }: PendingRecord,
  deadline: number,
  onShown: ((shown: SignInShown) => void) | undefined,
  world: Pick<World, 'clock'>,
): Promise<boolean> {
  const { clock } = world;
  const { tokenFile } = place.session;
  const before = fileStamp(tokenFile);
  let isToTell = onShown !== undefined;
  for (;;) {
    const left = deadline - clock.monotonicMs();
    if (left <= 0) return false;
    // Jitter, so that a crowd does not look in step.
    await clock.sleep(Math.min(left, lookEveryMs * (0.75 + Math.random() / 2)));
    const stamp = fileStamp(tokenFile);
    if (stamp !== before && stamp !== absentStamp) return true;
    const state = await pendingOf(place, world);
    if (state.kind !== 'live' || state.record.id !== id) return true;
    const { shown } = state.record;
    if (!isToTell || shown === undefined) continue;
    isToTell = false;
    onShown?.(shown);
  }
}

function nameOf(place: SessionPlace): string {
  return `${sessionKey(place)}.json`;
}
