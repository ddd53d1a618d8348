import type { EnvOptions } from '../commands/env.ts';
import { envFormats } from '../model/render-environment.ts';
import { roleOptions } from './common-options.ts';
import { defineCommand } from './define-command.ts';
import { choice, explain, places, roleFlags, seconds } from './flags.ts';

/** `sso-cred env` */
export const env = defineCommand<EnvOptions>({
  name: 'env',
  description: 'Print the credentials of a role as variables, for a shell',
  usage: `$0 env [--profile NAME] [--format ${envFormats.join('|')}]

Prints the credentials of a role as commands of a shell, which set variables and unset those that
would lead an SDK elsewhere, AWS_PROFILE among them; dotenv and json can only set. They are secrets,
and are worth nothing once the credentials have expired. For one command, $0 exec is better.

  eval "$($0 env --profile dev)"
  $0 env --profile dev --format fish | source`,
  flags: {
    ...roleFlags,
    format: choice('How to write them [sh; on Windows powershell]', envFormats),
    explain,
    timeout: seconds('Seconds that it may take, 1 to 3600', 300),
    ...places,
  },
  understand: (given) => ({
    ...roleOptions(given),
    format: given.oneOf('format', envFormats),
  }),
  run: async (options, world) => {
    const { runEnv } = await import('../commands/env.ts');
    await runEnv(options, world);
    return 0;
  },
});
