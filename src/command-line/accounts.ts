import type { AccountsOptions } from '../commands/accounts.ts';
import { commonOptions } from './common-options.ts';
import { defineCommand } from './define-command.ts';
import { explain, flag, places, seconds, ssoSessionFlags, texts } from './flags.ts';

/** `sso-cred accounts` */
export const accounts = defineCommand<AccountsOptions>({
  name: 'accounts',
  description: 'List the accounts that you have roles in',
  usage: `$0 accounts [--session NAME] [--accounts PATTERN]… [--json]

Lists the accounts of AWS that your session of IAM Identity Center gives you roles in.

  $0 accounts --session corp
  $0 accounts --session corp --accounts 'prod-*' --json`,
  flags: {
    ...ssoSessionFlags,
    accounts: texts('Only accounts whose name, id or e-mail is of this pattern, such as prod-*'),
    json: flag('As JSON, see docs/command-line.md'),
    explain,
    timeout: seconds('Seconds that it may take, 1 to 3600', 600),
    ...places,
  },
  understand: (given) => ({
    ...commonOptions(given),
    accounts: given.texts('accounts'),
    json: given.flag('json'),
  }),
  run: async (options, world) => {
    const { runAccounts } = await import('../commands/accounts.ts');
    await runAccounts(options, world);
    return 0;
  },
});
