import type { LocationOptions } from '../config/locate.ts';
import { nearestName } from '../config/nearest-name.ts';
import {
  type ProfileRequest,
  type ResolvedProfile,
  resolveProfile,
} from '../config/resolve-profile.ts';
import { type CredentialsCall, getCredentials, roleFileName } from '../flow/get-credentials.ts';
import { rolesOfUser } from '../flow/roles-of-user.ts';
import { isSsoCredError } from '../model/errors.ts';
import type { SsoProfile } from '../model/profile.ts';
import { publicParts, type RoleRecord } from '../model/role-record.ts';
import type { SignInPolicy } from '../model/sign-in-policies.ts';
import { configFingerprint, writeProfileIndex } from '../store/profile-index-file.ts';
import type { World } from '../world.ts';
import { explainSettings, type OpenCall, openCall, placeSession } from './open-call.ts';
import { roleOf } from './role-of.ts';
import { signInOfCall } from './sign-in-choice.ts';

/** What a command may say that needs the credentials of a role. */
export interface RoleOptions extends ProfileRequest, LocationOptions {
  readonly refresh: boolean;
  readonly explain: boolean;
  readonly signIn: SignInPolicy | undefined;
  /** How long it may take to get them; seconds. */
  readonly timeoutS: number;
  /** Whether to renew already what is still handed out. */
  readonly isAhead?: boolean;
}

/** Credentials of a role, and whence. */
export interface ObtainedRole<Resolved = ResolvedProfile> {
  readonly record: RoleRecord;
  readonly resolved: Resolved;
  readonly opened: OpenCall;
  /** When the time is up for what is left to be done, by the monotonic clock; milliseconds. */
  readonly deadline: number;
}

/**
 * Gets the credentials of a role: settings → role cache → session token → role credentials → role
 * cache.
 * @param resolve which profile the options mean; throws, too, where the command could do nothing with
 *   the credentials
 * @throws SsoCredError
 */
export async function obtainRole<Options extends RoleOptions, Resolved extends ResolvedProfile>(
  options: Options,
  resolve: (request: Options, opened: OpenCall) => Resolved | Promise<Resolved>,
  world: World,
): Promise<ObtainedRole<Resolved>> {
  const fingerprint = configFingerprint(world);
  const deadline = world.clock.monotonicMs() + options.timeoutS * 1000;
  const opened = openCall(options, world);
  const resolved = await resolve(options, opened);
  const { profile, settings } = resolved;
  explainSettings(settings, opened, world);
  const place = placeSession(profile.session, opened, options, world);
  const signInChoice = { session: profile.session, place, settings: opened.settings, deadline };
  const call: CredentialsCall = {
    ...place,
    role: roleOf(profile, place.session.tokenFile, world),
    refresh: options.refresh,
    isAhead: options.isAhead ?? false,
    deadline,
    signIn: signInOfCall({ ...signInChoice, flag: options.signIn }, world),
  };
  const record = await getCredentials(call, world).catch(async (error: unknown) => {
    if (options.explain && isSsoCredError(error) && error.code === 'RoleRefused') {
      if (profile.kind === 'sso') await explainRefusal(profile, call, world);
    }
    throw error;
  });
  if (fingerprint !== undefined && options.profile !== undefined && usesUsualPaths(options)) {
    const { renewAhead } = opened.settings;
    const index = { profile: options.profile, roleFile: roleFileName(call.role), renewAhead };
    writeProfileIndex(opened.store, index, fingerprint, world);
  }
  explainAnswer(record, world);
  return { record, resolved, opened, deadline };
}

/** The profile that a call for credentials means: its command line alone says. */
export function resolveAsked(request: ProfileRequest, { sources }: OpenCall): ResolvedProfile {
  return resolveProfile(request, sources);
}

function usesUsualPaths(options: LocationOptions): boolean {
  const { configFile, credentialsFile, cacheDir } = options;
  return configFile === undefined && credentialsFile === undefined && cacheDir === undefined;
}

/** Tells which roles the user does have, where AWS refused the one asked for. */
async function explainRefusal(
  profile: SsoProfile,
  call: CredentialsCall,
  world: World,
): Promise<void> {
  const { accountId, roleName } = profile;
  try {
    const roleNames = await rolesOfUser(profile, call, world);
    const nearest = nearestName(roleName, roleNames);
    const hint = nearest === undefined ? '' : ` (did you mean ${nearest}?)`;
    const have = roleNames.length === 0 ? 'no role' : roleNames.join(', ');
    world.trace('decision', `in account ${accountId} you have ${have}${hint}`);
  } catch (error) {
    if (!isSsoCredError(error)) throw error;
    world.trace('decision', `the roles that you have cannot be listed: ${error.message}`);
  }
}

function explainAnswer(record: RoleRecord, world: World): void {
  const { accessKeyId, expiration } = publicParts(record.output);
  const shortened = `${accessKeyId.slice(0, 4)}…${accessKeyId.slice(-4)}`;
  world.trace('decision', `hand out ${shortened}, which expires at ${expiration}`);
}
