import { type EnvFormat, renderEnvironment } from '../model/render-environment.ts';
import type { World } from '../world.ts';
import type { RoleOptions } from './obtain-role.ts';
import { obtainRoleEnvironment } from './obtain-role-environment.ts';

/** What `sso-cred env` may say. */
export interface EnvOptions extends RoleOptions {
  /** Undefined for what suits the system. */
  readonly format: EnvFormat | undefined;
}

/** Prints the credentials of a role as variables, for a shell or a file. @throws SsoCredError */
export async function runEnv(options: EnvOptions, world: World): Promise<void> {
  const role = await obtainRoleEnvironment(options, world);
  const { format = world.platform === 'win32' ? 'powershell' : 'sh' } = options;
  world.print(1, renderEnvironment(role, format));
}
