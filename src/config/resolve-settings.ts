import { type SignInPolicy, signInPolicies } from '../model/sign-in-policies.ts';
import type { ConfigSection } from './config-section.ts';
import { checkShape, findKey, type NamedSetting } from './find-key.ts';

/** `[sso-cred settings]`: what holds for all profiles. */
export interface UserSettings {
  /** Where tokens of Identity Center are kept: with AWS's own tools, or apart. */
  readonly tokenStore: 'aws-cli' | 'private';
  readonly signIn: SignInPolicy;
  /** A command that opens a URL; BROWSER wins over it. */
  readonly browser: string | undefined;
  /** How long a sign-in that a call has begun stays open; milliseconds. */
  readonly signInTimeoutMs: number;
  /** Whether role credentials are renewed in the background before anybody has to wait for it. */
  readonly renewAhead: boolean;
}

/** `sign_in_timeout` where nothing is set; seconds. */
const usualSignInTimeoutS = 600;

/** @throws InvalidConfig naming file, line and key */
export function resolveSettings(
  section: ConfigSection | undefined,
  home: string | undefined,
): UserSettings {
  const find = (key: string): NamedSetting | undefined =>
    section === undefined ? undefined : findKey(section, [key]);
  const oneOf = <T extends string>(key: string, allowed: readonly T[], otherwise: T): T => {
    const setting = find(key);
    if (setting === undefined) return otherwise;
    const value = allowed.find((each) => each === setting.value);
    checkShape(setting, value !== undefined, `one of ${allowed.join(', ')}`, home);
    return value ?? otherwise;
  };
  const timeout = find('sign_in_timeout');
  if (timeout !== undefined) {
    const isSound = /^\d{1,4}$/.test(timeout.value) && Number(timeout.value) >= 1;
    const expected = 'whole seconds from 1 to 3600';
    checkShape(timeout, isSound && Number(timeout.value) <= 3600, expected, home);
  }
  return {
    tokenStore: oneOf('token_store', ['aws-cli', 'private'], 'aws-cli'),
    signIn: oneOf('sign_in', signInPolicies, 'auto'),
    browser: find('browser')?.value,
    renewAhead: oneOf('renew_ahead', ['true', 'false'], 'true') === 'true',
    signInTimeoutMs: Number(timeout?.value ?? usualSignInTimeoutS) * 1000,
  };
}
