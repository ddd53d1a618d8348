import {
  type Account,
  defaultAccounts,
  defaultWebIdentityRoles,
  type WebIdentityRole,
} from './accounts.ts';
import type { Decision } from './visit.ts';

/** The claims of a web identity token whose signature was found good. */
export interface WebIdentityClaims {
  readonly iss: string;
  readonly sub: string;
  readonly aud: string | readonly string[];
  readonly azp?: string;
  /** Epoch seconds. */
  readonly exp?: number;
}

/** How the stand-in behaves. Fields that end in S are seconds. */
export interface StandInOptions {
  /** 0 takes any free port. */
  readonly port: number;
  readonly region: string;
  /** Who signs in. */
  readonly userName: string;
  readonly accounts: readonly Account[];
  readonly webIdentityRoles: readonly WebIdentityRole[];
  /** The most that one page of a listing holds. */
  readonly pageSize: number;
  /** How many calls of the portal a second are answered, with as many at once; more get 429. */
  readonly portalCallsPerS: number;
  /** Start URLs that are known beside the stand-in's own. */
  readonly startUrls: readonly string[];
  readonly accessTokenLifetimeS: number;
  readonly roleLifetimeS: number;
  readonly sessionLifetimeS: number;
  readonly registrationLifetimeS: number;
  readonly deviceCodeLifetimeS: number;
  readonly deviceIntervalS: number;
  /** Each refresh gives a new refresh token, and the one used is spent. */
  readonly refreshTokenRotation: boolean;
  /** How long after its first use the refresh token spent last may be used again. */
  readonly reuseLeewayS: number;
  /** Epoch milliseconds; the Date header follows it too. */
  readonly now: () => number;
  /**
   * Checks a web identity token's signature; what it throws becomes InvalidIdentityToken, a
   * ServiceError is answered as it is. Without it every token is refused.
   */
  readonly verifyWebIdentity: (token: string) => Promise<WebIdentityClaims>;
  /** An OpenID provider that verifies, unless told otherwise, and whose pages can be visited too. */
  readonly identityProvider?: TrustedProvider;
}

/** What the stand-in needs of an OpenID provider. */
export interface TrustedProvider {
  /** The origin of its pages. */
  readonly url: string;
  readonly visit: (pageUrl: string, decision?: Decision) => Promise<string>;
  readonly verifyWebIdentity: StandInOptions['verifyWebIdentity'];
}

/** What AWS does when nothing is configured, but for shorter role sessions. */
export const defaultOptions: StandInOptions = {
  port: 0,
  region: 'eu-west-1',
  userName: 'jane.doe@example.com',
  accounts: defaultAccounts,
  webIdentityRoles: defaultWebIdentityRoles,
  pageSize: 100,
  portalCallsPerS: Infinity,
  startUrls: [],
  accessTokenLifetimeS: 3600,
  roleLifetimeS: 3600,
  sessionLifetimeS: 8 * 3600,
  registrationLifetimeS: 90 * 24 * 3600,
  deviceCodeLifetimeS: 600,
  deviceIntervalS: 1,
  refreshTokenRotation: true,
  reuseLeewayS: 0,
  now: Date.now,
  verifyWebIdentity: () => Promise.reject(new Error('no OpenID Connect provider is configured')),
};
