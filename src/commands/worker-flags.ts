import { resolve } from 'node:path';
import type { Locations } from '../config/locate.ts';
import type { ProfileRequest, SessionRequest } from '../config/resolve-profile.ts';

/** What of a request says which session is meant, without the role in it. */
export function sessionIn(request: SessionRequest): SessionRequest {
  const { profile, session, startUrl, ssoRegion } = request;
  const { issuer, auth0Domain, clientId, audience, scopes } = request;
  return { profile, session, startUrl, ssoRegion, issuer, auth0Domain, clientId, audience, scopes };
}

/** What was asked for, as flags for a process of our own: it finds the same, from any directory. */
export function workerFlags(
  request: SessionRequest & ProfileRequest,
  { configFile, credentialsFile, cacheDirectory }: Locations,
): readonly string[] {
  const flags = {
    profile: request.profile,
    session: request.session,
    'start-url': request.startUrl,
    'sso-region': request.ssoRegion,
    'account-id': request.accountId,
    'role-name': request.roleName,
    issuer: request.issuer,
    'auth0-domain': request.auth0Domain,
    'client-id': request.clientId,
    audience: request.audience,
    scopes: request.scopes,
    'role-arn': request.roleArn,
    'role-session-name': request.roleSessionName,
    'duration-seconds': request.durationSeconds,
    'config-file': configFile && resolve(configFile),
    'credentials-file': credentialsFile && resolve(credentialsFile),
    'cache-dir': cacheDirectory,
  };
  return Object.entries(flags).flatMap(([name, value]) =>
    value === undefined ? [] : [`--${name}=${value}`],
  );
}
