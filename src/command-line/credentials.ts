import type { CredentialsOptions } from '../commands/credentials.ts';
import { roleOptions } from './common-options.ts';
import { defineCommand } from './define-command.ts';
import {
  explain,
  places,
  providerFlags,
  roleCallFlags,
  seconds,
  text,
  webIdentityFlags,
} from './flags.ts';

/** What is done where no command is named. */
export const credentials = defineCommand<CredentialsOptions>({
  name: 'credentials',
  description: 'Print the credentials of a profile: what credential_process runs',
  usage: `$0 --profile NAME
$0 --start-url URL --sso-region REGION --account-id ID --role-name NAME
$0 --issuer URL --client-id ID --role-arn ARN

Prints AWS credentials for a profile, as the SDKs' credential_process wants them.
In ~/.aws/config:

  [profile dev]
  credential_process = sso-cred --profile dev
  sso_cred_session = corp
  sso_cred_account_id = 111122223333
  sso_cred_role_name = Developer

  [sso-session corp]
  sso_start_url = https://corp.awsapps.com/start
  sso_region = eu-west-1
  sso_registration_scopes = sso:account:access

By hand it shows what an SDK would get:

  $0 --profile dev
  $0 --profile dev --refresh --explain`,
  flags: {
    profile: text('The profile in ~/.aws/config whose credentials to print'),
    'start-url': text('Without a profile: the start URL of IAM Identity Center'),
    'sso-region': text(
      'Without a profile: the region of Identity Center [AWS_REGION, AWS_DEFAULT_REGION]',
    ),
    'account-id': text('Without a profile: the account, 12 digits'),
    'role-name': text('Without a profile: the role (permission set)'),
    ...providerFlags,
    ...webIdentityFlags,
    explain,
    ...roleCallFlags,
    timeout: seconds('Seconds that the call may take, 1 to 3600', 45),
    ...places,
  },
  understand: roleOptions,
  run: async (options, world) => {
    const { runCredentials } = await import('../commands/credentials.ts');
    await runCredentials(options, world);
    return 0;
  },
});
