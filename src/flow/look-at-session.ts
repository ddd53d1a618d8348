import type { SsoCredError } from '../model/errors.ts';
import { isOfSignIn } from '../model/failure-record.ts';
import { describeOwner } from '../model/owner.ts';
import type { PendingRecord } from '../model/pending-record.ts';
import { absentStamp } from '../model/profile-index.ts';
import type { Look } from '../store/lock.ts';
import type { World } from '../world.ts';
import { type PendingState, pendingOf } from './pending-work.ts';
import { planToken } from './plan-token.ts';
import type { PendingSession, SessionCall, SessionDue, SessionToken } from './session-call.ts';
import { sessionEnded, signInNeeded } from './session-kind.ts';
import { knownToken, sessionFailures, signInOf } from './session-place.ts';
import { stillPending } from './wait-for-session.ts';

/** The token, or work of others that will give it, or what there is to do. */
export type SessionLook = Look<SessionToken | PendingSession, SessionDue>;

/**
 * What the session calls for, as everything lies now.
 * @throws as getSessionToken, where nothing can be done, or not now
 */
export async function lookAtSession(
  call: SessionCall,
  world: World,
  rejected?: string,
): Promise<SessionLook> {
  const { session, retryNow } = call;
  const { clock, trace } = world;
  const failures = sessionFailures(call, world);

  const kept = await session.read();
  if (kept.kind === 'none') {
    trace('token', `${session.tokenFile}: ${kept.reason}`);
    return await needsPerson(call, signInNeeded(session), absentStamp, world);
  }
  const { bearer, expiresAt, stamp, refreshToken } = kept;
  const current: SessionToken = {
    kind: 'token',
    bearer,
    expiresAt,
    stamp,
    signIn: signInOf(call, bearer),
  };
  const plan = planToken({
    expiresAt,
    obtainedAt: knownToken(call, bearer)?.obtainedAt ?? kept.obtainedAt,
    notRefreshable: kept.notRefreshable,
    isRejected: bearer === rejected,
    now: clock.now(),
  });
  trace('token', `${session.tokenFile}: ${plan.reason}`);
  if (plan.kind === 'use') return { done: current };
  if (plan.kind === 'sign-in' || refreshToken === undefined) {
    return await needsPerson(call, sessionEnded(session, plan.reason), stamp, world);
  }
  const { stillGood } = plan;
  const standing = failures.standing(stamp, stillGood);
  if (standing !== undefined && !retryNow) {
    if (stillGood) return { done: current };
    if (standing.code === 'SessionEnded' || isOfSignIn(standing.code)) {
      return await needsPerson(call, standing, stamp, world);
    }
    throw standing;
  }
  const record = workOfAnother(call, 'refresh', await pendingOf(call, world));
  if (record !== undefined) {
    return { done: stillGood ? current : { kind: 'pending', record, by: 'another' } };
  }
  return { todo: { kind: 'refresh', kept, refreshToken, current, stillGood } };
}

/**
 * What to do when only the person can help: to wait where they are at it already, to ask them if that
 * is allowed now, else to say so.
 * @param why nothing else is left
 * @param stamp of the token file (fileStamp)
 * @throws why; SignInPending; a sign-in's failure that is remembered
 */
export async function needsPerson(
  call: SessionCall,
  why: SsoCredError,
  stamp: string,
  world: World,
): Promise<SessionLook> {
  const { signIn, retryNow, waitedSince } = call;
  const pending = await pendingOf(call, world);
  const record = workOfAnother(call, 'sign-in', pending);
  if (record !== undefined) {
    if (signIn === undefined) throw stillPending(call, record);
    world.trace('sign-in', `waiting for that of ${describeOwner(record.owner)}`);
    return { done: { kind: 'pending', record, by: 'another' } };
  }
  const failures = sessionFailures(call, world);
  const standing = failures.standing(stamp, false);
  const mayRetry = retryNow || signIn?.isWatched === true;
  if (standing !== undefined && isOfSignIn(standing.code) && !mayRetry) throw standing;
  if (signIn === undefined) throw why;
  // A sign-in that failed for another reason is not begun again at once either.
  if (standing !== undefined && standing.code !== 'SessionEnded' && !mayRetry) throw standing;
  // What came to nothing while this waited is not begun again behind the person's back; only where the
  // process that was at it is gone, another goes on.
  if (waitedSince !== undefined && pending.kind === 'none') {
    throw failures.since(waitedSince, stamp) ?? why;
  }
  return { todo: { kind: 'sign-in', work: signIn, stamp } };
}

function workOfAnother(
  { ownWork }: SessionCall,
  task: PendingRecord['task'],
  pending: PendingState,
): PendingRecord | undefined {
  const isOthers = pending.kind === 'live' && pending.record.id !== ownWork;
  return isOthers && pending.record.task === task ? pending.record : undefined;
}
