import type { ServiceEndpoint } from './endpoint.ts';
import type { OidcSession } from './profile.ts';

/** Everything that role credentials for a web identity need. */
export interface WebIdentityProfile {
  readonly kind: 'web-identity';
  readonly session: OidcSession;
  readonly roleArn: string;
  /** `sso_cred_role_session_name`, with `{claim}` for claims of the token. */
  readonly roleSessionNameTemplate?: string;
  /** 900 to 43200; absent for the role's default. */
  readonly durationSeconds?: number;
  readonly policyArns: readonly string[];
  readonly sts: ServiceEndpoint;
}
