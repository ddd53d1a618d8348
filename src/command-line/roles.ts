import type { RolesOptions } from '../commands/roles.ts';
import { commonOptions } from './common-options.ts';
import { defineCommand } from './define-command.ts';
import { explain, flag, places, seconds, ssoSessionFlags, text, texts } from './flags.ts';

/** `sso-cred roles` */
export const roles = defineCommand<RolesOptions>({
  name: 'roles',
  description: 'List the roles that you have, by account',
  usage: `$0 roles [--session NAME] [--account-id ID | --accounts PATTERN…] [--roles PATTERN]… [--json]

Lists the roles (permission sets) that your session of IAM Identity Center gives you.

  $0 roles --session corp --account-id 111122223333
  $0 roles --session corp --accounts 'prod-*' --roles '*ReadOnly*' --json`,
  flags: {
    ...ssoSessionFlags,
    'account-id': text('Only this account'),
    accounts: texts('Only accounts whose name, id or e-mail is of this pattern, such as prod-*'),
    roles: texts('Only roles of this pattern, such as *ReadOnly*'),
    json: flag('As JSON, see docs/command-line.md'),
    explain,
    timeout: seconds('Seconds that it may take, 1 to 3600', 1800),
    ...places,
  },
  understand: (given) => ({
    ...commonOptions(given),
    accountId: given.text('account-id'),
    accounts: given.texts('accounts'),
    roles: given.texts('roles'),
    json: given.flag('json'),
  }),
  run: async (options, world) => {
    const { runRoles } = await import('../commands/roles.ts');
    await runRoles(options, world);
    return 0;
  },
});
