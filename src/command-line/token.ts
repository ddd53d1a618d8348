import type { TokenOptions } from '../commands/token.ts';
import { commonOptions } from './common-options.ts';
import { defineCommand } from './define-command.ts';
import { explain, places, seconds, sessionFlags } from './flags.ts';

/** `sso-cred token` */
export const token = defineCommand<TokenOptions>({
  name: 'token',
  description: 'Print the token of a session itself, for other tools',
  usage: `$0 token --session NAME

Prints the session's token, refreshed if need be: the id_token or access token of an OpenID
session, the access token of an Identity Center session. It is a secret: whoever has it is you.

  $0 token --session acme
  TOKEN=$($0 token --profile web)`,
  flags: {
    ...sessionFlags,
    explain,
    timeout: seconds('Seconds that it may take, 1 to 3600', 30),
    ...places,
  },
  understand: commonOptions,
  run: async (options, world) => {
    const { runToken } = await import('../commands/token.ts');
    await runToken(options, world);
    return 0;
  },
});
