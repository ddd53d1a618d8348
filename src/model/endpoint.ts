import type { CaBundle } from './ca-bundle.ts';

/** Which host of a service to call. */
export interface ServiceEndpoint {
  /** The region of the session (`sso_region`). */
  readonly region: string;
  /** An endpoint that takes the place of AWS's own. */
  readonly url?: string;
  readonly fips: boolean;
  readonly dualStack: boolean;
  /** Whom to trust besides the usual CAs. */
  readonly caBundle?: CaBundle;
}

/** The variables that choose an endpoint: where one is set, no profile index is used or written. */
export const endpointVariables = [
  'AWS_ENDPOINT_URL',
  'AWS_ENDPOINT_URL_SSO',
  'AWS_ENDPOINT_URL_SSO_OIDC',
  'AWS_ENDPOINT_URL_STS',
  'AWS_IGNORE_CONFIGURED_ENDPOINT_URLS',
  'AWS_USE_FIPS_ENDPOINT',
  'AWS_USE_DUALSTACK_ENDPOINT',
] as const;
