import type { LocationOptions } from '../config/locate.ts';
import type { ProfileRequest, SessionRequest } from '../config/resolve-profile.ts';
import { SsoCredError } from '../model/errors.ts';
import { type SignInPolicy, signInPolicies } from '../model/sign-in-policies.ts';
import type { Given } from './given.ts';

/** What every command may be asked for, and what the record of a failure is made of. */
export interface CommonOptions extends LocationOptions, ProfileRequest, SessionRequest {
  readonly explain: boolean;
  /** Seconds. */
  readonly timeoutS: number;
}

/** The options of this kind that were given, of those that the command has. @throws InvalidUsage */
export function commonOptions(given: Given): CommonOptions {
  return { ...basicOptions(given), ...sessionOptions(given) };
}

/** The options that every command has. @throws InvalidUsage */
export function basicOptions(given: Given) {
  return {
    configFile: given.text('config-file'),
    credentialsFile: given.text('credentials-file'),
    cacheDir: given.text('cache-dir'),
    explain: given.flag('explain'),
    timeoutS: given.timeoutS(),
  };
}

/** Which session was asked for. @throws InvalidUsage */
function sessionOptions(given: Given): SessionRequest {
  return {
    profile: given.text('profile'),
    session: given.text('session'),
    startUrl: given.text('start-url'),
    ssoRegion: given.text('sso-region'),
    issuer: given.text('issuer'),
    auth0Domain: given.text('auth0-domain'),
    clientId: given.text('client-id'),
    audience: given.text('audience'),
    scopes: given.text('scopes'),
  };
}

/** Whether `--all` was given, which a single session excludes. @throws InvalidUsage */
export function allSessionsAsked(given: Given): boolean {
  const all = given.flag('all');
  const isOfOne = Object.values(sessionOptions(given)).some((value) => value !== undefined);
  if (all && isOfOne) {
    throw new SsoCredError('InvalidUsage', '--all and a single session exclude each other');
  }
  return all;
}

/** How the credentials of a role are asked for, and which. */
export interface RoleCallOptions extends CommonOptions {
  readonly refresh: boolean;
  readonly signIn: SignInPolicy | undefined;
}

/** The options of a command that needs the credentials of a role. @throws InvalidUsage */
export function roleOptions(given: Given): RoleCallOptions {
  return {
    ...commonOptions(given),
    accountId: given.text('account-id'),
    roleName: given.text('role-name'),
    roleArn: given.text('role-arn'),
    roleSessionName: given.text('role-session-name'),
    durationSeconds: given.text('duration-seconds'),
    signIn: given.oneOf('sign-in', signInPolicies),
    refresh: given.flag('refresh'),
  };
}
