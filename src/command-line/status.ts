import type { StatusOptions } from '../commands/status.ts';
import { commonOptions } from './common-options.ts';
import { defineCommand } from './define-command.ts';
import { explain, flag, places, seconds, sessionFlags } from './flags.ts';

/** `sso-cred status` */
export const status = defineCommand<StatusOptions>({
  name: 'status',
  description: 'Show sessions, cached roles and what went wrong last',
  usage: `$0 status [--profile NAME | --session NAME] [--json]

Shows sessions, cached roles, remembered failures and the last errors; asks nothing of the network.
For one session the exit status tells whether it is good: 0, or 3.

  $0 status
  $0 status --session corp >/dev/null || $0 login --session corp`,
  flags: {
    ...sessionFlags,
    json: flag('As JSON, see docs/command-line.md'),
    explain,
    timeout: seconds('Seconds that it may take, 1 to 3600', 30),
    ...places,
  },
  understand: (given) => ({ ...commonOptions(given), json: given.flag('json') }),
  run: async (options, world) => {
    const { runStatus } = await import('../commands/status.ts');
    return await runStatus(options, world);
  },
});
