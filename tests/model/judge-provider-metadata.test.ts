import { expect, test } from '@jest/globals';
import { judgeProviderMetadata } from '../../src/model/judge-provider-metadata.ts';
import type { OidcSession } from '../../src/model/profile.ts';

const session: OidcSession = {
  kind: 'oidc',
  name: 'acme',
  issuer: 'https://acme.eu.auth0.com/',
  clientId: 'abc123',
  scopes: 'openid profile email offline_access',
  flow: 'auto',
  redirectPorts: [0],
  redirectHost: '127.0.0.1',
  token: 'id_token',
  extraParameters: {},
  signInCommand: 'sso-cred login --session acme',
};

const deviceGrant = 'urn:ietf:params:oauth:grant-type:device_code';

const metadata = {
  issuer: 'https://acme.eu.auth0.com/',
  jwks_uri: 'https://acme.eu.auth0.com/.well-known/jwks.json',
  device_authorization_endpoint: 'https://acme.eu.auth0.com/oauth/device/code',
  grant_types_supported: ['authorization_code', 'refresh_token', deviceGrant],
  response_types_supported: ['code'],
  code_challenge_methods_supported: ['S256', 'plain'],
  scopes_supported: ['openid', 'offline_access'],
  id_token_signing_alg_values_supported: ['HS256', 'RS256'],
};

/** Severity and code of what is found. */
function judge(
  changed: Readonly<Record<string, unknown>>,
  ofSession: Partial<OidcSession> = {},
  algorithm = 'RS256',
) {
  const found = judgeProviderMetadata(
    { ...session, ...ofSession },
    { ...metadata, ...changed },
    algorithm,
  );
  return found.map(({ severity, code }) => `${severity} ${code}`);
}

test('a provider that has all it takes is fine, and so is one that lists nothing', () => {
  expect(judge({})).toEqual([]);
  const { issuer, jwks_uri, device_authorization_endpoint } = metadata;
  const bare = { issuer, jwks_uri, device_authorization_endpoint };
  expect(judgeProviderMetadata(session, bare, undefined)).toEqual([]);
});

test.each([
  [{ issuer: 'https://acme.eu.auth0.com' }, {}, ['note issuer-slash']],
  [{ device_authorization_endpoint: undefined }, {}, ['note no-device-flow']],
  [{ device_authorization_endpoint: undefined }, { flow: 'device' }, ['error no-device-flow']],
  [{ grant_types_supported: ['authorization_code', 'refresh_token'] }, {}, ['note no-device-flow']],
  [{ grant_types_supported: [deviceGrant, 'refresh_token'] }, {}, ['error no-browser-flow']],
  [{ response_types_supported: ['id_token'] }, {}, ['error no-browser-flow']],
  [{ code_challenge_methods_supported: ['plain'] }, {}, ['error no-browser-flow']],
  [{ code_challenge_methods_supported: ['plain'] }, { flow: 'device' }, ['note no-browser-flow']],
  [
    { grant_types_supported: ['authorization_code', deviceGrant] },
    {},
    ['warning no-refresh-grant'],
  ],
  [{ grant_types_supported: ['authorization_code', deviceGrant] }, { scopes: 'openid' }, []],
  [{ scopes_supported: ['openid'] }, {}, ['warning no-offline-access']],
  [{ scopes_supported: ['openid'] }, { scopes: 'openid' }, []],
  [{ id_token_signing_alg_values_supported: ['HS256', 'PS256'] }, {}, ['error signing-algorithm']],
  [{ id_token_signing_alg_values_supported: ['ES384'] }, {}, []],
  [{ jwks_uri: undefined }, {}, ['error no-keys']],
] as const)('%j with the session %j: %j', (changed, ofSession, expected) => {
  expect(judge(changed, ofSession)).toEqual(expected);
});

test('a token that AWS cannot check is told of, whatever the document lists', () => {
  expect(judge({}, {}, 'HS256')).toEqual(['error signing-algorithm']);
});

test('what a provider writes cannot write on the terminal', () => {
  const found = judgeProviderMetadata(
    session,
    {
      ...metadata,
      issuer: 'https://x/\u001b[31m',
      id_token_signing_alg_values_supported: ['\u0007'],
    },
    undefined,
  );
  // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is looked for
  expect(JSON.stringify(found.map(({ message }) => message))).not.toMatch(/\\u00|[\u0000-\u001f]/);
});
