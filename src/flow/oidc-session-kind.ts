import { cleanText } from '../model/clean-text.ts';
import { isSsoCredError, SsoCredError } from '../model/errors.ts';
import { numberAt } from '../model/json.ts';
import { jwtAlgorithm, jwtPayload } from '../model/jwt-claims.ts';
import { encodeOidcToken, type OidcToken, oidcRequest } from '../model/oidc-token.ts';
import type { OidcSession } from '../model/profile.ts';
import {
  type ProviderCall,
  refreshProviderToken,
  type TokenReply,
} from '../services/identity-provider.ts';
import { clockAdvice, refusedByProvider } from '../services/provider-error.ts';
import { retrying, singleUse } from '../services/retry.ts';
import { readOidcToken, reserveOidcToken } from '../store/oidc-token-store.ts';
import type { Store } from '../store/store.ts';
import type { World } from '../world.ts';
import { checkedLifetimeS } from './plan-token.ts';
import { getProviderMetadata } from './provider-metadata.ts';
import { type NewToken, type Refreshed, type SessionKind, sessionEnded } from './session-kind.ts';

/** The session as a message names it. */
function describeOidcSession({ name, issuer }: OidcSession): string {
  return name === undefined ? `at ${issuer}` : `"${name}"`;
}

/** A session at an OpenID provider. */
export function oidcSessionKind(
  session: OidcSession,
  tokenFile: string,
  store: Store,
  world: World,
): SessionKind {
  return {
    name: describeOidcSession(session),
    signInCommand: session.signInCommand,
    tokenFile,
    async read() {
      const found = readOidcToken(tokenFile, session, store, world);
      if (found.kind === 'none') return found;
      const { token, stamp } = found;
      const { refreshToken } = token;
      return {
        kind: 'token',
        bearer: token.webIdentityToken,
        expiresAt: token.expiresAt,
        obtainedAt: token.obtainedAt,
        stamp,
        refreshToken,
        notRefreshable: refreshToken === undefined ? whyNoRefreshToken(session) : undefined,
        async refresh(deadline, beforeSending) {
          if (refreshToken === undefined) return { kind: 'refused', text: 'there is none' };
          const metadata = await getProviderMetadata(session, store, deadline, world);
          if (!(await beforeSending())) return { kind: 'not-sent' };
          const call = { session, metadata, deadline };
          return await refresh(call, { ...token, refreshToken }, world);
        },
      };
    },
    reserve: () => reserveOidcToken(tokenFile, store, world),
  };
}

/** Why a provider gave no refresh token, as the end of a sentence. */
function whyNoRefreshToken({ scopes, audience }: OidcSession): string {
  if (!scopes.split(/\s+/).includes('offline_access')) {
    return 'it has no refresh token, for the scopes lack offline_access';
  }
  const api = audience === undefined ? '' : `, and the API ${audience} offline access`;
  return `the provider gave no refresh token: allow the application the Refresh Token grant${api}`;
}

async function refresh(
  call: ProviderCall,
  token: OidcToken & { readonly refreshToken: string },
  world: World,
): Promise<Refreshed> {
  const { session, deadline } = call;
  const send = () => refreshProviderToken(call, token.refreshToken, world);
  const reply = await retrying(singleUse, send, deadline, world);
  switch (reply.kind) {
    case 'refused':
      if (reply.error === 'invalid_grant') return { kind: 'refused', text: reply.text };
      throw refusedByProvider(session, reply);
    case 'unusable':
      return withProblem(token, reply, new SsoCredError('ServiceFailed', reply.reason));
    case 'token':
      return refreshedBy(session, token, reply);
  }
}

/** What a reply makes of the tokens there were: what it leaves out, or gets wrong, stays as it was. */
function refreshedBy(session: OidcSession, token: OidcToken, reply: TokenReply): Refreshed {
  let next: OidcToken;
  try {
    next = tokenOf(session, reply, token);
  } catch (error) {
    if (!isSsoCredError(error)) throw error;
    return withProblem(token, reply, error);
  }
  if (next.webIdentityToken !== token.webIdentityToken) {
    const isRefreshTokenReplaced = reply.refreshToken !== undefined;
    return { kind: 'token', next: newOidcToken(next), isRefreshTokenReplaced };
  }
  // Some providers give none without the person: then the session is at its end, refreshable or not.
  const name = { name: describeOidcSession(session), signInCommand: session.signInCommand };
  const reason = `${session.issuer} gave no new id_token for the refresh token (is openid among the scopes?)`;
  return withProblem(token, reply, sessionEnded(name, reason));
}

/** Keeps the refresh token of a reply that is of no other use. */
function withProblem(
  token: OidcToken,
  { refreshToken }: { readonly refreshToken?: string },
  problem: SsoCredError,
): Refreshed {
  const next = refreshToken === undefined ? token : { ...token, refreshToken };
  return {
    kind: 'token',
    next: newOidcToken(next),
    problem,
    isRefreshTokenReplaced: refreshToken !== undefined,
  };
}

/**
 * The token to keep for what the token endpoint gave: what a reply leaves out stays as it was.
 * @param before the tokens there were; undefined after a sign-in
 * @throws ServiceFailed when there is no token for STS, or one whose lifetime is nonsense
 */
export function tokenOf(
  session: OidcSession,
  reply: TokenReply,
  before: OidcToken | undefined,
): OidcToken {
  const { receivedAt } = reply;
  const given = session.token === 'id_token' ? reply.idToken : reply.accessToken;
  const refreshToken = reply.refreshToken ?? before?.refreshToken;
  const kept = refreshToken === undefined ? {} : { refreshToken };
  if (given === undefined) {
    if (before !== undefined) return { ...before, ...kept };
    throw new SsoCredError(
      'ServiceFailed',
      `${session.issuer} gave no ${session.token} (is openid among the scopes?)`,
    );
  }
  checkAlgorithm(session, given);
  checkIssuedAt(session, given, reply);
  const lifetimeS = checkedLifetimeS(lifetimeOf(given, reply));
  if (lifetimeS === undefined) {
    throw new SsoCredError(
      'ServiceFailed',
      `${session.issuer} gave a token that has expired: ${clockAdvice(reply.skewMs)}`,
    );
  }
  const { issuer, clientId } = session;
  return {
    issuer,
    clientId,
    request: oidcRequest(session),
    webIdentityToken: given,
    expiresAt: receivedAt + lifetimeS * 1000,
    obtainedAt: receivedAt,
    ...kept,
  };
}

/**
 * STS checks a token by the provider's public keys. openid-client takes what the discovery document
 * lists, and Auth0's lists HS256 too, which only the provider itself could check.
 */
function checkAlgorithm({ issuer }: OidcSession, token: string): void {
  const algorithm = jwtAlgorithm(token);
  if (algorithm === undefined || /^(RS|ES)(256|384|512)$/.test(algorithm)) return;
  throw new SsoCredError(
    'ServiceFailed',
    `${issuer} signs its tokens with ${cleanText(algorithm, 20)}, which AWS cannot check: set it to RS256 (Auth0: Advanced Settings → OAuth → JsonWebToken Signature Algorithm)`,
  );
}

/** AWS, as others, grants clocks that differ this much; seconds. */
const toleratedFutureS = 300;

/** STS does not take a token of the future. By the provider's clock, since ours may be wrong. */
function checkIssuedAt({ issuer }: OidcSession, token: string, reply: TokenReply): void {
  const payload = jwtPayload(token) ?? {};
  const goodFrom = Math.max(numberAt(payload, 'iat') ?? 0, numberAt(payload, 'nbf') ?? 0);
  if (goodFrom <= serverNowS(reply) + toleratedFutureS) return;
  throw new SsoCredError(
    'ServiceFailed',
    `${issuer} gave a token that is not valid now but later: ${clockAdvice(reply.skewMs)}`,
  );
}

/** Seconds, by the token's own times and the provider's clock, so that a wrong one of ours does no harm. */
function lifetimeOf(token: string, reply: TokenReply): number | undefined {
  const payload = jwtPayload(token) ?? {};
  const exp = numberAt(payload, 'exp');
  const iat = numberAt(payload, 'iat');
  if (exp === undefined || iat === undefined) return reply.expiresIn;
  return Math.min(exp - iat, exp - serverNowS(reply));
}

function serverNowS({ receivedAt, skewMs }: TokenReply): number {
  return (receivedAt + skewMs) / 1000;
}

/** A token that was just obtained, with the text of its file. */
export function newOidcToken(token: OidcToken): NewToken {
  return {
    bearer: token.webIdentityToken,
    expiresAt: token.expiresAt,
    obtainedAt: token.obtainedAt,
    text: encodeOidcToken(token),
  };
}
