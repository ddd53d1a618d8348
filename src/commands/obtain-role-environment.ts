import { resolveProfileOfPerson } from '../config/resolve-profile.ts';
import { checkRegion } from '../config/resolve-session.ts';
import { type RoleEnvironment, roleEnvironment } from '../model/role-environment.ts';
import type { World } from '../world.ts';
import { obtainRole, type RoleOptions } from './obtain-role.ts';

/** Gets the credentials of the role that a person means, as variables. @throws SsoCredError */
export async function obtainRoleEnvironment(
  options: RoleOptions,
  world: World,
): Promise<RoleEnvironment> {
  const { record, resolved, opened } = await obtainRole(options, resolveProfileOfPerson, world);
  const { region } = resolved;
  if (region !== undefined) checkRegion(region, opened.sources.home);
  return roleEnvironment(record.output, region?.value, world.env);
}
