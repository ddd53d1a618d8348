import type { RoleKind } from '../flow/role-kind.ts';
import { ssoRole } from '../flow/sso-role.ts';
import { webIdentityRole } from '../flow/web-identity-role.ts';
import type { SsoProfile } from '../model/profile.ts';
import type { WebIdentityProfile } from '../model/web-identity-profile.ts';
import type { World } from '../world.ts';

/** The role of a profile of either kind. */
export function roleOf(
  profile: SsoProfile | WebIdentityProfile,
  tokenFile: string,
  world: World,
): RoleKind {
  return profile.kind === 'sso'
    ? ssoRole(profile, tokenFile, world)
    : webIdentityRole(profile, tokenFile, world);
}
