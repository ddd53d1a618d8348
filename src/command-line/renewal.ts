import type { RoleOptions } from '../commands/obtain-role.ts';
import { roleOptions } from './common-options.ts';
import { defineCommand } from './define-command.ts';
import { explain, places, roleFlags, seconds } from './flags.ts';

/** `sso-cred renewal`, which sso-cred starts by itself */
export const renewal = defineCommand<RoleOptions>({
  name: 'renewal',
  description: 'Renew role credentials in the background; started by sso-cred itself',
  isInternal: true,
  usage: `$0 renewal --profile NAME

Renews the cached credentials of a role before anybody has to wait for it. Nobody needs to type this.`,
  flags: {
    ...roleFlags,
    explain,
    timeout: seconds('Seconds that it may take, 1 to 3600', 60),
    ...places,
  },
  understand: roleOptions,
  run: async (options, world) => {
    const { runRenewal } = await import('../commands/renewal.ts');
    await runRenewal(options, world);
    return 0;
  },
});
