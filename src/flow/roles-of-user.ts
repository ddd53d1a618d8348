import type { SsoProfile } from '../model/profile.ts';
import { idempotent, retrying } from '../services/retry.ts';
import { listAccountRoles } from '../services/sso-portal.ts';
import type { World } from '../world.ts';
import { getSessionToken } from './get-session-token.ts';
import type { SessionPlace } from './session-place.ts';

/** The names of the roles that the session's user has in the account of a profile. @throws SsoCredError */
export async function rolesOfUser(
  { session, accountId }: SsoProfile,
  place: SessionPlace & { readonly deadline: number },
  world: World,
): Promise<readonly string[]> {
  const { deadline } = place;
  const token = await getSessionToken({ ...place, retryNow: false, signIn: undefined }, world);
  const request = { accountId, accessToken: token.bearer, deadline };
  const send = () => listAccountRoles(session.endpoints.sso, request, world);
  return await retrying(idempotent, send, deadline, world);
}
