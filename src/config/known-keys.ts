import type { SectionType } from './config-section.ts';
import { roleKeys } from './resolve-profile.ts';
import { sessionKeys } from './resolve-session.ts';

const keysOfProfile = [
  ...Object.values(sessionKeys).flat(),
  ...Object.values(roleKeys).flat(),
  'sso_registration_scopes',
  'sso_cred_oidc_session',
  'sso_cred_role_arn',
  'sso_cred_duration_seconds',
  'sso_cred_role_session_name',
  'sso_cred_policy_arns',
  'sso_cred_populated_by',
];

/** The keys that are read in sections of ours and AWS's; of a profile those of signing in alone. */
export const knownKeys = {
  profile: keysOfProfile,
  'sso-session': [
    'sso_start_url',
    'sso_region',
    'sso_registration_scopes',
    'sso_use_device_code',
    'sso_redirect_port',
  ],
  'oidc-session': [
    'issuer',
    'auth0_domain',
    'client_id',
    'client_secret',
    'audience',
    'scopes',
    'token',
    'flow',
    'redirect_ports',
    'redirect_host',
    'organization',
    'connection',
    'login_hint',
    'prompt',
  ],
  'sso-cred': ['token_store', 'sign_in', 'sign_in_timeout', 'browser', 'renew_ahead'],
} as const satisfies Partial<Record<SectionType, readonly string[]>>;
