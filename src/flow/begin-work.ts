import type { World } from '../world.ts';
import { handOver } from './hand-over.ts';
import { beginPending, endPending, pendingOf } from './pending-work.ts';
import type { PendingSession, SessionCall, SignInWork } from './session-call.ts';
import { signInNeeded, signInUnfinished } from './session-kind.ts';
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
  if (state.kind === 'dead') endPending(call, state.record.id);
  const start = (id: string) => call.startWorker('refresh', id);
  const record = await handOver(call, { task: 'refresh', starts: 1 }, start, world);
  return record === undefined ? undefined : { kind: 'pending', record, by: 'another' };
}

/** Begins a sign-in, or one more try at it after the end of the process that was at it. */
export async function beginSignIn(
  call: SessionCall,
  signIn: SignInWork,
  stamp: string,
  world: World,
): Promise<PendingSession> {
  const state = await pendingOf(call, world);
  // Work of another kind goes on: what it gives may be all that is needed.
  if (state.kind === 'live') return { kind: 'pending', record: state.record, by: 'another' };
  const before =
    state.kind === 'dead' && state.record.task === 'sign-in' ? state.record : undefined;
  if (state.kind === 'dead') endPending(call, state.record.id);
  const { flow } = signIn;
  const isSame = before?.flow === flow;
  const resumable =
    isSame && before.shown?.kind === 'device' && world.clock.now() < before.shown.expiresAt;
  const starts = isSame ? before.starts + 1 : 1;
  if (starts > (resumable ? maxResumedStarts : maxStarts)) {
    const waitedMs = before === undefined ? 0 : world.clock.now() - before.startedAt;
    const error = signInUnfinished(call.session, waitedMs);
    sessionFailures(call, world).remember(error, stamp);
    throw error;
  }
  // Nobody is asked for a token that could not be kept.
  call.session.reserve().discard();
  const shown = resumable ? before.shown : undefined;
  const work = {
    task: 'sign-in',
    starts,
    flow,
    ...(shown === undefined ? {} : { shown }),
  } as const;
  const record = await handOver(call, work, (id) => call.startWorker('sign-in', id), world);
  if (record !== undefined) return { kind: 'pending', record, by: 'this-call' };
  const own = await beginPending(call, work, world);
  if (own !== undefined) return { kind: 'pending', record: own, by: 'this-call-alone' };
  // The process that was started has written itself in after all, at the last moment.
  const now = await pendingOf(call, world);
  if (now.kind === 'live') return { kind: 'pending', record: now.record, by: 'this-call' };
  throw signInNeeded(call.session);
}
