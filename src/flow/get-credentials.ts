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
import type { Store } from '../store/store.ts';
import { sweepDaily } from '../store/sweep.ts';
import type { World } from '../world.ts';
import { failureMemory } from './failure-memory.ts';
import {
  getSessionToken,
  type SessionCall,
  type SessionToken,
  signInOf,
} from './get-session-token.ts';
import { planRole } from './plan-role.ts';
import type { RoleKind } from './role-kind.ts';
import { type SessionKind, sessionEnded } from './session-kind.ts';

/** What is asked for, and within which bounds. */
export interface CredentialsCall {
  readonly role: RoleKind;
  readonly session: SessionKind;
  readonly store: Store;
  /** New credentials, whatever is cached or remembered. */
  readonly refresh: boolean;
  /** By the monotonic clock; milliseconds. */
  readonly deadline: number;
  /** Has the person sign in when nothing else is left; undefined where that must not happen. */
  readonly signIn: SessionCall['signIn'];
}

/** With something cached that still serves, nobody waits longer than this for its successor. */
const renewalBudgetMs = 5_000;

/**
 * The role's credentials: the cached ones while they are fresh, else new ones, asked for by one
 * process at a time; and the cached ones again if that fails and they have over a minute left.
 * @throws SsoCredError
 */
export async function getCredentials(call: CredentialsCall, world: World): Promise<RoleRecord> {
  const { role, store } = call;
  const { tokenFile } = call.session;
  const { clock, trace } = world;
  const roleFile = roleFileName(role);
  const name = lockName(roleFile);
  const failures = failureMemory(store, name, world);
  const startedAt = clock.now();

  const look = async (): Promise<Look<RoleRecord, Due>> => {
    const record = await readCached(call, roleFile, world);
    const notBefore = call.refresh ? startedAt : undefined;
    const plan = planRole({ record, notBefore, now: clock.now() });
    trace('cache', `${store.path('roles', roleFile)}: ${plan.reason}`);
    if (plan.kind === 'serve') return { done: plan.record };
    const { fallback } = plan;
    const standing = call.refresh
      ? undefined
      : failures.standing(fileStamp(tokenFile), fallback !== undefined);
    if (standing === undefined) return { todo: { fallback } };
    if (fallback !== undefined) return { done: fallback };
    throw standing;
  };

  const renew = async ({ fallback }: Due): Promise<RoleRecord> => {
    const stampBefore = fileStamp(tokenFile);
    let used: SessionToken | undefined;
    const onToken = (token: SessionToken) => {
      used = token;
    };
    try {
      const record = await askForRole(call, roleFile, fallback !== undefined, onToken, world);
      keep(call, roleFile, record, world);
      failures.forget();
      sweepDaily(store, tokenFile, world);
      return record;
    } catch (error) {
      if (!isSsoCredError(error)) throw error;
      // What is wrong with the session is remembered there, for all its roles; here it only makes the
      // pause longer while there is something to serve. Its end must not hide that one may sign in.
      const isPause = fallback !== undefined && error.code !== 'SessionEnded';
      if (used !== undefined || isPause) failures.remember(error, used?.stamp ?? stampBefore);
      if (fallback === undefined) throw error;
      trace('decision', `${error.message}; what is cached is still good and is handed out`);
      return fallback;
    }
  };

  const request = {
    name,
    purpose: role.description,
    deadline: call.deadline,
    look,
    insteadOfWaiting: ({ fallback }: Due) => fallback,
    // At worst AWS is asked twice.
    evenUnlocked: true,
    work: renew,
  };
  return await withLock(store, request, world);
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
  await relink(store, roleFile, record, linked);
  return linked;
}

/** Notes that the record belongs to the refreshed token too, for the fast path; if nobody is at it. */
async function relink(
  store: Store,
  roleFile: string,
  before: RoleRecord,
  linked: RoleRecord,
): Promise<void> {
  try {
    await ifUnlocked(store, lockName(roleFile), () => {
      const present = store.read('roles', roleFile, decodeRoleRecord);
      if (present?.output === before.output) {
        store.write('roles', roleFile, encodeRoleRecord(linked));
      }
    });
  } catch (error) {
    if (!isSsoCredError(error)) throw error;
  }
}

/** Token, then role; a token that AWS refuses is replaced once. */
async function askForRole(
  call: CredentialsCall,
  roleFile: string,
  hasFallback: boolean,
  onToken: (token: SessionToken) => void,
  world: World,
): Promise<RoleRecord> {
  const { role, session, store } = call;
  const soon = world.clock.monotonicMs() + renewalBudgetMs;
  const deadline = hasFallback ? Math.min(call.deadline, soon) : call.deadline;
  const sessionCall: SessionCall = {
    session,
    store,
    deadline,
    retryNow: call.refresh,
    // Nobody is asked to sign in while what is cached still serves.
    signIn: hasFallback ? undefined : call.signIn,
  };
  const previous = call.refresh ? undefined : store.read('roles', roleFile, decodeRoleRecord);
  let rejected: string | undefined;
  for (let attempt = 1; attempt <= 2; attempt += 1) {
    const token = await getSessionToken(sessionCall, world, rejected);
    onToken(token);
    const { bearer, signIn, stamp } = token;
    const reply = await role.ask(bearer, previous, deadline);
    if (reply.kind === 'issued') {
      const { credentials, receivedAt, skewMs, cappedDurationS } = reply;
      return makeRoleRecord(credentials, {
        roleFile,
        obtainedAt: receivedAt,
        skewMs,
        roleName: role.roleName,
        signIn,
        tokenFile: session.tokenFile,
        tokenStamp: stamp,
        ...(cappedDurationS === undefined ? {} : { cappedDurationS }),
      });
    }
    rejected = bearer;
  }
  throw sessionEnded(session, 'AWS takes neither its token nor a new one');
}

/** Credentials that cannot be kept are handed out all the same: the next call asks again. */
function keep(call: CredentialsCall, roleFile: string, record: RoleRecord, world: World): void {
  try {
    call.store.write('roles', roleFile, encodeRoleRecord(record));
  } catch (error) {
    if (!isSsoCredError(error)) throw error;
    world.trace('cache', `not kept: ${error.message}`);
  }
}
