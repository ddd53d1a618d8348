import type { ConfigureOidcOptions } from '../commands/configure-oidc.ts';
import type { PrintIamOptions } from '../commands/print-iam.ts';
import { iamForms } from '../model/iam-setup.ts';
import { type CommonOptions, commonOptions } from './common-options.ts';
import { defineCommand } from './define-command.ts';
import {
  choice,
  explain,
  outputs,
  places,
  profileFlags,
  seconds,
  signInFlags,
  text,
} from './flags.ts';
import type { Given } from './given.ts';
import { signInFlow } from './login.ts';

const tokens = ['id_token', 'access_token'] as const;
const redirectHosts = ['127.0.0.1', 'localhost'] as const;

type Options =
  | ({ readonly printIam: undefined } & ConfigureOidcOptions)
  | ({ readonly printIam: string } & PrintIamOptions);

/** `sso-cred configure oidc` */
export const configureOidc = defineCommand<Options>({
  name: 'configure oidc',
  description: 'Write a profile for a role behind an OpenID provider; print its IAM',
  usage: `$0 configure oidc
$0 configure oidc --session NAME [--issuer URL | --auth0-domain DOMAIN] [--client-id ID] \\
    --role-arn ARN --profile NAME [--region REGION]
$0 configure oidc --print-iam cli|terraform|json [--profile NAME]

Writes a profile into ~/.aws/config, and its [oidc-session …] if that is new. On a terminal it asks
for what the flags leave open. It signs in, and shows by a call to AWS that the profile works,
before it changes anything. With --print-iam it changes nothing, and prints what has to be set up in
IAM for a profile, ready to paste: the provider (its URL to the letter), the trust policy and the
role.

  $0 configure oidc --session acme --auth0-domain acme.eu.auth0.com --client-id abc123 \\
      --redirect-ports '8400 8401' --role-arn arn:aws:iam::111122223333:role/Web --profile web
  $0 configure oidc --profile web --print-iam cli`,
  flags: {
    session: text('The session: the name of an [oidc-session NAME], or of a new one'),
    issuer: text('For a new session: the issuer'),
    'auth0-domain': text('For a new session: a domain of Auth0, in place of --issuer'),
    'client-id': text('For a new session: the client id of the application'),
    audience: text('For a new session: the API that is asked for, where the provider wants one'),
    scopes: text('For a new session: the scopes [openid profile email offline_access]'),
    token: choice('For a new session: what AWS is shown', tokens),
    'redirect-ports': text('For a new session: the ports that the browser comes back to [any]'),
    'redirect-host': choice('For a new session: where the browser comes back to', redirectHosts),
    organization: text('For a new session: passed on when signing in by browser'),
    connection: text('For a new session: passed on when signing in by browser'),
    'role-arn': text('The role to assume'),
    'role-session-name': text('The name of the role session [e-mail or subject]'),
    'duration-seconds': text('How long the credentials last, 900 to 43200'),
    ...profileFlags,
    ...signInFlags,
    'print-iam': choice('Change nothing; print the IAM side', iamForms),
    explain,
    timeout: seconds('Seconds that you may take, 1 to 3600', 1800),
    ...places,
  },
  understand: (given) => {
    const common = commonOptions(given);
    const printIam = given.oneOf('print-iam', iamForms);
    const roleArn = given.text('role-arn');
    const durationSeconds = given.text('duration-seconds');
    if (printIam !== undefined) return { ...common, roleArn, durationSeconds, printIam };
    return { ...writeOptions(given, common), roleArn, durationSeconds, printIam };
  },
  run: async (options, world) => {
    if (options.printIam !== undefined) {
      const { runPrintIam } = await import('../commands/print-iam.ts');
      await runPrintIam(options, world);
      return 0;
    }
    const { runConfigureOidc } = await import('../commands/configure-oidc.ts');
    await runConfigureOidc(options, world);
    return 0;
  },
});

function writeOptions(given: Given, common: CommonOptions) {
  return {
    ...common,
    session: given.text('session'),
    issuer: given.text('issuer'),
    auth0Domain: given.text('auth0-domain'),
    clientId: given.text('client-id'),
    audience: given.text('audience'),
    scopes: given.text('scopes'),
    token: given.oneOf('token', tokens),
    redirectPorts: given.text('redirect-ports'),
    redirectHost: given.oneOf('redirect-host', redirectHosts),
    organization: given.text('organization'),
    connection: given.text('connection'),
    roleSessionName: given.text('role-session-name'),
    profile: given.text('profile'),
    region: given.text('region'),
    output: given.oneOf('output', outputs),
    flow: signInFlow(given),
    noOpen: given.flag('no-open'),
    force: given.flag('force'),
    noVerify: given.flag('no-verify'),
  };
}
