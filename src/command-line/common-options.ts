import type { LocationOptions } from '../config/locate.ts';
import type { ProfileRequest, SessionRequest } from '../config/resolve-profile.ts';
import type { Given } from './given.ts';

/** What every command may be asked for, and what the record of a failure is made of. */
export interface CommonOptions extends LocationOptions, ProfileRequest, SessionRequest {
  readonly explain: boolean;
  /** Seconds. */
  readonly timeoutS: number;
}

/** The options of this kind that were given, of those that the command has. @throws InvalidUsage */
export function commonOptions(given: Given): CommonOptions {
  return {
    configFile: given.text('config-file'),
    credentialsFile: given.text('credentials-file'),
    cacheDir: given.text('cache-dir'),
    ...sessionOptions(given),
    explain: given.flag('explain'),
    timeoutS: given.timeoutS(),
  };
}

/** Which session was asked for. @throws InvalidUsage */
export function sessionOptions(given: Given): SessionRequest {
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
