import type { ClashId } from '../model/clash-behaviour.ts';
import type { ConfigSection } from './config-section.ts';
import { findKey, type NamedSetting } from './find-key.ts';

/** Something that stands beside a profile's `credential_process` and takes its place for some SDKs. */
export interface Clash {
  readonly id: ClashId;
  /** The keys that clash, each where it stands; the first is the one to name. */
  readonly keys: readonly [NamedSetting, ...NamedSetting[]];
}

const staticKeys = ['aws_access_key_id', 'aws_secret_access_key', 'aws_session_token'] as const;

/**
 * What clashes in a profile with a `credential_process`; nothing in one without.
 * @param credentialsFile its absolute path, by which keys that stand there are known
 */
export function findClashes(
  profile: ConfigSection,
  credentialsFile: string | undefined,
): readonly Clash[] {
  if (findKey(profile, ['credential_process']) === undefined) return [];
  const clashes: Clash[] = [];
  const add = (id: ClashId, ...names: readonly string[]) => {
    const found = names.flatMap((name) => findKey(profile, [name]) ?? []);
    const [first, ...others] = found;
    if (first !== undefined) clashes.push({ id, keys: [first, ...others] });
  };
  const has = (...names: readonly string[]) => findKey(profile, names) !== undefined;

  if (has(...staticKeys)) {
    const origin = findKey(profile, staticKeys)?.origin;
    const isInCredentials = origin?.kind === 'file' && origin.path === credentialsFile;
    add(isInCredentials ? 'static-keys-in-credentials' : 'static-keys-in-config', ...staticKeys);
  }
  if (has('role_arn') && has('web_identity_token_file')) {
    add('web-identity', 'role_arn', 'web_identity_token_file');
  } else if (has('role_arn') && has('source_profile', 'credential_source')) {
    add('source-profile', 'role_arn', 'source_profile', 'credential_source');
  } else if (has('role_arn')) {
    add('role-arn', 'role_arn');
  }
  const sso = ssoClash(has);
  if (sso !== undefined) add(sso, ...ssoKeys);
  if (has('login_session')) add('login-session', 'login_session');
  if (has('endpoint_url', 'services')) add('endpoint', 'endpoint_url', 'services');
  return clashes;
}

const ssoKeys = [
  'sso_session',
  'sso_start_url',
  'sso_region',
  'sso_account_id',
  'sso_role_name',
  'sso_registration_scopes',
] as const;

function ssoClash(has: (...names: readonly string[]) => boolean): ClashId | undefined {
  const isFull =
    has('sso_session', 'sso_start_url') && has('sso_account_id') && has('sso_role_name');
  if (isFull && has('sso_session') && has('sso_start_url', 'sso_region')) {
    return 'sso-session-and-url';
  }
  if (isFull) return 'full-sso';
  if (has('sso_account_id', 'sso_role_name')) return 'sso-role-only';
  if (has('sso_session')) return 'sso-session-only';
  if (has('sso_start_url', 'sso_region')) return 'sso-url-only';
  return has('sso_registration_scopes') ? 'sso-scopes-only' : undefined;
}
