import type { ConfigureSsoOptions } from '../commands/configure-sso.ts';
import { commonOptions } from './common-options.ts';
import { defineCommand } from './define-command.ts';
import {
  explain,
  flag,
  outputs,
  places,
  profileFlags,
  seconds,
  signInFlags,
  text,
} from './flags.ts';
import { signInFlow } from './login.ts';

/** `sso-cred configure sso` */
export const configureSso = defineCommand<ConfigureSsoOptions>({
  name: 'configure sso',
  description: 'Write a profile for a role of IAM Identity Center',
  usage: `$0 configure sso
$0 configure sso --session NAME [--start-url URL --sso-region REGION] --account-id ID \\
    --role-name NAME --profile NAME [--region REGION]

Writes a profile into ~/.aws/config, and its [sso-session …] if that is new. On a terminal it asks
for what the flags leave open. It signs in, and shows by a call to AWS that the profile works,
before it changes anything.

  $0 configure sso --start-url https://corp.awsapps.com/start --sso-region eu-west-1
  $0 configure sso --session corp --account-id 111122223333 --role-name Admin --profile admin`,
  flags: {
    session: text('The session: the name of an [sso-session NAME], or of a new one'),
    'start-url': text('For a new session: the start URL of IAM Identity Center'),
    'sso-region': text('For a new session: the region of Identity Center'),
    scopes: text('For a new session: its scopes [sso:account:access]'),
    'account-id': text('The account, 12 digits'),
    'role-name': text('The role (permission set)'),
    ...profileFlags,
    region: text('Its region, for the SDKs [that of Identity Center]'),
    'native-twin': flag("Write [profile NAME-sso] too, in AWS's own keys, for what wants those"),
    ...signInFlags,
    explain,
    timeout: seconds('Seconds that you may take, 1 to 3600', 1800),
    ...places,
  },
  understand: (given) => ({
    ...commonOptions(given),
    session: given.text('session'),
    startUrl: given.text('start-url'),
    ssoRegion: given.text('sso-region'),
    scopes: given.text('scopes'),
    accountId: given.text('account-id'),
    roleName: given.text('role-name'),
    profile: given.text('profile'),
    region: given.text('region'),
    output: given.oneOf('output', outputs),
    flow: signInFlow(given),
    noOpen: given.flag('no-open'),
    force: given.flag('force'),
    nativeTwin: given.flag('native-twin'),
    noVerify: given.flag('no-verify'),
  }),
  run: async (options, world) => {
    const { runConfigureSso } = await import('../commands/configure-sso.ts');
    await runConfigureSso(options, world);
    return 0;
  },
});
