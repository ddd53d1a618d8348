import type { LocationOptions } from '../config/locate.ts';
import { nearestName } from '../config/nearest-name.ts';
import { type ProfileRequest, resolveProfile } from '../config/resolve-profile.ts';
import { type CredentialsCall, getCredentials, roleFileName } from '../flow/get-credentials.ts';
import type { RoleKind } from '../flow/role-kind.ts';
import { rolesOfUser } from '../flow/roles-of-user.ts';
import { ssoRole } from '../flow/sso-role.ts';
import { webIdentityRole } from '../flow/web-identity-role.ts';
import { isSsoCredError, SsoCredError } from '../model/errors.ts';
import type { SsoProfile } from '../model/profile.ts';
import { publicParts, type RoleRecord } from '../model/role-record.ts';
import type { SignInPolicy } from '../model/sign-in-policy.ts';
import type { WebIdentityProfile } from '../model/web-identity-profile.ts';
import { configFingerprint, writeProfileIndex } from '../store/profile-index-file.ts';
import type { World } from '../world.ts';
import { explainSettings, openCall, placeSession } from './open-call.ts';
import { signInOfCall } from './sign-in-choice.ts';

/** What `sso-cred --profile NAME` and its profile-less forms may say. */
export interface CredentialsOptions extends ProfileRequest, LocationOptions {
  readonly refresh: boolean;
  readonly explain: boolean;
  readonly signIn: SignInPolicy | undefined;
  /** How long the call may take; seconds. */
  readonly timeoutS: number;
}

/**
 * Prints role credentials: argv → settings → role cache → session token → role credentials → role
 * cache → stdout.
 * @throws SsoCredError
 */
export async function runCredentials(options: CredentialsOptions, world: World): Promise<void> {
  const fingerprint = configFingerprint(world);
  const deadline = world.clock.monotonicMs() + options.timeoutS * 1000;
  const opened = openCall(options, world);
  const { profile, settings } = resolveProfile(options, opened.sources);
  explainSettings(settings, opened, world);
  const place = placeSession(profile.session, opened, options, world);
  const signInChoice = { session: profile.session, place, settings: opened.settings, deadline };
  const call: CredentialsCall = {
    ...place,
    role: roleOf(profile, place.session.tokenFile, world),
    refresh: options.refresh,
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
    const index = { profile: options.profile, roleFile: roleFileName(call.role) };
    writeProfileIndex(opened.store, index, fingerprint, world);
  }
  explainAnswer(record, world);
  printAnswer(record.output, options.explain, world);
}

function roleOf(
  profile: SsoProfile | WebIdentityProfile,
  tokenFile: string,
  world: World,
): RoleKind {
  return profile.kind === 'sso'
    ? ssoRole(profile, tokenFile, world)
    : webIdentityRole(profile, tokenFile, world);
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

/** One write, so that a caller that reads in pieces sees the whole line. */
function printAnswer(output: string, explain: boolean, world: World): void {
  const isWatched = explain && world.isTerminal(1);
  try {
    world.print(1, `${isWatched ? masked(output) : output}\n`);
  } catch (cause) {
    // As on the path of a cached answer: status 1, whatever else is well.
    throw new SsoCredError('InternalError', 'Nobody reads the answer: stdout is closed', { cause });
  }
}

/** A person who looks on needs to see that there is an answer, not the secrets in it. */
function masked(output: string): string {
  const answer: Record<string, unknown> = JSON.parse(output);
  return JSON.stringify({ ...answer, SecretAccessKey: '(hidden)', SessionToken: '(hidden)' });
}
