import { fromProcessOutput } from './role-credentials.ts';

type Environment = Readonly<Record<string, string | undefined>>;

/** What makes a program act in a role. */
export interface RoleEnvironment {
  /** In the order in which they are shown. */
  readonly set: Readonly<Record<string, string>>;
  /** Variables that would lead an SDK elsewhere, or mislead it. */
  readonly unset: readonly string[];
}

/** Where else an SDK would find credentials, some of it before the variables that are set here. */
const otherSources = [
  'AWS_PROFILE',
  'AWS_DEFAULT_PROFILE',
  'AWS_SECURITY_TOKEN',
  'AWS_CONTAINER_CREDENTIALS_RELATIVE_URI',
  'AWS_CONTAINER_CREDENTIALS_FULL_URI',
  'AWS_CONTAINER_AUTHORIZATION_TOKEN',
  'AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE',
  'AWS_WEB_IDENTITY_TOKEN_FILE',
  'AWS_ROLE_ARN',
  'AWS_ROLE_SESSION_NAME',
] as const;

/**
 * The variables of a role, as the SDKs and the AWS CLI read them:
 * https://docs.aws.amazon.com/sdkref/latest/guide/environment-variables.html
 * The caller's own region wins over the profile's. SDKs read one of its two names or the other, so
 * both are set, and alike where the caller says nothing else.
 * @param output the line for stdout, as toProcessOutput makes it
 * @param region of the profile
 */
export function roleEnvironment(
  output: string,
  region: string | undefined,
  caller: Environment,
): RoleEnvironment {
  const credentials = fromProcessOutput(output);
  const { AWS_REGION: first, AWS_DEFAULT_REGION: second } = caller;
  const regions = {
    AWS_REGION: first || second || region,
    AWS_DEFAULT_REGION: second || first || region,
  };
  const set: Record<string, string> = {
    AWS_ACCESS_KEY_ID: credentials.AccessKeyId,
    AWS_SECRET_ACCESS_KEY: credentials.SecretAccessKey,
    AWS_SESSION_TOKEN: credentials.SessionToken,
    AWS_CREDENTIAL_EXPIRATION: credentials.Expiration,
    // SDKs build hosts from it: another account's, left over, would be the wrong one.
    AWS_ACCOUNT_ID: credentials.AccountId,
  };
  for (const [name, value] of Object.entries(regions)) if (value) set[name] = value;
  return { set, unset: otherSources };
}

/** The environment of a program that is to act in a role. */
export function applyRoleEnvironment(
  { set, unset }: RoleEnvironment,
  caller: Environment,
  platform: NodeJS.Platform,
): Environment {
  // Windows does not tell `aws_profile` from AWS_PROFILE.
  const spelled = (name: string) => (platform === 'win32' ? name.toUpperCase() : name);
  const dropped = new Set([...unset, ...Object.keys(set)]);
  const kept = Object.entries(caller).filter(
    ([name]) => !dropped.has(spelled(name)) && !spelled(name).startsWith('AWS_CONTAINER_'),
  );
  return { ...Object.fromEntries(kept), ...set };
}
