import type { PendingRecord } from '../model/pending-record.ts';
import type { World } from '../world.ts';
import { handOver } from './hand-over.ts';
import { beginPending, endPending, type PlannedWork, pendingOf } from './pending-work.ts';
import type { PendingSession, SessionCall, SignInWork } from './session-call.ts';
import { signInGivenUp, signInNeeded } from './session-kind.ts';
import { sessionFailures } from './session-place.ts';

/** A browser sign-in whose process ended is begun once more, not for ever. */
const maxStarts = 2;

/** By device code nobody is asked anew, as long as the code is good. */
const maxResumedStarts = 5;

/** Undefined when no process can be started, and this one has to do it. */
export async function handOverRefresh(
  call: SessionCall,
  world: World,
): Promise<PendingSession | undefined> {
  const state = await pendingOf(call, world);
  const dead = state.kind === 'dead' ? state.record : undefined;
  const begun = await beginPending(call, { task: 'refresh', starts: 1 }, world, dead);
  if (begun === undefined) return undefined;
  const record = await handOver(call, begun, world);
  if (record !== undefined) return { kind: 'pending', record, by: 'another' };
  endPending(call, begun.id);
  return undefined;
}

/**
 * Begins a sign-in, or one more try at it after the end of the process that was at it.
 * @throws SignInUnfinished after several of those, or with no time left; StorageFailed
 */
export async function beginSignIn(
  call: SessionCall,
  signIn: SignInWork,
  stamp: string,
  world: World,
): Promise<PendingSession> {
  const state = await pendingOf(call, world);
  // Work of another kind goes on: what it gives may be all that is needed.
  if (state.kind === 'live') return { kind: 'pending', record: state.record, by: 'another' };
  const dead = state.kind === 'dead' ? state.record : undefined;
  const { flow } = signIn;
  const isSame = dead?.task === 'sign-in' && dead.flow === flow;
  // Whoever has waited as long as it may leaves it to the next call.
  const isTooLate = call.waitedSince !== undefined && world.clock.monotonicMs() >= call.deadline;
  if (isSame && isTooLate) throw signInGivenUp(call.session);
  const again = isSame ? goingOn(dead, world) : undefined;
  if (isSame && again === undefined) {
    const failures = sessionFailures(call, world);
    failures.remember(signInGivenUp(call.session), stamp, dead.startedAt);
    // Long ago it was, perhaps, with the machine switched off since.
    const standing = failures.standing(stamp, false);
    if (standing !== undefined && !signIn.isWatched && !call.retryNow) {
      endPending(call, dead.id);
      throw standing;
    }
  }
  // Nobody is asked for a token that could not be kept.
  call.session.reserve().discard();
  const work = { task: 'sign-in', flow, starts: 1, ...again } as const;
  const begun = await beginPending(call, work, world, dead);
  if (begun !== undefined) {
    const record = await handOver(call, begun, world);
    if (record !== undefined) return { kind: 'pending', record, by: 'this-call' };
    // Under another name, so that a process that is late to take over leaves off.
    const own = await beginPending(call, work, world, begun);
    if (own !== undefined) return { kind: 'pending', record: own, by: 'this-call-alone' };
  }
  // Another process was faster, or called it off.
  const now = await pendingOf(call, world);
  const record = now.kind === 'none' ? begun : now.record;
  if (record === undefined) throw signInNeeded(call.session);
  return { kind: 'pending', record, by: 'another' };
}

/**
 * How a sign-in goes on whose process is gone: by device code with the code that the person may be
 * typing, a few times; else from the start, once. Undefined when it does not.
 */
function goingOn(
  record: PendingRecord,
  world: Pick<World, 'clock'>,
): Pick<PlannedWork, 'starts' | 'shown' | 'startedAt'> | undefined {
  const starts = record.starts + 1;
  const code = codeStillGood(record, world);
  if (code !== undefined && starts <= maxResumedStarts) return { starts, ...code };
  return starts <= maxStarts ? { starts } : undefined;
}

/** The code that the person may be typing, of a process that is gone; undefined when it is over. */
export function codeStillGood(
  { shown, startedAt }: PendingRecord,
  { clock }: Pick<World, 'clock'>,
): Pick<PlannedWork, 'shown' | 'startedAt'> | undefined {
  if (shown?.kind !== 'device' || clock.now() >= shown.expiresAt) return undefined;
  return { shown, startedAt };
}
