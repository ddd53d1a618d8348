import { isSsoCredError } from '../model/errors.ts';
import { absentStamp } from '../model/profile-index.ts';
import {
  decodeRoleRecord,
  encodeRoleRecord,
  makeRoleRecord,
  type RoleRecord,
} from '../model/role-record.ts';
import { sha256 } from '../store/digest.ts';
import { fileStamp } from '../store/file-stamp.ts';
import { ifUnlocked, type Look, withLock } from '../store/lock.ts';
import { sweepDaily } from '../store/sweep.ts';
import type { World } from '../world.ts';
import { failureMemory } from './failure-memory.ts';
import { getSessionToken, stepToToken } from './get-session-token.ts';
import { lookAtSession } from './look-at-session.ts';
import { readPending } from './pending-work.ts';
import { planRole } from './plan-role.ts';
import type { RoleKind } from './role-kind.ts';
import type { PendingSession, SessionCall, SessionToken } from './session-call.ts';
import { sessionEnded, signInNeeded } from './session-kind.ts';
import { generationOf, signInOf } from './session-place.ts';
import { afterWaiting, waitForSession } from './wait-for-session.ts';

/** What is asked for, and within which bounds. */
export interface CredentialsCall extends Omit<SessionCall, 'retryNow' | 'ownWork' | 'waitedSince'> {
  readonly role: RoleKind;
  /** New credentials, whatever is cached or remembered. */
  readonly refresh: boolean;
  /** Whether this is the renewal ahead: nobody waits for it. */
  readonly isAhead: boolean;
}

/** With something cached that still serves, nobody waits longer than this for its successor. */
const renewalBudgetMs = 5_000;

/** How often a role is asked for when the person signs in anew meanwhile. */
const maxAttempts = 3;

/**
 * The role's credentials: the cached ones while they are fresh, else new ones, asked for by one
 * process at a time; and the cached ones again if that fails and they have over a minute left.
 * @throws SsoCredError
 */
export async function getCredentials(call: CredentialsCall, world: World): Promise<RoleRecord> {
  const notBefore = call.refresh ? world.clock.now() : undefined;
  let sessionCall: SessionCall = { ...call, retryNow: call.refresh };
  for (;;) {
    const got = await stepToRole(call, sessionCall, notBefore, world);
    if (got.kind === 'role') return got.record;
    await waitForSession(sessionCall, got, world);
    sessionCall = afterWaiting(sessionCall, got);
  }
}

/** The credentials, or what is to be waited for without any lock. */
type RoleStep = { readonly kind: 'role'; readonly record: RoleRecord } | PendingSession;

async function stepToRole(
  call: CredentialsCall,
  sessionCall: SessionCall,
  notBefore: number | undefined,
  world: World,
): Promise<RoleStep> {
  const { role, store } = call;
  const { tokenFile } = call.session;
  const { clock, trace } = world;
  const roleFile = roleFileName(role);
  const name = lockName(roleFile);
  const failures = failureMemory(store, name, world);

  const look = async (): Promise<Look<RoleStep, Due>> => {
    const record = await readCached(call, roleFile, world);
    const plan = planRole({ record, notBefore, isAhead: call.isAhead, now: clock.now() });
    trace('cache', `${store.path('roles', roleFile)}: ${plan.reason}`);
    if (plan.kind === 'serve') return { done: { kind: 'role', record: plan.record } };
    const { fallback } = plan;
    const standing = call.refresh
      ? undefined
      : failures.standing(fileStamp(tokenFile), fallback !== undefined);
    if (standing !== undefined) {
      if (fallback !== undefined) return { done: { kind: 'role', record: fallback } };
      throw standing;
    }
    const pending = fallback === undefined ? await pendingSession(sessionCall, world) : undefined;
    return pending === undefined ? { todo: { fallback } } : { done: pending };
  };

  const renew = async ({ fallback }: Due): Promise<RoleStep> => {
    const stampBefore = fileStamp(tokenFile);
    let used: SessionToken | undefined;
    const onToken = (token: SessionToken) => {
      used = token;
    };
    try {
      const got = await askAndKeep(call, sessionCall, roleFile, fallback, onToken, world);
      if (got.kind === 'pending') return got;
      failures.forget();
      await sweepDaily(store, tokenFile, world);
      return got;
    } catch (error) {
      if (!isSsoCredError(error)) throw error;
      // What is wrong with the session is remembered there, for all its roles; here it only makes the
      // pause longer while there is something to serve. Its end must not hide that one may sign in.
      const isPause = fallback !== undefined && error.code !== 'SessionEnded';
      if (used !== undefined || isPause) failures.remember(error, used?.stamp ?? stampBefore);
      if (fallback === undefined) throw error;
      trace('decision', `${error.message}; what is cached is still good and is handed out`);
      return { kind: 'role', record: fallback };
    }
  };

  const request = {
    name,
    purpose: role.description,
    deadline: call.deadline,
    look,
    insteadOfWaiting: ({ fallback }: Due): RoleStep | undefined =>
      fallback === undefined ? undefined : { kind: 'role', record: fallback },
    // At worst AWS is asked twice.
    evenUnlocked: true,
    work: renew,
  };
  return await withLock(store, request, world);
}

/** A sign-in or a refresh that others are at, seen without a lock: a crowd waits for it at once. */
async function pendingSession(
  call: SessionCall,
  world: World,
): Promise<PendingSession | undefined> {
  if (readPending(call) === undefined) return undefined;
  const seen = await lookAtSession(call, world);
  return 'done' in seen && seen.done.kind === 'pending' ? seen.done : undefined;
}

interface Due {
  readonly fallback: RoleRecord | undefined;
}

/** The name of the role's record below `roles/`. */
export function roleFileName(role: RoleKind): string {
  return `${sha256(role.identity)}.json`;
}

function lockName(roleFile: string): string {
  return `role-${roleFile.slice(0, -'.json'.length)}`;
}

/** The cached record, if it was made with the sign-in that is the present one. */
async function readCached(
  call: CredentialsCall,
  roleFile: string,
  world: World,
): Promise<RoleRecord | undefined> {
  const { session, store } = call;
  const record = store.read('roles', roleFile, decodeRoleRecord);
  if (record === undefined || record.roleFile !== roleFile) return undefined;
  const stamp = fileStamp(session.tokenFile);
  if (stamp === record.tokenStamp) return record;
  if (stamp === absentStamp) {
    world.trace('cache', `${session.tokenFile} is gone: signed out, nothing cached is handed out`);
    return undefined;
  }
  const kept = await session.read();
  if (kept.kind === 'none' || signInOf(call, kept.bearer) !== record.signIn) {
    world.trace(
      'cache',
      `${session.tokenFile} holds another sign-in: its roles are asked for anew`,
    );
    return undefined;
  }
  const linked = { ...record, tokenStamp: kept.stamp };
  await relink(call, roleFile, record, linked, world);
  return linked;
}

/** Notes that the record belongs to the refreshed token too, for the fast path; if nobody is at it. */
async function relink(
  call: CredentialsCall,
  roleFile: string,
  before: RoleRecord,
  linked: RoleRecord,
  world: World,
): Promise<void> {
  const { store } = call;
  try {
    const generation = generationOf(call);
    const work = () => {
      const present = store.read('roles', roleFile, decodeRoleRecord);
      if (present?.output !== before.output) return;
      const isWanted = () => generationOf(call) === generation;
      store.write('roles', roleFile, encodeRoleRecord(linked), isWanted);
    };
    await ifUnlocked(store, lockName(roleFile), work, world);
  } catch (error) {
    if (!isSsoCredError(error)) throw error;
  }
}

/**
 * Asks for the role and keeps what comes, if the session is still the one it was asked for. Who has
 * signed out meanwhile gets nothing; who has signed in anew, what the new sign-in gives.
 */
async function askAndKeep(
  call: CredentialsCall,
  sessionCall: SessionCall,
  roleFile: string,
  fallback: RoleRecord | undefined,
  onToken: (token: SessionToken) => void,
  world: World,
): Promise<RoleStep> {
  for (let attempt = 1; attempt <= maxAttempts; attempt += 1) {
    const generation = generationOf(call);
    const got = await askForRole(call, sessionCall, roleFile, fallback, onToken, world);
    if (got.kind === 'pending') return got;
    if (keep(call, roleFile, got.record, generation, world)) return got;
    world.trace('decision', 'signed out, or in anew, meanwhile: these credentials are not used');
    if (fileStamp(call.session.tokenFile) === absentStamp) break;
  }
  throw signInNeeded(call.session);
}

/** Token, then role; a token that AWS refuses is replaced once. */
async function askForRole(
  call: CredentialsCall,
  sessionCall: SessionCall,
  roleFile: string,
  fallback: RoleRecord | undefined,
  onToken: (token: SessionToken) => void,
  world: World,
): Promise<RoleStep> {
  const { role, session, store } = call;
  const soon = world.clock.monotonicMs() + renewalBudgetMs;
  const isWaitedFor = fallback === undefined || call.isAhead;
  const deadline = isWaitedFor ? call.deadline : Math.min(call.deadline, soon);
  // Nobody is asked to sign in while what is cached still serves.
  const bounded: SessionCall =
    fallback === undefined ? sessionCall : { ...sessionCall, deadline, signIn: undefined };
  const previous = call.refresh ? undefined : store.read('roles', roleFile, decodeRoleRecord);
  let rejected: string | undefined;
  for (let attempt = 1; attempt <= 2; attempt += 1) {
    // With something to serve the wait is short, and nobody else waits for it.
    const token =
      fallback === undefined
        ? await stepToToken(bounded, world, rejected)
        : await getSessionToken(bounded, world, rejected);
    if (token.kind === 'pending') return token;
    onToken(token);
    const { bearer, signIn, stamp } = token;
    const reply = await role.ask(bearer, previous, deadline);
    if (reply.kind === 'issued') {
      const { credentials, receivedAt, skewMs, cappedDurationS } = reply;
      const record = makeRoleRecord(credentials, {
        roleFile,
        obtainedAt: receivedAt,
        skewMs,
        roleName: role.roleName,
        signIn,
        tokenFile: session.tokenFile,
        tokenStamp: stamp,
        ...(cappedDurationS === undefined ? {} : { cappedDurationS }),
      });
      return { kind: 'role', record };
    }
    rejected = bearer;
  }
  throw sessionEnded(session, 'AWS takes neither its token nor a new one');
}

/**
 * Gives whether the credentials may be used. Those that cannot be kept are handed out all the same:
 * the next call asks again.
 */
function keep(
  call: CredentialsCall,
  roleFile: string,
  record: RoleRecord,
  generation: string,
  world: World,
): boolean {
  const isWanted = () => generationOf(call) === generation;
  try {
    return call.store.write('roles', roleFile, encodeRoleRecord(record), isWanted);
  } catch (error) {
    if (!isSsoCredError(error)) throw error;
    world.trace('cache', `not kept: ${error.message}`);
    return isWanted();
  }
}
