import { isSsoCredError, type SsoCredError } from '../model/errors.ts';
import { absentStamp } from '../model/profile-index.ts';
import { formatTimestamp } from '../model/role-credentials.ts';
import { decodeSessionRecord, encodeSessionRecord } from '../model/session-record.ts';
import { sha256 } from '../store/digest.ts';
import { type Look, withLock } from '../store/lock.ts';
import type { Store } from '../store/store.ts';
import type { World } from '../world.ts';
import { type FailureMemory, failureMemory } from './failure-memory.ts';
import { planToken } from './plan-token.ts';
import { minRefreshBudgetMs } from './refresh-budget.ts';
import {
  type KeptToken,
  type NewToken,
  type SessionKind,
  sessionEnded,
  signInNeeded,
} from './session-kind.ts';

/** A session, and where what we know of it beside its token is kept. */
export interface SessionPlace {
  readonly session: SessionKind;
  readonly store: Store;
}

/** What is asked of a session. */
export interface SessionCall extends SessionPlace {
  /** By the monotonic clock; milliseconds. */
  readonly deadline: number;
  /** Whether to ask even where a failure is remembered. */
  readonly retryNow: boolean;
  /** Has the person sign in when nothing else is left; undefined where that must not happen. */
  readonly signIn: (() => Promise<NewToken>) | undefined;
}

/** A token that may be used, and the sign-in that it belongs to. */
export interface SessionToken {
  readonly bearer: string;
  /** Epoch milliseconds. */
  readonly expiresAt: number;
  /** See SessionRecord. */
  readonly signIn: string;
  /** The token file as it was (fileStamp). */
  readonly stamp: string;
}

/** What is to be done under the session's lock. */
type Due =
  | {
      readonly kind: 'refresh';
      readonly kept: KeptToken;
      readonly current: SessionToken;
      readonly stillGood: boolean;
    }
  | { readonly kind: 'sign-in'; readonly signIn: () => Promise<NewToken>; readonly stamp: string };

/**
 * The session's token: the stored one, else a refreshed one, else that of a new sign-in. At most one
 * process refreshes or signs in; the others take what it got.
 * @param rejected a token that AWS has just refused: not to be given again
 * @throws SignInNeeded, SessionEnded; SignInDenied, SignInUnfinished; NetworkFailed, ServiceFailed,
 *   Throttled; StorageFailed; LockBusy
 */
export async function getSessionToken(
  call: SessionCall,
  world: World,
  rejected?: string,
): Promise<SessionToken> {
  const { session, store, retryNow } = call;
  const { clock, trace } = world;
  const failures = sessionFailures(call, world);

  /** Only the person can help: by signing in now if that is allowed, else by being told. */
  const needsPerson = (why: SsoCredError, stamp: string): { todo: Due } => {
    const standing = failures.standing(stamp, false);
    if (isSignInFailure(standing) && !retryNow) throw standing;
    if (call.signIn === undefined) throw why;
    // A sign-in that failed for another reason is not begun again at once either.
    if (standing !== undefined && standing.code !== 'SessionEnded' && !retryNow) throw standing;
    return { todo: { kind: 'sign-in', signIn: call.signIn, stamp } };
  };

  const look = async (): Promise<Look<SessionToken, Due>> => {
    const kept = await session.read();
    if (kept.kind === 'none') {
      trace('token', `${session.tokenFile}: ${kept.reason}`);
      return needsPerson(signInNeeded(session), absentStamp);
    }
    const current = sessionTokenOf(call, kept);
    const plan = planToken({
      expiresAt: kept.expiresAt,
      obtainedAt: sessionRecordOf(call, kept.bearer)?.obtainedAt ?? kept.obtainedAt,
      notRefreshable: kept.notRefreshable,
      isRejected: kept.bearer === rejected,
      now: clock.now(),
    });
    trace('token', `${session.tokenFile}: ${plan.reason}`);
    if (plan.kind === 'use') return { done: current };
    if (plan.kind === 'sign-in') {
      return needsPerson(sessionEnded(session, plan.reason), kept.stamp);
    }
    const { stillGood } = plan;
    const standing = failures.standing(kept.stamp, stillGood);
    if (standing === undefined || retryNow) {
      return { todo: { kind: 'refresh', kept, current, stillGood } };
    }
    if (stillGood) return { done: current };
    if (standing.code === 'SessionEnded' || isSignInFailure(standing)) {
      return needsPerson(standing, kept.stamp);
    }
    throw standing;
  };

  /** A sign-in that fails is remembered, so that no other call asks the person again at once. */
  const askPerson = async (signIn: () => Promise<NewToken>, stamp: string) => {
    try {
      return await signInNow(call, signIn, world);
    } catch (error) {
      if (isSsoCredError(error)) failures.remember(error, stamp);
      throw error;
    }
  };

  const work = async (due: Due): Promise<SessionToken> => {
    if (due.kind === 'sign-in') return await askPerson(due.signIn, due.stamp);
    const { kept, current, stillGood } = due;
    let { stamp } = kept;
    try {
      const { token, problem } = await refreshToken(call, kept, current, world);
      stamp = token.stamp;
      if (problem !== undefined) throw problem;
      failures.forget();
      return token;
    } catch (error) {
      if (!isSsoCredError(error)) throw error;
      if (error.code === 'SessionEnded' && !stillGood && call.signIn !== undefined) {
        trace('token', error.message);
        return await askPerson(call.signIn, stamp);
      }
      failures.remember(error, stamp);
      if (!stillGood) throw error;
      trace('token', `${error.message}; the present token is still good`);
      return current;
    }
  };

  const insteadOfWaiting = (due: Due) =>
    due.kind === 'refresh' && due.stillGood ? due.current : undefined;
  const request = { ...sessionLock(call), look, insteadOfWaiting, evenUnlocked: false, work };
  return await withLock(store, request, world);
}

/** A failure that a person caused, or could have ended. */
function isSignInFailure(error: SsoCredError | undefined): error is SsoCredError {
  return (
    error?.code === 'SignInDenied' ||
    error?.code === 'SignInRefused' ||
    error?.code === 'SignInUnfinished'
  );
}

/** The lock that guards a session's token, and what a message calls it. */
export function sessionLock(call: SessionPlace & { readonly deadline: number }) {
  return {
    name: `session-${sessionKey(call)}`,
    purpose: `the session ${call.session.name}`,
    deadline: call.deadline,
  };
}

/** What is remembered of a session's failures. */
export function sessionFailures(call: SessionPlace, world: World): FailureMemory {
  return failureMemory(call.store, `session-${sessionKey(call)}`, world);
}

/** Forgets what we know of a session beside its token: after signing out. */
export function forgetSession(call: SessionPlace, world: World): void {
  call.store.remove('sessions', `${sessionKey(call)}.json`);
  sessionFailures(call, world).forget();
}

/** Has the person sign in and stores what that gave; to be called under the session's lock. */
export async function signInNow(
  call: SessionPlace,
  signIn: () => Promise<NewToken>,
  world: World,
): Promise<SessionToken> {
  // Nobody is asked for a token that could not be kept.
  call.session.reserve().discard();
  const token = await signIn();
  const stamp = call.session.store(token);
  const signInId = sha256(token.bearer);
  rememberSignIn(call, signInId, token, world);
  sessionFailures(call, world).forget();
  return { bearer: token.bearer, expiresAt: token.expiresAt, stamp, signIn: signInId };
}

/** The sign-in that a token belongs to; a token that we did not obtain is a sign-in of its own. */
export function signInOf(call: SessionPlace, bearer: string): string {
  return sessionRecordOf(call, bearer)?.signIn ?? sha256(bearer);
}

/** What a session's files are named by: where its token is kept. */
function sessionKey({ session }: SessionPlace): string {
  return sha256(session.tokenFile);
}

function sessionRecordOf(call: SessionPlace, bearer: string) {
  const record = call.store.read('sessions', `${sessionKey(call)}.json`, decodeSessionRecord);
  return record?.tokenDigest === sha256(bearer) ? record : undefined;
}

function sessionTokenOf(call: SessionPlace, { bearer, expiresAt, stamp }: KeptToken): SessionToken {
  return { bearer, expiresAt, stamp, signIn: signInOf(call, bearer) };
}

/**
 * Spends the refresh token, and stores what comes back before anything else is done with it. Gives
 * what is stored now, and what is wrong with it if it cannot be used.
 */
async function refreshToken(
  call: SessionCall,
  kept: KeptToken,
  current: SessionToken,
  world: World,
): Promise<{ readonly token: SessionToken; readonly problem: SsoCredError | undefined }> {
  const { session } = call;
  const deadline = Math.max(call.deadline, world.clock.monotonicMs() + minRefreshBudgetMs);
  const reserved = session.reserve();
  try {
    const reply = await kept.refresh(deadline);
    if (reply.kind === 'refused') {
      const theirs = await refreshedByAnother(call, kept, world);
      if (theirs !== undefined) return { token: theirs, problem: undefined };
      const said = reply.text === '' ? '' : ` (${reply.text})`;
      throw sessionEnded(session, `its refresh token is refused${said}`);
    }
    const { next, problem, isRefreshTokenReplaced } = reply;
    const stamp = reserved.commit(next.text);
    rememberSignIn(call, current.signIn, next, world);
    const until = `good until ${formatTimestamp(next.expiresAt)}`;
    const got = problem === undefined ? until : 'nothing that can be used';
    const spent = isRefreshTokenReplaced ? 'replaced' : 'kept';
    world.trace('token', `refreshed: ${got}, refresh token ${spent}`);
    const { bearer, expiresAt } = next;
    return { token: { bearer, expiresAt, signIn: current.signIn, stamp }, problem };
  } finally {
    reserved.discard();
  }
}

/** Without this record the new token counts as another sign-in: roles are asked for again, no more. */
function rememberSignIn(
  call: SessionPlace,
  signIn: string,
  { bearer, obtainedAt }: NewToken,
  world: World,
): void {
  const record = { signIn, tokenDigest: sha256(bearer), obtainedAt };
  try {
    call.store.write('sessions', `${sessionKey(call)}.json`, encodeSessionRecord(record));
  } catch (error) {
    if (!isSsoCredError(error)) throw error;
    world.trace('token', error.message);
  }
}

/** AWS's own tools refresh without a lock: a refused token may have been theirs to spend. */
async function refreshedByAnother(
  call: SessionCall,
  sent: KeptToken,
  world: World,
): Promise<SessionToken | undefined> {
  const kept = await call.session.read();
  if (kept.kind === 'none' || kept.refreshToken === sent.refreshToken) return undefined;
  if (kept.expiresAt <= world.clock.now()) return undefined;
  world.trace('token', 'another tool refreshed the session meanwhile; its token serves');
  return sessionTokenOf(call, kept);
}
