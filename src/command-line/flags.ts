import type { Options } from 'yargs';
import { signInPolicies } from '../model/sign-in-policies.ts';

/** An option, as yargs and `completion` know it. */
export interface Flag extends Options {
  readonly describe: string;
  /** The values that it takes, where they are few. */
  readonly values?: readonly string[];
}

/** An option with a value. */
export const text = (describe: string): Flag => ({
  describe,
  type: 'string',
  requiresArg: true,
});

/** An option with one of these values. */
export const choice = (describe: string, values: readonly string[]): Flag => ({
  ...text(`${describe}: ${values.join(', ')}`),
  values,
});

/** An option with a value that may be given more than once. */
export const texts = (describe: string): Flag => ({
  ...text(`${describe}; may be given more than once`),
});

/** An option that is there or not. */
export const flag = (describe: string): Flag => ({ describe, type: 'boolean', default: false });

/** `--timeout`, with what a command takes without it. */
export const seconds = (describe: string, value: number): Flag => ({
  ...text(describe),
  default: String(value),
});

/** Where things lie; every command takes them. */
export const places = {
  'config-file': text('Read this instead of ~/.aws/config [AWS_CONFIG_FILE]'),
  'credentials-file': text('Read this instead of ~/.aws/credentials [AWS_SHARED_CREDENTIALS_FILE]'),
  'cache-dir': text('Keep our own records here instead of ~/.aws/sso-cred [SSO_CRED_CACHE_DIR]'),
};

/** `--explain`; every command takes it. */
export const explain = flag('Tell on stderr, step by step, what is done and why; no secrets');

/** What describes a session at an OpenID provider without a profile. */
export const providerFlags = {
  issuer: text('Without a profile: the issuer of an OpenID provider'),
  'auth0-domain': text('Without a profile: a domain of Auth0, in place of --issuer'),
  'client-id': text('With --issuer: the client id of the application'),
  audience: text('With --issuer: the API that is asked for, where the provider wants one'),
  scopes: text('With --issuer: the scopes [openid profile email offline_access]'),
};

/** How a person signs in. */
export const signInFlags = {
  browser: flag('Sign in by the browser of this machine'),
  device: flag('Sign in by a code that any browser takes'),
  'no-open': flag('Show the URL instead of opening a browser'),
};

/** What the AWS CLI prints, as `output` says it. */
export const outputs = ['json', 'yaml', 'yaml-stream', 'text', 'table', 'off'] as const;

/** A profile that `configure` writes. */
export const profileFlags = {
  profile: text('The profile to write'),
  region: text('Its region, for the SDKs'),
  output: choice('Its output, for the AWS CLI', outputs),
  force: flag('Replace a profile without asking'),
  'no-verify': flag('Write it without asking AWS whether it works'),
};

/** Which session of Identity Center a person means. */
export const ssoSessionFlags = {
  profile: text('The session of this profile [AWS_PROFILE, AWS_DEFAULT_PROFILE, default]'),
  session: text('The session of this name: [sso-session NAME]'),
  'start-url': text('Without a profile: the start URL of IAM Identity Center'),
  'sso-region': text('With --start-url: the region of Identity Center [AWS_REGION]'),
};

/** Which session a person means. */
export const sessionFlags = {
  profile: text('The session of this profile [AWS_PROFILE, AWS_DEFAULT_PROFILE, default]'),
  session: text('The session of this name: [sso-session NAME] or [oidc-session NAME]'),
  'start-url': text('Without a profile: the start URL of IAM Identity Center'),
  'sso-region': text('With --start-url: the region of Identity Center [AWS_REGION]'),
  ...providerFlags,
};

/** How a call for credentials goes about it. */
export const roleCallFlags = {
  refresh: flag('Ask for new credentials, whatever is cached'),
  'sign-in': choice('How to sign in when nothing else is left [SSO_CRED_SIGN_IN]', signInPolicies),
};

/** The role of a profile at an OpenID provider, without a profile. */
export const webIdentityFlags = {
  'role-arn': text('With --issuer: the role to assume'),
  'role-session-name': text('With --issuer: the name of the role session [e-mail or subject]'),
  'duration-seconds': text('With --issuer: how long the credentials last, 900 to 43200'),
};

/** Which role a person means. */
export const roleFlags = {
  ...sessionFlags,
  profile: text('The profile whose role to take [AWS_PROFILE, AWS_DEFAULT_PROFILE, default]'),
  session: text('Without a profile: the session of this name'),
  'account-id': text('With --session or --start-url: the account, 12 digits'),
  'role-name': text('With --session or --start-url: the role (permission set)'),
  ...webIdentityFlags,
  'role-arn': text('With --session or --issuer: the role to assume'),
  ...roleCallFlags,
};
