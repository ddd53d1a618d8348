import type { SsoProfile } from '../model/profile.ts';
import type { World } from '../world.ts';
import { readPortal } from './read-portal.ts';
import type { SessionPlace } from './session-place.ts';

/** The names of the roles that the session's user has in the account of a profile. @throws SsoCredError */
export async function rolesOfUser(
  { session, accountId }: SsoProfile,
  place: SessionPlace & { readonly deadline: number },
  world: World,
): Promise<readonly string[]> {
  return await readPortal(session, { ...place, signIn: undefined }, world).roleNames(accountId);
}
