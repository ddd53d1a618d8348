import type { ResolvedProfile } from '../../config/resolve-profile.ts';
import { getSessionToken } from '../../flow/get-session-token.ts';
import { type SessionPlace, sessionFailures } from '../../flow/session-place.ts';
import { describeDuration } from '../../model/duration.ts';
import { isSsoCredError } from '../../model/errors.ts';
import { remainingMs } from '../../model/freshness.ts';
import { publicParts, type RoleRecord } from '../../model/role-record.ts';
import type { World } from '../../world.ts';
import { obtainRole, type RoleOptions, resolveAsked } from '../obtain-role.ts';

/** Whether what is asked for will last that long. */
export interface GoodFor {
  readonly seconds: number;
  readonly isGood: boolean;
  /** Why not, a sentence without its stop; null when it is good. */
  readonly reason: string | null;
  /** What to type; null where nothing helps. */
  readonly command: string | null;
}

/** What is asked of a session, and of the role of a profile if one was named. */
interface Question {
  readonly wantedMs: number;
  readonly place: SessionPlace;
  readonly resolved: ResolvedProfile | undefined;
  readonly options: Omit<RoleOptions, 'refresh' | 'signIn'>;
}

/** What was obtained so shortly before is as good as anything new; milliseconds. */
const newMs = 5 * 60_000;

/**
 * Whether a session, and the credentials of a role, will last for so long; refreshes and renews where
 * that helps to know or to have. Never signs in.
 * @throws SsoCredError when AWS or the provider cannot be asked, or refuses the role
 */
export async function goodFor(question: Question, world: World): Promise<GoodFor> {
  const seconds = Math.round(question.wantedMs / 1000);
  const bad = (await sessionFalls(question, world)) ?? (await roleFalls(question, world));
  if (bad === undefined) return { seconds, isGood: true, reason: null, command: null };
  return { seconds, isGood: false, reason: bad.reason, command: bad.command ?? null };
}

interface Shortfall {
  readonly reason: string;
  readonly command?: string;
}

/** Why the session will not last; undefined when it will, as far as anybody can tell. */
async function sessionFalls(
  { wantedMs, place, options }: Question,
  world: World,
): Promise<Shortfall | undefined> {
  const { name, signInCommand: command } = place.session;
  const kept = await place.session.read();
  if (kept.kind === 'none') return { reason: `Not signed in to the session ${name}`, command };
  const standing = sessionFailures(place, world).standing(kept.stamp, false);
  if (standing?.code === 'SessionEnded') return { reason: standing.message, command };
  const now = world.clock.now();
  const leftMs = kept.expiresAt - now;
  if (leftMs >= wantedMs) return undefined;
  if (kept.notRefreshable !== undefined) {
    const when = leftMs > 0 ? `ends in ${describeDuration(leftMs)}` : 'has ended';
    return {
      reason: `The session ${name} ${when}: ${kept.notRefreshable}`,
      command: `${command} --force`,
    };
  }
  if (leftMs > 0 && now - kept.obtainedAt < newMs) return undefined;
  // No token lasts that long. That it can be refreshed now is what shows that the session goes on.
  const deadline = world.clock.monotonicMs() + options.timeoutS * 1000;
  const call = { ...place, deadline, retryNow: false, signIn: undefined };
  return await unlessEnded(async () => {
    await getSessionToken(call, world, kept.bearer);
    return undefined;
  });
}

/** Why the credentials of the role will not last; undefined when they will, or none are asked for. */
async function roleFalls(
  { wantedMs, resolved, options, place }: Question,
  world: World,
): Promise<Shortfall | undefined> {
  if (resolved === undefined) return undefined;
  const obtain = async (refresh: boolean) =>
    (await obtainRole({ ...options, refresh, signIn: 'never' }, resolveAsked, world)).record;
  const leftOf = (record: RoleRecord) => remainingMs(record, world.clock.now());
  return await unlessEnded(async () => {
    let record = await obtain(false);
    const isOld = world.clock.now() - record.obtainedAt >= newMs;
    if (leftOf(record) < wantedMs && isOld) record = await obtain(true);
    const leftMs = leftOf(record);
    if (leftMs >= wantedMs) return undefined;
    const { accountId } = publicParts(record.output);
    return {
      reason: `The credentials of the role ${record.roleName} in account ${accountId} last ${describeDuration(leftMs)}, and new ones no longer. A program that renews them by credential_process needs the session ${place.session.name} alone`,
    };
  });
}

/** That a session is over is an answer; other failures are none. */
async function unlessEnded(
  ask: () => Promise<Shortfall | undefined>,
): Promise<Shortfall | undefined> {
  try {
    return await ask();
  } catch (error) {
    if (!isSsoCredError(error)) throw error;
    if (!['SignInNeeded', 'SessionEnded', 'SignInPending'].includes(error.code)) throw error;
    const { message, remedy } = error;
    return { reason: message, ...(remedy === undefined ? {} : { command: remedy }) };
  }
}
