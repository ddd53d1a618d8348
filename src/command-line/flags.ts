import type { Options } from 'yargs';

/** An option with a value. */
export const text = (describe: string): Options => ({
  describe,
  type: 'string',
  requiresArg: true,
});

/** An option that is there or not. */
export const flag = (describe: string): Options => ({ describe, type: 'boolean', default: false });

/** `--timeout`, with what a command takes without it. */
export const seconds = (describe: string, value: number): Options => ({
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

/** Which session a person means. */
export const sessionFlags = {
  profile: text('The session of this profile [AWS_PROFILE, AWS_DEFAULT_PROFILE, default]'),
  session: text('The session of this name: [sso-session NAME] or [oidc-session NAME]'),
  'start-url': text('Without a profile: the start URL of IAM Identity Center'),
  'sso-region': text('With --start-url: the region of Identity Center [AWS_REGION]'),
  ...providerFlags,
};
