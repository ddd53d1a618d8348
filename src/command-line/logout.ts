import type { LogoutOptions } from '../commands/logout.ts';
import { allSessionsAsked, commonOptions } from './common-options.ts';
import { defineCommand } from './define-command.ts';
import { explain, flag, places, seconds, sessionFlags } from './flags.ts';

/** `sso-cred logout` */
export const logout = defineCommand<LogoutOptions>({
  name: 'logout',
  description: 'End a session, at AWS and here',
  usage: `$0 logout [--profile NAME | --session NAME | --all]

Tells AWS that the session has ended, for all tools that share its token, and deletes the token,
our cached role credentials and those that the AWS CLI cached.

  $0 logout --session corp
  $0 logout --all`,
  flags: {
    ...sessionFlags,
    all: flag('All sessions of the config'),
    explain,
    timeout: seconds('Seconds that it may take, 1 to 3600', 30),
    ...places,
  },
  understand: (given) => {
    const common = commonOptions(given);
    const all = allSessionsAsked(given);
    return { ...common, all };
  },
  run: async (options, world) => {
    const { runLogout } = await import('../commands/logout.ts');
    await runLogout(options, world);
    return 0;
  },
});
