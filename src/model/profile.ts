import type { CaBundle } from './ca-bundle.ts';
import type { ServiceEndpoint } from './endpoint.ts';

/** An IAM Identity Center session: an `[sso-session NAME]`, or a start URL alone (legacy). */
export interface SsoSession {
  readonly kind: 'sso';
  /** Absent for a legacy profile or for flags without a profile. */
  readonly name?: string;
  readonly startUrl: string;
  readonly region: string;
  /** `sso_registration_scopes` */
  readonly registrationScopes: readonly string[];
  /** `sso_use_device_code`, as proposed for the AWS CLI. */
  readonly useDeviceCode: boolean;
  /** `sso_redirect_port`; 0 takes any free port. */
  readonly redirectPorts: readonly number[];
  readonly endpoints: { readonly sso: ServiceEndpoint; readonly ssoOidc: ServiceEndpoint };
  /** What a person types to sign in to it. */
  readonly signInCommand: string;
}

/** Everything that role credentials of IAM Identity Center need. */
export interface SsoProfile {
  readonly kind: 'sso';
  readonly session: SsoSession;
  /** Twelve digits. */
  readonly accountId: string;
  readonly roleName: string;
}

/** The session as a message names it. */
export function describeSession(session: SsoSession): string {
  return session.name === undefined ? `of ${session.startUrl}` : `"${session.name}"`;
}

/** How a person signs in to an OpenID provider; auto chooses what suits the place. */
export type OidcFlow = 'auto' | 'browser' | 'device';

/** A session at an OpenID provider: an `[oidc-session NAME]`, or flags without one. */
export interface OidcSession {
  readonly kind: 'oidc';
  /** Absent for flags without a profile. */
  readonly name?: string;
  readonly issuer: string;
  readonly clientId: string;
  /** Only for providers that demand one of a native app. */
  readonly clientSecret?: string;
  readonly audience?: string;
  readonly scopes: string;
  readonly flow: OidcFlow;
  /** Tried in order; 0 takes any free port. */
  readonly redirectPorts: readonly number[];
  readonly redirectHost: '127.0.0.1' | 'localhost';
  /** Which of its tokens is for STS. */
  readonly token: 'id_token' | 'access_token';
  /** Passed on to the authorization endpoint: organization, connection, login_hint, prompt. */
  readonly extraParameters: Readonly<Record<string, string>>;
  /** Whom to trust besides the usual CAs. */
  readonly caBundle?: CaBundle;
  /** What a person types to sign in to it. */
  readonly signInCommand: string;
}
