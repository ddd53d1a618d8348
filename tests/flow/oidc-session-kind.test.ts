import { describe, expect, test } from '@jest/globals';
import { tokenOf } from '../../src/flow/oidc-session-kind.ts';
import { type OidcToken, oidcRequest } from '../../src/model/oidc-token.ts';
import type { OidcSession } from '../../src/model/profile.ts';
import type { TokenReply } from '../../src/services/identity-provider.ts';

const now = Date.UTC(2026, 10, 21, 12);
const nowS = now / 1000;
const session: OidcSession = {
  kind: 'oidc',
  issuer: 'https://acme.example/',
  clientId: 'abc',
  scopes: 'openid',
  flow: 'auto',
  redirectPorts: [0],
  redirectHost: '127.0.0.1',
  token: 'id_token',
  extraParameters: {},
  signInCommand: 'sso-cred login',
};
const before: OidcToken = {
  issuer: session.issuer,
  clientId: session.clientId,
  request: oidcRequest(session),
  webIdentityToken: 'old',
  expiresAt: now + 1_000,
  obtainedAt: now - 3_600_000,
  refreshToken: 'old-refresh',
};

function jwt(claims: object, alg = 'RS256'): string {
  const part = (value: object) => Buffer.from(JSON.stringify(value)).toString('base64url');
  return `${part({ alg })}.${part(claims)}.c2ln`;
}

function replyOf(changes: Partial<TokenReply>): TokenReply {
  return { kind: 'token', receivedAt: now, skewMs: 0, ...changes };
}

describe('the lifetime of a token', () => {
  const claims = { iat: nowS, exp: nowS + 3600 };

  test.each<[string, Partial<TokenReply>, number]>([
    ['is its own', { idToken: jwt(claims) }, 3600],
    ['is not that of the access token', { idToken: jwt(claims), expiresIn: 86_400 }, 3600],
    [
      'is its own, however wrong our clock is',
      { idToken: jwt({ iat: nowS + 7200, exp: nowS + 10_800 }), skewMs: 7_200_000 },
      3600,
    ],
    [
      'is what is left of it, for a token that was made long ago',
      { idToken: jwt({ iat: nowS - 3000, exp: nowS + 600 }) },
      600,
    ],
    ['is a day at most', { idToken: jwt({ iat: nowS, exp: nowS + 1e9 }) }, 86_400],
  ])('%s', (_what, changes, lifetimeS) => {
    const { expiresAt, obtainedAt } = tokenOf(session, replyOf(changes), undefined);
    expect([obtainedAt, (expiresAt - now) / 1000]).toEqual([now, lifetimeS]);
  });

  test('is told by the reply where the access token is for STS and says nothing', () => {
    const opaque = { ...session, token: 'access_token' } as const;
    const reply = replyOf({ accessToken: 'opaque', expiresIn: 600 });
    expect(tokenOf(opaque, reply, undefined)).toMatchObject({
      webIdentityToken: 'opaque',
      expiresAt: now + 600_000,
    });
  });
});

test('what a reply leaves out stays as it was', () => {
  expect(tokenOf(session, replyOf({ accessToken: 'a' }), before)).toEqual(before);
  const refreshed = tokenOf(session, replyOf({ refreshToken: 'new-refresh' }), before);
  expect(refreshed).toEqual({ ...before, refreshToken: 'new-refresh' });
  const idToken = jwt({ iat: nowS, exp: nowS + 60 });
  expect(tokenOf(session, replyOf({ idToken }), before)).toMatchObject({
    webIdentityToken: idToken,
    refreshToken: 'old-refresh',
  });
});

describe('refused is a token', () => {
  const good = { iat: nowS, exp: nowS + 60 };

  test.each<[string, Partial<TokenReply>, RegExp]>([
    ['that is not there', { accessToken: 'a' }, /gave no id_token \(is openid among the scopes/],
    [
      'that has expired',
      { idToken: jwt({ iat: nowS - 60, exp: nowS }) },
      /token that has expired: is the clock of this machine right\? \(date -u\)$/,
    ],
    [
      'that ends before it begins',
      { idToken: jwt({ iat: nowS, exp: nowS - 60 }) },
      /token that has expired: is the clock of this machine right\? \(date -u\)$/,
    ],
    ['of HS256', { idToken: jwt(good, 'HS256') }, /signs its tokens with HS256, .* to RS256/],
    ['of none', { idToken: jwt(good, 'none') }, /signs its tokens with none, .* to RS256/],
    [
      'of the future',
      { idToken: jwt({ iat: nowS + 301, exp: nowS + 4000 }) },
      /not valid now but later: is the clock of this machine right\? \(date -u\)$/,
    ],
    [
      'that is good later only, by the provider’s clock',
      { idToken: jwt({ iat: nowS, nbf: nowS + 301, exp: nowS + 4000 }) },
      /not valid now but later: is the clock of this machine right\? \(date -u\)$/,
    ],
    [
      'of the future, where our clock is wrong as well',
      { idToken: jwt({ iat: nowS + 901, exp: nowS + 4000 }), skewMs: 600_000 },
      /later: the clock of this machine is 10 min behind the provider's \(date -u\)$/,
    ],
  ])('%s', (_what, changes, message) => {
    expect(() => tokenOf(session, replyOf(changes), undefined)).toThrow(message);
  });

  test.each(['RS256', 'RS384', 'RS512', 'ES256', 'ES384', 'ES512'])('but not of %s', (alg) => {
    const idToken = jwt(good, alg);
    expect(tokenOf(session, replyOf({ idToken }), undefined)).toMatchObject({
      webIdentityToken: idToken,
    });
  });
});
