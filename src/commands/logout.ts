import { join } from 'node:path';
import { sessionResolvers } from '../config/all-sessions.ts';
import { findKey } from '../config/find-key.ts';
import type { LocationOptions } from '../config/locate.ts';
import {
  type ResolvedAnySession,
  resolveSession,
  roleKeys,
  type SessionRequest,
} from '../config/resolve-profile.ts';
import { sessionKeys } from '../config/resolve-session.ts';
import { forgetFailuresOf } from '../flow/failure-memory.ts';
import { cancelPending } from '../flow/pending-work.ts';
import { getProviderMetadata, keptProviderMetadata } from '../flow/provider-metadata.ts';
import type { KeptToken } from '../flow/session-kind.ts';
import {
  raiseGeneration,
  type SessionPlace,
  sessionFailures,
  sessionLock,
} from '../flow/session-place.ts';
import { isSsoCredError, SsoCredError } from '../model/errors.ts';
import type { OidcSession, SsoSession } from '../model/profile.ts';
import { decodeRoleRecord, publicParts } from '../model/role-record.ts';
import { revokeProviderToken } from '../services/identity-provider.ts';
import { idempotent, retrying } from '../services/retry.ts';
import { logoutOfPortal } from '../services/sso-portal-session.ts';
import { removeClaims } from '../store/claim.ts';
import { type CliRole, removeCliRole } from '../store/cli-role-cache.ts';
import { sha256 } from '../store/digest.ts';
import { listRecords } from '../store/list-records.ts';
import { withLock } from '../store/lock.ts';
import { removeSsoToken } from '../store/sso-token-cache.ts';
import type { Store } from '../store/store.ts';
import type { World } from '../world.ts';
import { withEachSession } from './each-session.ts';
import { type OpenCall, openCall, placeSession } from './open-call.ts';

/** What `sso-cred logout` may say. */
export interface LogoutOptions extends SessionRequest, LocationOptions {
  readonly all: boolean;
  /** How long it may take; seconds. */
  readonly timeoutS: number;
}

/**
 * Ends sessions: tells AWS or the provider, then deletes tokens and role credentials, also when that
 * cannot be told.
 * @throws SsoCredError; NetworkFailed and the like only after everything here is deleted
 */
export async function runLogout(options: LogoutOptions, world: World): Promise<void> {
  const opened = openCall(options, world);
  const deadline = world.clock.monotonicMs() + options.timeoutS * 1000;
  const resolvers = options.all
    ? sessionResolvers(opened.sources)
    : [() => resolveSession(options, opened.sources)];
  const pages = new Set<string>();
  const work = async ({ session }: ResolvedAnySession) => {
    const place = placeSession(session, opened, undefined, world);
    const { failure, page } = await endSession(session, place, opened, deadline, world);
    if (page !== undefined) pages.add(page);
    if (failure !== undefined) throw failure;
  };
  try {
    await withEachSession(resolvers, work, world);
  } finally {
    for (const page of pages) {
      world.print(2, `Your browser may still be signed in at ${page} until you sign out there.\n`);
    }
  }
}

/** What is left when a session has been ended here. */
interface Ended {
  /** Why the service could not be told. */
  readonly failure?: SsoCredError;
  /** Where the person's browser may have a session of its own. */
  readonly page?: string;
}

async function endSession(
  session: SsoSession | OidcSession,
  place: SessionPlace,
  opened: OpenCall,
  deadline: number,
  world: World,
): Promise<Ended> {
  const { name, tokenFile } = place.session;
  const work = async () => {
    const kept = await place.session.read();
    const ended: { failure?: SsoCredError; page?: string } = {};
    // First of all, so that nothing which others have begun is kept any more.
    tryToRaise(place, world);
    cancelPending(place);
    if (kept.kind === 'token' && kept.refreshToken !== undefined) {
      removeClaims(place.store, sha256(kept.refreshToken));
    }
    if (kept.kind === 'token') {
      try {
        await tellService(session, kept, place.store, deadline, world);
      } catch (error) {
        if (!isSsoCredError(error)) throw error;
        const who = session.kind === 'sso' ? 'AWS' : 'the provider';
        const text = `Signed out here, but ${who} could not be told: ${error.message}`;
        ended.failure = new SsoCredError(error.code, text);
      }
    }
    if (kept.kind === 'token') forgetFailuresOf(place.store, kept.stamp);
    // A file of ours goes whatever it holds; one of AWS's only where it is a token of this session.
    const isToRemove = kept.kind === 'token' || session.kind === 'oidc';
    const hadToken = isToRemove && removeSsoToken(tokenFile);
    // While the service was told, others may have begun with the token that was still there.
    const isRaised = tryToRaise(place, world);
    const roles = removeRoles(session, place, opened, world);
    sessionFailures(place, world).forget();
    // On a full disk there may be room for the record only now.
    if (!isRaised) tryToRaise(place, world);
    const what = hadToken || roles > 0 ? 'Signed out of' : 'There was no sign-in to';
    const count = roles === 0 ? '' : `, ${roles} cached role${roles === 1 ? '' : 's'} deleted`;
    world.print(2, `${what} the session ${name}${count}.\n`);
    if (hadToken) ended.page = signOutPage(session, place.store, world);
    return ended;
  };
  const look = async () => ({ todo: undefined });
  const request = { ...sessionLock({ ...place, deadline }), look, evenUnlocked: false, work };
  return await withLock(place.store, request, world);
}

function tryToRaise(place: SessionPlace, world: World): boolean {
  try {
    raiseGeneration(place, world);
    return true;
  } catch (error) {
    if (!isSsoCredError(error)) throw error;
    world.trace('token', error.message);
    return false;
  }
}

/** The page where the person ends the browser's own session: no token of ours does that. */
function signOutPage(session: SsoSession | OidcSession, store: Store, world: World): string {
  if (session.kind === 'sso') return session.startUrl;
  const endpoint = keptProviderMetadata(session, store, world)?.['end_session_endpoint'];
  const isPage = typeof endpoint === 'string' && URL.canParse(endpoint);
  return isPage ? new URL(endpoint).href : session.issuer;
}

/** Ends the session at AWS, or its refresh token at the provider. @throws SsoCredError */
async function tellService(
  session: SsoSession | OidcSession,
  kept: KeptToken,
  store: Store,
  deadline: number,
  world: World,
): Promise<void> {
  const { bearer, refreshToken } = kept;
  if (session.kind === 'sso') {
    const request = { accessToken: bearer, deadline };
    const tell = () => logoutOfPortal(session.endpoints.sso, request, world);
    return await retrying(idempotent, tell, deadline, world);
  }
  if (refreshToken === undefined) return;
  const metadata = await getProviderMetadata(session, store, deadline, world);
  const tell = () => revokeProviderToken({ session, metadata, deadline }, refreshToken, world);
  await retrying(idempotent, tell, deadline, world);
}

/** Deletes the session's role credentials: ours, and those that the AWS CLI cached; counts them. */
function removeRoles(
  session: SsoSession | OidcSession,
  { store, session: { tokenFile } }: SessionPlace,
  opened: OpenCall,
  world: World,
): number {
  const roles = new Map<string, Omit<CliRole, 'session'>>();
  const remember = (accountId: string, roleName: string) =>
    roles.set(`${accountId} ${roleName}`, { accountId, roleName });
  let count = 0;
  for (const { name, record } of listRecords(store, 'roles', decodeRoleRecord)) {
    if (record.tokenFile !== tokenFile) continue;
    remember(publicParts(record.output).accountId, record.roleName);
    store.remove('roles', name);
    store.remove('failures', `role-${name}`);
    count += 1;
  }
  if (session.kind === 'oidc') return count;
  for (const [accountId, roleName] of configuredRoles(session, opened))
    remember(accountId, roleName);
  const cliCache = join(opened.locations.awsDirectory, 'cli', 'cache');
  for (const role of roles.values())
    if (removeCliRole(cliCache, { session, ...role }, world.user)) count += 1;
  return count;
}

/** Account and role of each profile of the session. */
function* configuredRoles(
  session: SsoSession,
  { sources }: OpenCall,
): Generator<readonly [string, string]> {
  for (const name of sources.config.names('profile')) {
    const profile = sources.config.profile(name);
    if (profile === undefined) continue;
    const isOurs =
      session.name === undefined
        ? findKey(profile, sessionKeys.startUrl)?.value === session.startUrl
        : findKey(profile, sessionKeys.session)?.value === session.name;
    const accountId = findKey(profile, roleKeys.accountId)?.value;
    const roleName = findKey(profile, roleKeys.roleName)?.value;
    if (isOurs && accountId !== undefined && roleName !== undefined) yield [accountId, roleName];
  }
}
