import { allSessions } from '../config/all-sessions.ts';
import type { LocationOptions } from '../config/locate.ts';
import {
  profileOfEnvironment,
  type ResolvedProfile,
  resolveProfile,
  resolveSession,
  type SessionRequest,
} from '../config/resolve-profile.ts';
import type { Sources } from '../config/resolve-session.ts';
import type { SessionPlace } from '../flow/session-place.ts';
import { isSsoCredError } from '../model/errors.ts';
import { readLastErrors } from '../store/last-errors.ts';
import type { World } from '../world.ts';
import { type OpenCall, openCall, placeSession } from './open-call.ts';
import { palette } from './palette.ts';
import { goodFor } from './status/good-for.ts';
import { type StatusReport, statusInWords } from './status/in-words.ts';
import { readProfile } from './status/read-profile.ts';
import {
  readClocks,
  readFailures,
  readPendingSignIn,
  readRoles,
  readSession,
} from './status/read-status.ts';

/** What `sso-cred status` may say. */
export interface StatusOptions extends SessionRequest, LocationOptions {
  readonly json: boolean;
  /** For how long the session and role are to last; milliseconds. */
  readonly forMs: number | undefined;
  readonly explain: boolean;
  /** How long it may take; seconds. */
  readonly timeoutS: number;
}

/**
 * Shows sessions, cached roles, pending sign-ins, remembered failures and the last errors. Asks nobody
 * over the network, but for who the role of a profile makes one, and where it is to tell how long all
 * lasts. For one session the exit status tells whether it is good: 0, or 3.
 * @throws SsoCredError
 */
export async function runStatus(asked: StatusOptions, world: World): Promise<number> {
  const opened = openCall(asked, world);
  const { sources, store } = opened;
  const options = withProfile(asked, sources);
  const isOfOne = namesOne(options);
  const places = (isOfOne ? [resolveSession(options, sources)] : allSessions(sources)).map(
    ({ session }) => ({ session, place: placeSession(session, opened, options, world) }),
  );
  const resolved = tryToResolve(options, sources);
  const [one] = places;
  const { forMs } = options;
  const answer =
    forMs === undefined || one === undefined
      ? null
      : await goodFor({ wantedMs: forMs, place: one.place, resolved, options }, world);

  const sessions = [];
  const pendingSignIns = [];
  for (const { session, place } of places) {
    const status = await readSession(session, place, world);
    sessions.push(status);
    pendingSignIns.push(await readPendingSignIn(status, place, world));
  }
  const report: StatusReport = {
    sessions,
    pendingSignIns: pendingSignIns.filter((pending) => pending !== undefined),
    profile: await profileOf(options, resolved, one?.place, opened, world),
    roles: readRoles(sessions, store, world),
    failures: readFailures(store, world),
    clocks: readClocks(store, world),
    lastErrors: readLastErrors(store.directory, world).slice(-5),
    for: answer,
  };
  const look = {
    palette: palette(world),
    columns: world.isTerminal(1) ? world.columns(1) : undefined,
    home: sources.home,
    now: world.clock.now(),
    isOfOne,
  };
  const text = options.json
    ? `${JSON.stringify(report, undefined, 2)}\n`
    : statusInWords(report, look);
  world.print(1, text);
  if (answer !== null) return answer.isGood ? 0 : 3;
  const isGood = sessions.every(({ state }) => state === 'signed-in' || state === 'refreshable');
  return isGood || !isOfOne ? 0 : 3;
}

/** How long something lasts is asked of one profile: of the usual one, where none is named. */
function withProfile(options: StatusOptions, { env }: Sources): StatusOptions {
  if (options.forMs === undefined || namesOne(options)) return options;
  return { ...options, profile: profileOfEnvironment(env) };
}

function namesOne(options: SessionRequest): boolean {
  const { profile, session, startUrl, issuer, auth0Domain } = options;
  return [profile, session, startUrl, issuer, auth0Domain].some((each) => each !== undefined);
}

/** The profile that was named; undefined for none, and for one that says too little of a role. */
function tryToResolve({ profile }: SessionRequest, sources: Sources): ResolvedProfile | undefined {
  if (profile === undefined) return undefined;
  try {
    return resolveProfile({ profile }, sources);
  } catch (error) {
    if (!isSsoCredError(error)) throw error;
    return undefined; // Its session may be good all the same.
  }
}

async function profileOf(
  { profile }: SessionRequest,
  resolved: ResolvedProfile | undefined,
  place: SessionPlace | undefined,
  opened: OpenCall,
  world: World,
): Promise<StatusReport['profile']> {
  if (profile === undefined || resolved === undefined || place === undefined) return null;
  return await readProfile(profile, resolved, place, opened, world);
}
