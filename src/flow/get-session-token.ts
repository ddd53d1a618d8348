import { isSsoCredError, SsoCredError } from '../model/errors.ts';
import { describeOwner, type Owner } from '../model/owner.ts';
import { pollPauseMs, withLock } from '../store/lock.ts';
import type { World } from '../world.ts';
import { beginSignIn, handOverRefresh } from './begin-work.ts';
import { lookAtSession, needsPerson } from './look-at-session.ts';
import type { PendingSession, SessionCall, SessionDue, SessionToken } from './session-call.ts';
import { sessionEnded } from './session-kind.ts';
import { sessionFailures, sessionLock } from './session-place.ts';
import { spendRefreshToken } from './spend-refresh-token.ts';
import { afterWaiting, waitForSession } from './wait-for-session.ts';

/** With less left than this a refresh is left to a process that nobody ends; milliseconds. */
const minOwnBudgetMs = 15_000;

/** A live process that has claimed a refresh token and does not get on is waited for so long. */
const claimPatienceMs = 30_000;

/**
 * The session's token: the stored one, else a refreshed one, else that of a new sign-in. At most one
 * process refreshes or signs in; the others take what it got.
 * @param rejected a token that AWS has just refused: not to be given again
 * @throws SignInNeeded, SessionEnded, SignInPending; SignInDenied, SignInUnfinished, SignInRefused;
 *   NetworkFailed, ServiceFailed, Throttled; StorageFailed; LockBusy, BudgetExhausted
 */
export async function getSessionToken(
  call: SessionCall,
  world: World,
  rejected?: string,
): Promise<SessionToken> {
  let present = call;
  for (;;) {
    const got = await stepToToken(present, world, rejected);
    if (got.kind === 'token') return got;
    await waitForSession(present, got, world);
    present = afterWaiting(present, got);
  }
}

/**
 * One step towards the token: the token itself, or what is to be waited for without any lock.
 * @throws as getSessionToken
 */
export async function stepToToken(
  call: SessionCall,
  world: World,
  rejected?: string,
): Promise<SessionToken | PendingSession> {
  const { store } = call;
  const failures = sessionFailures(call, world);
  const look = () => lookAtSession(call, world, rejected);

  const work = async (due: SessionDue): Promise<SessionToken | PendingSession> => {
    const startedAt = world.clock.monotonicMs();
    let next = due;
    for (;;) {
      if (next.kind === 'sign-in') return await beginSignIn(call, next.work, next.stamp, world);
      const given = await refresh(next);
      if (given.kind === 'token' || given.kind === 'pending') return given;
      if (given.kind === 'claimed') {
        await waitForClaimant(call, given.owner, startedAt, world);
      }
      const seen =
        given.kind === 'ended'
          ? await needsPerson(call, given.error, given.stamp, world)
          : await look();
      if ('done' in seen) return seen.done;
      next = seen.todo;
      const isOver = given.kind === 'overtaken' && world.clock.monotonicMs() >= call.deadline;
      if (isOver && next.kind === 'refresh') {
        if (next.stillGood) return next.current;
        throw notInTime(call);
      }
    }
  };

  const refresh = async (due: SessionDue & { kind: 'refresh' }) => {
    const { kept, refreshToken, current, stillGood } = due;
    const left = call.deadline - world.clock.monotonicMs();
    if (left < minOwnBudgetMs && call.ownWork === undefined && call.isHandedOver !== true) {
      const handed = await handOverRefresh(call, world);
      if (handed !== undefined) return stillGood ? current : handed;
    }
    let { stamp } = kept;
    let isRemembered = false;
    const ended = (text: string) => {
      const said = text === '' ? '' : ` (${text})`;
      return sessionEnded(call.session, `its refresh token is refused${said}`);
    };
    try {
      const spent = await spendRefreshToken(
        {
          ...call,
          kept,
          refreshToken,
          signIn: current.signIn,
          isStillDue: async () => {
            const seen = await look();
            return (
              'todo' in seen &&
              seen.todo.kind === 'refresh' &&
              seen.todo.refreshToken === refreshToken
            );
          },
          onRefused: (text) => {
            failures.remember(ended(text), stamp);
            isRemembered = true;
          },
        },
        world,
      );
      switch (spent.kind) {
        case 'claimed':
          return stillGood ? current : spent;
        case 'overtaken':
          return spent;
        case 'refused':
          throw ended(spent.text);
        case 'stored': {
          stamp = spent.stamp;
          if (spent.problem !== undefined) throw spent.problem;
          failures.forget();
          const { bearer, expiresAt } = spent.token;
          return { ...current, bearer, expiresAt, stamp };
        }
      }
    } catch (error) {
      if (!isSsoCredError(error)) throw error;
      if (!isRemembered) failures.remember(error, stamp);
      world.trace('token', error.message);
      if (stillGood) {
        world.trace('token', 'the present token is still good');
        return current;
      }
      if (error.code === 'SessionEnded') return { kind: 'ended', error, stamp } as const;
      throw error;
    }
  };

  // Whoever was started for the refresh waits for the lock: the one who started it has it still.
  const insteadOfWaiting = (due: SessionDue) =>
    due.kind === 'refresh' && due.stillGood && call.ownWork === undefined ? due.current : undefined;
  const request = { ...sessionLock(call), look, insteadOfWaiting, evenUnlocked: false, work };
  return await withLock(store, request, world);
}

/** The error for a session that something always came between, until the call's end. */
function notInTime({ session }: SessionCall): SsoCredError {
  return new SsoCredError(
    'BudgetExhausted',
    `The session ${session.name} could not be refreshed in time; run this again, or give it longer with --timeout`,
  );
}

/** Waits a moment for a live process that has claimed the refresh token. @throws LockBusy */
async function waitForClaimant(
  { session, deadline }: SessionCall,
  owner: Owner | undefined,
  startedAt: number,
  { clock, trace }: World,
): Promise<void> {
  const who = owner === undefined ? '' : ` (${describeOwner(owner)})`;
  const now = clock.monotonicMs();
  if (now - startedAt >= claimPatienceMs || now >= deadline) {
    const waited = Math.round((now - startedAt) / 1000);
    throw new SsoCredError(
      'LockBusy',
      `Another sso-cred process${who} is refreshing the session ${session.name} and has not got on for ${waited} s; run this again, or end that process`,
    );
  }
  trace('claim', `another process${who} has claimed the refresh token; waiting`);
  await clock.sleep(pollPauseMs());
}
