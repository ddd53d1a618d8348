import type { Fields } from './wire.ts';

/** What a client is registered for; each has its switch at the providers. */
export type GrantType =
  | 'authorization_code'
  | 'refresh_token'
  | 'urn:ietf:params:oauth:grant-type:device_code';

/** How the OpenID provider behaves. Fields that end in S are seconds. */
export interface IdentityProviderOptions {
  /** 0 takes any free port. */
  readonly port: number;
  readonly clientId: string;
  readonly grantTypes: readonly GrantType[];
  /** Who signs in: the claim `sub`. */
  readonly subject: string;
  /**
   * The person's other claims, put over those of Jane Doe; undefined removes one. `email` and
   * `email_verified` come with the scope email, `name` and `preferred_username` with profile, the
   * rest with openid.
   */
  readonly claims: Fields;
  readonly idTokenLifetimeS: number;
  readonly accessTokenLifetimeS: number;
  readonly refreshTokenLifetimeS: number;
  readonly deviceCodeLifetimeS: number;
  /**
   * What a device is told to wait between polls; who comes sooner has to slow down. Undefined tells
   * nothing, which means five (RFC 8628, 3.2).
   */
  readonly deviceIntervalS: number | undefined;
  /** Each refresh gives a new refresh token; one that comes again ends all of its family. */
  readonly refreshTokenRotation: boolean;
  /** How long after its first use the refresh token spent last may be used again. */
  readonly reuseLeewayS: number;
  /** APIs whose identifier may be asked for as `audience`; their access tokens are JWTs. */
  readonly audiences: readonly string[];
  /** Whether there is a revocation endpoint (RFC 7009). */
  readonly revocation: boolean;
  /** Whether there is a page that ends the browser's session (RP-Initiated Logout 1.0). */
  readonly endSessionPage: boolean;
  /** HS256, an old setting of Auth0, makes id_tokens that STS cannot check. */
  readonly signingAlgorithm: 'RS256' | 'HS256';

  /** Where others reach it, behind a front that speaks TLS: `https://acme.example`. */
  readonly publicOrigin: string | undefined;
  /** Where below the host the issuer is, such as /realms/acme. */
  readonly issuerPath: string;
  /** The issuer ends in a slash: Auth0. */
  readonly issuerWithSlash: boolean;
  /** Registered redirect URIs, matched as strings with their port: Auth0, Okta. Empty: any port. */
  readonly exactRedirectUris: readonly string[];
  /** The redirect must go to localhost, not 127.0.0.1: Entra. */
  readonly localhostOnly: boolean;
  /** The endpoints are where Auth0 has them. */
  readonly auth0Routes: boolean;
  /** The token endpoint refuses with Auth0's statuses: 403, and 429 for slow_down. */
  readonly auth0PollStatus: boolean;
  /** The device reply has verification_url, and none of its two right names: Google. */
  readonly googleVerificationUrl: boolean;
  /** The native client has a secret that it must send: Google. */
  readonly clientSecretRequired: boolean;
  /** A refresh gives no id_token: Okta, once the web session has ended. */
  readonly noIdTokenOnRefresh: boolean;
  /** A refresh gives an id_token only when asked for the scope openid again: Entra. */
  readonly idTokenOnRefreshNeedsScope: boolean;
  /** A refresh gives no refresh token, and the one used stays good: Auth0 without rotation. */
  readonly noRefreshTokenOnRefresh: boolean;
  /** There is no device flow, and the discovery document names none: Cognito. */
  readonly noDeviceFlow: boolean;
}

/** A provider without quirks, with rotation as Auth0 has it when it is on. */
export const defaultIdentityProviderOptions: IdentityProviderOptions = {
  port: 0,
  clientId: 'sso-cred',
  grantTypes: [
    'authorization_code',
    'refresh_token',
    'urn:ietf:params:oauth:grant-type:device_code',
  ],
  subject: 'auth0|5f7c8ec7c33c6c004bbafe82',
  claims: {},
  idTokenLifetimeS: 3600,
  accessTokenLifetimeS: 3600,
  refreshTokenLifetimeS: 14 * 24 * 3600,
  deviceCodeLifetimeS: 600,
  deviceIntervalS: 1,
  refreshTokenRotation: true,
  reuseLeewayS: 0,
  audiences: [],
  revocation: true,
  endSessionPage: false,
  signingAlgorithm: 'RS256',
  publicOrigin: undefined,
  issuerPath: '',
  issuerWithSlash: false,
  exactRedirectUris: [],
  localhostOnly: false,
  auth0Routes: false,
  auth0PollStatus: false,
  googleVerificationUrl: false,
  clientSecretRequired: false,
  noIdTokenOnRefresh: false,
  idTokenOnRefreshNeedsScope: false,
  noRefreshTokenOnRefresh: false,
  noDeviceFlow: false,
};
