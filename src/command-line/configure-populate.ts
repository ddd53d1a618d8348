import type { ConfigurePopulateOptions } from '../commands/configure-populate.ts';
import { nameFields } from '../model/profile-names.ts';
import { commonOptions } from './common-options.ts';
import { defineCommand } from './define-command.ts';
import { choice, explain, flag, outputs, places, seconds, text, texts } from './flags.ts';

const defaultTemplate = '{account_name}.{role_name}';

/** `sso-cred configure populate` */
export const configurePopulate = defineCommand<ConfigurePopulateOptions>({
  name: 'configure populate',
  description: 'Write a profile for every role that you have',
  usage: `$0 configure populate --session NAME [--name-template TEMPLATE] [--accounts PATTERN]…
         [--roles PATTERN]… [--region REGION]… [--prune] [--dry-run]

Writes a profile into ~/.aws/config for every account and role that your session of IAM Identity
Center gives you. Repeating it changes nothing but what has changed at AWS. Profiles made by hand
stay.

  $0 configure populate --session corp --dry-run
  $0 configure populate --session corp --accounts 'prod-*' --roles '*ReadOnly*' --prune
  $0 configure populate --session corp --name-template '{account_name}.{role_name}.{region}' \\
      --region eu-west-1 --region us-east-1`,
  flags: {
    session: text('The session: [sso-session NAME]'),
    'name-template': {
      ...text(
        `How profiles are named, by the fields ${nameFields.map((field) => `{${field}}`).join(' ')}`,
      ),
      default: defaultTemplate,
    },
    accounts: texts('Only accounts whose name, id or e-mail is of this pattern, such as prod-*'),
    roles: texts('Only roles of this pattern, such as *ReadOnly*'),
    region: texts('The region of the profiles [that of Identity Center]; one profile for each'),
    output: choice('Their output, for the AWS CLI', outputs),
    prune: flag('Take away profiles that it wrote for roles that you have no longer'),
    'dry-run': flag('Show what would change, as a diff, and change nothing'),
    explain,
    timeout: seconds('Seconds that it may take, 1 to 3600', 1800),
    ...places,
  },
  understand: (given) => ({
    ...commonOptions(given),
    session: given.text('session'),
    nameTemplate: given.text('name-template') ?? defaultTemplate,
    accounts: given.texts('accounts'),
    roles: given.texts('roles'),
    regions: given.texts('region'),
    output: given.oneOf('output', outputs),
    prune: given.flag('prune'),
    dryRun: given.flag('dry-run'),
  }),
  run: async (options, world) => {
    const { runConfigurePopulate } = await import('../commands/configure-populate.ts');
    await runConfigurePopulate(options, world);
    return 0;
  },
});
