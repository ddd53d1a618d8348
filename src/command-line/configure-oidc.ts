import type { ConfigureOidcOptions } from '../commands/configure-oidc.ts';
import { SsoCredError } from '../model/errors.ts';
import { iamForms } from '../model/iam-setup.ts';
import { commonOptions } from './common-options.ts';
import { defineCommand } from './define-command.ts';
import { choice, explain, places, providerFlags, seconds, text } from './flags.ts';

/** `sso-cred configure oidc` */
export const configureOidc = defineCommand<ConfigureOidcOptions>({
  name: 'configure oidc',
  description: 'Print what IAM needs to know for an OpenID provider',
  usage: `$0 configure oidc --print-iam cli|terraform|json [--profile NAME]

Prints what has to be set up in IAM for a profile at an OpenID provider, ready to paste: the
provider (its URL to the letter), the trust policy and the role. Changes nothing.

  $0 configure oidc --profile web --print-iam cli
  $0 configure oidc --auth0-domain acme.eu.auth0.com --client-id abc123 \\
      --role-arn arn:aws:iam::111122223333:role/WebDeveloper --print-iam terraform`,
  flags: {
    profile: text('The profile whose IAM side to print'),
    ...providerFlags,
    'role-arn': text('With --issuer: the role to assume'),
    'duration-seconds': text('With --issuer: how long the credentials last, 900 to 43200'),
    'print-iam': choice('Print the IAM side', iamForms),
    explain,
    timeout: seconds('Seconds that it may take, 1 to 3600', 30),
    ...places,
  },
  understand: (given) => {
    const common = commonOptions(given);
    const printIam = given.oneOf('print-iam', iamForms);
    if (printIam === undefined) {
      throw new SsoCredError('InvalidUsage', `--print-iam ${iamForms.join('|')} is required`);
    }
    const roleArn = given.text('role-arn');
    const durationSeconds = given.text('duration-seconds');
    return { ...common, roleArn, durationSeconds, printIam };
  },
  run: async (options, world) => {
    const { runConfigureOidc } = await import('../commands/configure-oidc.ts');
    await runConfigureOidc(options, world);
    return 0;
  },
});
