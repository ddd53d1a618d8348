import { numberAt, parseJsonObject, textAt } from './json.ts';
import type { OidcSession } from './profile.ts';

const version = 1;

/** The tokens of a session at an OpenID provider, as we keep them; times as epoch milliseconds. */
export interface OidcToken {
  readonly issuer: string;
  readonly clientId: string;
  /** What was asked for, see oidcRequest. */
  readonly request: string;
  /** The token that STS is given: an id_token, or an access token where the session says so. */
  readonly webIdentityToken: string;
  readonly expiresAt: number;
  /** When it was obtained by our clock. */
  readonly obtainedAt: number;
  readonly refreshToken?: string;
}

/** What of a session decides which tokens it gets, beside issuer and client; a text to compare. */
export function oidcRequest(session: Pick<OidcSession, 'token' | 'audience' | 'scopes'>): string {
  const { token, audience, scopes } = session;
  return [token, audience ?? '-', ...scopes.split(' ').sort()].join(' ');
}

/** The text of a token's record. */
export function encodeOidcToken(token: OidcToken): string {
  return JSON.stringify({ version, ...token });
}

/** The token that a text holds; undefined when it is none of this version. */
export function decodeOidcToken(text: string): OidcToken | undefined {
  const file = parseJsonObject(text);
  if (file === undefined || numberAt(file, 'version') !== version) return undefined;
  const issuer = textAt(file, 'issuer');
  const clientId = textAt(file, 'clientId');
  const request = textAt(file, 'request');
  const webIdentityToken = textAt(file, 'webIdentityToken');
  const expiresAt = numberAt(file, 'expiresAt');
  const obtainedAt = numberAt(file, 'obtainedAt');
  const refreshToken = textAt(file, 'refreshToken');
  if (issuer === undefined || clientId === undefined || webIdentityToken === undefined) {
    return undefined;
  }
  if (request === undefined || expiresAt === undefined || obtainedAt === undefined) {
    return undefined;
  }
  return {
    issuer,
    clientId,
    request,
    webIdentityToken,
    expiresAt,
    obtainedAt,
    ...(refreshToken === undefined ? {} : { refreshToken }),
  };
}
