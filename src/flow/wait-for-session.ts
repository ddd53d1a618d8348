import { SsoCredError } from '../model/errors.ts';
import { describeOwner } from '../model/owner.ts';
import type { PendingRecord } from '../model/pending-record.ts';
import { absentStamp } from '../model/profile-index.ts';
import { fileStamp } from '../store/file-stamp.ts';
import type { World } from '../world.ts';
import { awaitPending, pendingOf } from './pending-work.ts';
import type { PendingSession, SessionCall } from './session-call.ts';
import { signInCalledOff } from './session-kind.ts';
import { generationOf, type SessionPlace } from './session-place.ts';

/** What a line on stderr has room for, beside the rest. */
const maxUrlLength = 700;

/**
 * Waits for work on the session, without a lock, until it is over in one way or another.
 * @throws SignInPending, BudgetExhausted at the deadline; SignInUnfinished when the person has signed
 *   out meanwhile; what a sign-in in this process throws
 */
export async function waitForSession(
  call: SessionCall,
  { record, by }: PendingSession,
  world: World,
): Promise<void> {
  const { session, signIn, deadline } = call;
  const generation = generationOf(call);
  if (by === 'this-call-alone' && signIn !== undefined) return await signIn.here(record);
  const onShown = by === 'this-call' ? signIn?.tell : undefined;
  if (await awaitPending(call, record, deadline, onShown, world)) {
    // Whoever has signed out does not want to be asked to sign in.
    const isSignedOut =
      generationOf(call) !== generation && fileStamp(session.tokenFile) === absentStamp;
    if (isSignedOut) throw signInCalledOff(session);
    return;
  }
  const now = await pendingOf(call, world);
  if (now.kind === 'live') throw stillPending(call, now.record);
}

/** The error for work on a session that goes on longer than the call may wait. */
export function stillPending(
  { session: { name, signInCommand } }: SessionPlace,
  { task, owner, startedAt, shown }: PendingRecord,
): SsoCredError {
  if (task === 'refresh') {
    return new SsoCredError(
      'BudgetExhausted',
      `Another sso-cred process (${describeOwner(owner)}) is still refreshing the session ${name}; run this again, or give it longer with --timeout`,
    );
  }
  const since = new Date(startedAt).toLocaleTimeString('en-GB', {
    hour: '2-digit',
    minute: '2-digit',
  });
  return new SsoCredError('SignInPending', `A sign-in to the session ${name} ${howToFinish()}`);

  /** Never with a user code: who reads it in a log could approve as himself. */
  function howToFinish(): string {
    if (shown === undefined) {
      return `was begun at ${since} and has nothing to show yet; run this again, or ${signInCommand}`;
    }
    if (shown.kind === 'device') {
      return `waits for you since ${since}. Finish it at ${shown.verificationUri} and run this again; ${signInCommand} shows the code`;
    }
    const isOpen = shown.isOpened ? 'is open in your browser' : 'waits for you';
    const url = shown.url.length <= maxUrlLength ? ` (${shown.url})` : '';
    return `${isOpen} since ${since}. Finish it there${url} and run this again; ${signInCommand} shows it again`;
  }
}

/** A call that has waited takes the result as it is: it does not begin anew what has just failed. */
export function afterWaiting<T extends SessionCall>(call: T, { record }: PendingSession): T {
  const { signIn } = call;
  const unwatched = signIn === undefined ? undefined : { ...signIn, isWatched: false };
  // A process that has come to nothing, and said nothing, is not started again and again.
  const isHandedOver = call.isHandedOver === true || record.task === 'refresh';
  const after = { ...call, retryNow: false, signIn: unwatched, isHandedOver };
  return record.task === 'sign-in' ? { ...after, waitedSince: record.startedAt } : after;
}
