import { checkRegion } from '../config/resolve-session.ts';
import { type RoleEnvironment, roleEnvironment } from '../model/role-environment.ts';
import type { World } from '../world.ts';
import { obtainRole, type RoleOptions } from './obtain-role.ts';
import type { OpenCall } from './open-call.ts';
import { resolveMeant } from './resolve-meant.ts';

/** Gets the credentials of the role that a person means, as variables. @throws SsoCredError */
export async function obtainRoleEnvironment(
  options: RoleOptions,
  world: World,
): Promise<RoleEnvironment> {
  const resolve = async (request: RoleOptions, opened: OpenCall) => {
    const resolved = await resolveMeant(request, opened, world);
    if (resolved.region !== undefined) checkRegion(resolved.region, opened.sources.home);
    return resolved;
  };
  const { record, resolved } = await obtainRole(options, resolve, world);
  return roleEnvironment(record.output, resolved.region?.value, world.env);
}
