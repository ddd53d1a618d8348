import type { ExecOptions } from '../commands/exec.ts';
import { SsoCredError } from '../model/errors.ts';
import { roleOptions } from './common-options.ts';
import { defineCommand } from './define-command.ts';
import { explain, places, roleFlags, seconds } from './flags.ts';

/** `sso-cred exec` */
export const exec = defineCommand<ExecOptions>({
  name: 'exec',
  description: 'Run a command with the credentials of a role',
  usage: `$0 exec [--profile NAME] -- COMMAND [ARGUMENT]…

Runs COMMAND with the credentials of a role in its environment, and without the variables that
would lead an SDK elsewhere, AWS_PROFILE among them. Your own AWS_REGION wins over the profile's.
Signs you in first where that is needed. The terminal, signals and Ctrl-C are the command's.

  $0 exec --profile dev -- aws s3 ls
  $0 exec --session corp --account-id 111122223333 --role-name Developer -- terraform plan`,
  flags: {
    ...roleFlags,
    explain,
    timeout: seconds('Seconds until the command must have its credentials, 1 to 3600', 300),
    ...places,
  },
  takesRest: true,
  exitStatus: `Exit status: that of the command; 128 + n if signal n ended it; 126 it cannot be run; 127 there
is no such command. Before it runs: 1 a bug, 2 usage or configuration, 3 a sign-in is needed, 4 the
sign-in was denied, 5 network or service, 6 AWS refuses the role, 7 local storage, 8 time is up.`,
  understand: (given) => {
    const options = roleOptions(given);
    const [name, ...args] = given.rest;
    if (name === undefined) {
      throw new SsoCredError('InvalidUsage', 'There is no command to run: it goes after a --', {
        remedy: 'sso-cred exec --profile NAME -- COMMAND',
      });
    }
    return { ...options, words: [name, ...args] };
  },
  run: async (options, world, endGuard) => {
    const { runExec } = await import('../commands/exec.ts');
    return await runExec(options, world, endGuard);
  },
});
