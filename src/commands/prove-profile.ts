import { resolveEndpoint } from '../config/resolve-endpoints.ts';
import { resolveProfile } from '../config/resolve-profile.ts';
import type { Sources } from '../config/resolve-session.ts';
import { getCredentials } from '../flow/get-credentials.ts';
import { parseJsonObject, textAt } from '../model/json.ts';
import type { SsoProfile } from '../model/profile.ts';
import { getCallerIdentity } from '../services/caller-identity.ts';
import { idempotent, retrying } from '../services/retry.ts';
import type { World } from '../world.ts';
import { type OpenCall, placeSession } from './open-call.ts';
import { roleOf } from './role-of.ts';

/**
 * Gets credentials of a profile that need not be written yet, and asks AWS whose they are; gives the
 * ARN. The person must be signed in.
 * @throws SsoCredError
 */
export async function proveProfile(
  name: string,
  opened: OpenCall,
  deadline: number,
  world: World,
): Promise<string> {
  const { profile } = resolveProfile({ profile: name }, opened.sources);
  const place = placeSession(profile.session, opened, undefined, world);
  const role = roleOf(profile, place.session.tokenFile, world);
  const call = { ...place, role, refresh: true, isAhead: false, deadline, signIn: undefined };
  const { output, skewMs } = await getCredentials(call, world);
  const keys = parseJsonObject(output) ?? {};
  const request = {
    accessKeyId: textAt(keys, 'AccessKeyId') ?? '',
    secretAccessKey: textAt(keys, 'SecretAccessKey') ?? '',
    sessionToken: textAt(keys, 'SessionToken') ?? '',
    skewMs,
    deadline,
  };
  const endpoint =
    profile.kind === 'web-identity' ? profile.sts : stsOf(name, profile, opened.sources);
  const ask = () => getCallerIdentity(endpoint, request, world);
  return await retrying(idempotent, ask, deadline, world);
}

/** STS in the profile's region, else in that of Identity Center, which is of the same partition. */
function stsOf(name: string, { session }: SsoProfile, { config, env, home }: Sources) {
  const profile = config.profile(name);
  const region = profile?.properties.get('region')?.value || session.region;
  return resolveEndpoint('sts', region, { env, profile, services: config.services, home });
}
