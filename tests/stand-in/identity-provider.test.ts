import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { AssumeRoleWithWebIdentityCommand, STSClient } from '@aws-sdk/client-sts';
import { afterEach, expect, test } from '@jest/globals';
import * as client from 'openid-client';
import { type IdentityProvider, startIdentityProvider } from './identity-provider.ts';
import type { IdentityProviderOptions } from './identity-provider-options.ts';
import { startStandIn } from './stand-in.ts';
import type { Tampering } from './tampering.ts';
import type { Decision } from './visit.ts';

process.env['AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED'] = 'true';

const scope = 'openid profile email offline_access';
const open: { readonly stop: () => Promise<void> }[] = [];
let provider: IdentityProvider;

afterEach(async () => {
  for (const server of open.splice(0)) await server.stop();
});

async function start(
  options: Partial<IdentityProviderOptions> = {},
): Promise<client.Configuration> {
  provider = await startIdentityProvider(options);
  open.push(provider);
  return await client.discovery(
    new URL(provider.issuer),
    provider.clientId,
    provider.clientSecret,
    provider.clientSecret === undefined ? client.None() : client.ClientSecretPost(),
    { execute: [client.allowInsecureRequests] },
  );
}

/** Listens for the redirect, lets the person decide, and redeems what came back. */
async function signInWithBrowser(
  config: client.Configuration,
  { decision = 'allow' as Decision, host = '127.0.0.1', parameters = {} } = {},
) {
  const callbacks: URL[] = [];
  const server = createServer((request, response) => {
    callbacks.push(new URL(request.url ?? '', `http://${request.headers.host}`));
    response.end('You can close this window.');
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const redirectUri = `http://${host}:${(server.address() as AddressInfo).port}/oauth/callback`;
  const pkceCodeVerifier = client.randomPKCECodeVerifier();
  const expectedState = client.randomState();
  const expectedNonce = client.randomNonce();
  const url = client.buildAuthorizationUrl(config, {
    redirect_uri: redirectUri,
    scope,
    state: expectedState,
    nonce: expectedNonce,
    code_challenge: await client.calculatePKCECodeChallenge(pkceCodeVerifier),
    code_challenge_method: 'S256',
    ...parameters,
  });
  try {
    const page = await provider.visit(url.href, decision);
    expect(page).toBe('You can close this window.');
    return await client.authorizationCodeGrant(config, callbacks[0] ?? url, {
      pkceCodeVerifier,
      expectedState,
      expectedNonce,
      idTokenExpected: true,
    });
  } finally {
    server.closeAllConnections();
    server.close();
  }
}

async function signInWithDevice(config: client.Configuration, decision: Decision = 'allow') {
  const device = await client.initiateDeviceAuthorization(config, { scope });
  const page = await provider.visit(device.verification_uri_complete ?? '', decision);
  expect(page).toContain(decision === 'allow' ? 'Request approved' : 'Request denied');
  return await client.pollDeviceAuthorizationGrant(config, { ...device, interval: 0.01 });
}

/** One POST to an endpoint, without a check of what comes back. */
async function post(endpoint: string | undefined, fields: Readonly<Record<string, string>>) {
  const body = new URLSearchParams({ client_id: provider.clientId, ...fields });
  const response = await fetch(endpoint ?? '', { method: 'POST', body });
  const reply = (await response.json()) as Readonly<Record<string, string>>;
  return { status: response.status, reply };
}

/** What a refresh gives, unchecked. */
async function refresh(config: client.Configuration, refreshToken = '', more = {}) {
  const fields = { grant_type: 'refresh_token', refresh_token: refreshToken, ...more };
  return await post(config.serverMetadata().token_endpoint, fields);
}

async function startSts() {
  const standIn = await startStandIn({ identityProvider: provider });
  open.push(standIn);
  const { region, endpoints } = standIn;
  const sts = new STSClient({ region, endpoint: endpoints.sts, maxAttempts: 1 });
  return (token: string) =>
    sts.send(
      new AssumeRoleWithWebIdentityCommand({
        RoleArn: 'arn:aws:iam::111122223333:role/WebDeveloper',
        RoleSessionName: 'jane.doe@example.com',
        WebIdentityToken: token,
      }),
    );
}

test('a browser sign-in gives an id_token with claims, with which STS gives a role', async () => {
  const said: unknown[] = [];
  const { info, warn } = console;
  console.info = console.warn = (...words: readonly unknown[]) => said.push(words);
  const tags = { principal_tags: { team: ['web'] } };
  try {
    const config = await start({ claims: { 'https://aws.amazon.com/tags': tags } });
    const tokens = await signInWithBrowser(config);
    expect(tokens.claims()).toMatchObject({
      iss: provider.issuer,
      aud: 'sso-cred',
      sub: expect.stringMatching(/^auth0\|/),
      email: 'jane.doe@example.com',
      preferred_username: 'jane.doe',
      nonce: expect.any(String),
      'https://aws.amazon.com/tags': tags,
    });
    expect(tokens).toMatchObject({ expires_in: 3600, refresh_token: expect.any(String) });
    const assumeRole = await startSts();
    await expect(assumeRole(tokens.id_token ?? '')).resolves.toMatchObject({
      SubjectFromWebIdentityToken: tokens.claims()?.sub,
      Audience: 'sso-cred',
      Provider: `arn:aws:iam::111122223333:oidc-provider/${new URL(provider.issuer).host}`,
      Credentials: { AccessKeyId: expect.stringMatching(/^ASIA/) },
    });
  } finally {
    Object.assign(console, { info, warn });
  }
  expect(provider.calls().map(({ operation, status }) => [operation, status])).toEqual([
    ['Discovery', 200],
    ['Authorize', 303],
    ['AuthorizeDecision', 303],
    ['AuthorizeDecision', 303],
    ['Token', 200],
  ]);
  expect(provider.calls('Token')[0]?.input).toMatchObject({ grant_type: 'authorization_code' });
  expect(provider.violations()).toEqual([]);
  expect(said).toEqual([]);
});

test('what the person denies comes back as access_denied, in both flows', async () => {
  const config = await start();
  await expect(signInWithBrowser(config, { decision: 'deny' })).rejects.toMatchObject({
    error: 'access_denied',
  });
  await expect(signInWithDevice(config, 'deny')).rejects.toMatchObject({ error: 'access_denied' });
  expect(provider.violations()).toEqual([]);
});

test('a device has to wait for the person, and to keep its pace', async () => {
  const config = await start({ deviceIntervalS: 60 });
  const { token_endpoint: tokens, device_authorization_endpoint: devices } =
    config.serverMetadata();
  const { reply: device } = await post(devices, { scope });
  expect(device).toMatchObject({ interval: 60, expires_in: 600 });
  const poll = () =>
    post(tokens, {
      grant_type: 'urn:ietf:params:oauth:grant-type:device_code',
      device_code: device['device_code'] ?? '',
    });
  expect(await poll()).toMatchObject({ status: 400, reply: { error: 'authorization_pending' } });
  expect(await poll()).toMatchObject({ status: 400, reply: { error: 'slow_down' } });
  const page = device['verification_uri_complete'] ?? '';
  await provider.visit(page);
  await expect(provider.visit(page)).rejects.toThrow('already been used');
});

test('each refresh token is good once; a second use ends its family, and no other', async () => {
  const config = await start();
  const other = await signInWithDevice(config);
  const first = await signInWithDevice(config);
  const second = await client.refreshTokenGrant(config, first.refresh_token ?? '', { scope });
  expect(second.refresh_token).not.toBe(first.refresh_token);
  expect(second.claims()?.sub).toBe(first.claims()?.sub);
  expect(provider.refreshReuseCount()).toBe(0);
  const refused = { status: 400, reply: { error: 'invalid_grant' } };
  expect(await refresh(config, first.refresh_token)).toMatchObject(refused);
  expect(provider.refreshReuseCount()).toBe(1);
  expect(await refresh(config, second.refresh_token)).toMatchObject(refused);
  expect(provider.refreshReuseCount()).toBe(1);
  const both = [other, other].map(({ refresh_token }) => refresh(config, refresh_token));
  const statuses = (await Promise.all(both)).map(({ status }) => status);
  expect(statuses.sort()).toEqual([200, 400]);
  expect(provider.refreshReuseCount()).toBe(2);
});

test('within the leeway the token spent last may be used again, the one before not', async () => {
  const config = await start({ reuseLeewayS: 30 });
  const first = await signInWithDevice(config);
  provider.fault('Token', { dropConnection: true, commit: true });
  await expect(refresh(config, first.refresh_token)).rejects.toThrow('fetch failed');
  expect(provider.calls('Token').at(-1)?.status).toBe(0);
  const { reply: again } = await refresh(config, first.refresh_token);
  const { reply: third } = await refresh(config, again['refresh_token']);
  expect(provider.refreshReuseCount()).toBe(0);
  expect(await refresh(config, first.refresh_token)).toMatchObject({ status: 400 });
  expect(await refresh(config, third['refresh_token'])).toMatchObject({ status: 400 });
  expect(provider.refreshReuseCount()).toBe(1);
});

test('a session ends by revocation, or because somebody ends it', async () => {
  const config = await start();
  const [revoked, ended, left] = [
    await signInWithDevice(config),
    await signInWithDevice(config),
    await signInWithDevice(config),
  ];
  await client.tokenRevocation(config, revoked.refresh_token ?? '');
  provider.endSession(ended.refresh_token);
  const statusOf = async ({ refresh_token }: typeof left) =>
    (await refresh(config, refresh_token)).reply['error'];
  expect(await statusOf(revoked)).toBe('invalid_grant');
  expect(await statusOf(ended)).toBe('invalid_grant');
  const { reply } = await refresh(config, left.refresh_token);
  provider.endSession();
  expect(await refresh(config, reply['refresh_token'])).toMatchObject({ status: 400 });
});

const now = () => Math.floor(Date.now() / 1000);

test.each<[string, () => Tampering, string | undefined, string]>([
  ['forged', () => ({ signature: 'forged' }), undefined, 'InvalidIdentityTokenException'],
  [
    'unsigned',
    () => ({ signature: 'none' }),
    'OAUTH_INVALID_RESPONSE',
    'InvalidIdentityTokenException',
  ],
  [
    'for another client',
    () => ({ claims: { aud: 'x' } }),
    'OAUTH_JWT_CLAIM_COMPARISON_FAILED',
    'InvalidIdentityTokenException',
  ],
  [
    'of another issuer',
    () => ({ claims: { iss: 'https://x.example' } }),
    'OAUTH_JWT_CLAIM_COMPARISON_FAILED',
    'InvalidIdentityTokenException',
  ],
  [
    'expired',
    () => ({ claims: { exp: now() - 900 } }),
    'OAUTH_JWT_TIMESTAMP_CHECK_FAILED',
    'ExpiredTokenException',
  ],
  [
    'of the future',
    () => ({ claims: { iat: now() + 900 } }),
    undefined,
    'InvalidIdentityTokenException',
  ],
  [
    'without a subject',
    () => ({ claims: { sub: undefined } }),
    'OAUTH_INVALID_RESPONSE',
    'InvalidIdentityTokenException',
  ],
])(
  'an id_token that is %s is refused where it can be seen',
  async (_name, tampering, code, name) => {
    const config = await start({ refreshTokenRotation: false });
    const { refresh_token: refreshToken = '' } = await signInWithDevice(config);
    provider.tamper({ times: 2, ...tampering() });
    const checked = client.refreshTokenGrant(config, refreshToken);
    if (code === undefined) await checked;
    else await expect(checked).rejects.toMatchObject({ code });
    const { reply } = await refresh(config, refreshToken);
    const assumeRole = await startSts();
    await expect(assumeRole(reply['id_token'] ?? '')).rejects.toMatchObject({ name });
    const { reply: good } = await refresh(config, refreshToken);
    await expect(assumeRole(good['id_token'] ?? '')).resolves.toHaveProperty('Credentials');
  },
);

test('an id_token with another nonce is refused', async () => {
  const config = await start();
  provider.tamper({ claims: { nonce: 'another' } });
  await expect(signInWithBrowser(config)).rejects.toMatchObject({
    code: 'OAUTH_JWT_CLAIM_COMPARISON_FAILED',
  });
});

test('Auth0: a slash, its own paths and statuses, and redirects to the letter', async () => {
  const config = await start({
    issuerWithSlash: true,
    auth0Routes: true,
    auth0PollStatus: true,
    exactRedirectUris: ['http://127.0.0.1:8400/callback', 'http://127.0.0.1:8401/callback'],
  });
  const { issuer, token_endpoint, device_authorization_endpoint } = config.serverMetadata();
  expect([issuer, token_endpoint, device_authorization_endpoint]).toEqual(
    ['/', '/oauth/token', '/oauth/device/code'].map((path) => `${provider.url}${path}`),
  );
  expect(provider.sessionKeys).toMatchObject({ issuer, redirect_ports: '8400 8401' });
  await expect(signInWithBrowser(config)).rejects.toThrow('Callback URL mismatch');

  const { reply: device } = await post(device_authorization_endpoint, { scope });
  expect(device['verification_uri']).toBe(`${provider.url}/activate`);
  const poll = () =>
    post(token_endpoint, {
      grant_type: 'urn:ietf:params:oauth:grant-type:device_code',
      device_code: device['device_code'] ?? '',
    });
  expect(await poll()).toMatchObject({ status: 403, reply: { error: 'authorization_pending' } });
  expect(await poll()).toMatchObject({ status: 429, reply: { error: 'slow_down' } });
  expect(await refresh(config, 'none')).toMatchObject({
    status: 403,
    reply: { error: 'invalid_grant' },
  });

  const { id_token: idToken = '' } = await signInWithDevice(config);
  const assumeRole = await startSts();
  await expect(assumeRole(idToken)).resolves.toMatchObject({
    Provider: expect.stringMatching(/:oidc-provider\/127\.0\.0\.1:\d+\/$/),
  });
});

test('a grant that is not ticked is refused as unauthorized_client', async () => {
  const config = await start({ grantTypes: ['authorization_code'] });
  const { device_authorization_endpoint: devices } = config.serverMetadata();
  const refused = { status: 400, reply: { error: 'unauthorized_client' } };
  expect(await post(devices, { scope })).toMatchObject(refused);
  expect(provider.violations()).toEqual([]);
  const tokens = await signInWithBrowser(config);
  expect(tokens.refresh_token).toBeUndefined();
});

test('Google: a secret of the native app, and verification_url', async () => {
  const config = await start({ clientSecretRequired: true, googleVerificationUrl: true });
  await expect(signInWithBrowser(config)).resolves.toHaveProperty('id_token');
  await expect(client.initiateDeviceAuthorization(config, { scope })).rejects.toMatchObject({
    code: 'OAUTH_INVALID_RESPONSE',
  });
  const page = await provider.visit(`${provider.url}/device`);
  expect(page).toContain('Request approved');
  expect(await refresh(config, 'x')).toMatchObject({ reply: { error: 'invalid_client' } });
});

test('Entra: only localhost, and an id_token only for the scope asked again', async () => {
  const config = await start({ localhostOnly: true, idTokenOnRefreshNeedsScope: true });
  await expect(signInWithBrowser(config)).rejects.toThrow('Callback URL mismatch');
  const { refresh_token: first } = await signInWithBrowser(config, { host: 'localhost' });
  const { reply: without } = await refresh(config, first);
  expect(without).not.toHaveProperty('id_token');
  const { reply: withScope } = await refresh(config, without['refresh_token'], { scope });
  expect(withScope).toHaveProperty('id_token');
});

test('Keycloak and Cognito: a path in the issuer, no device flow, no new refresh token', async () => {
  const config = await start({
    issuerPath: '/realms/acme',
    noDeviceFlow: true,
    noIdTokenOnRefresh: true,
    noRefreshTokenOnRefresh: true,
    revocation: false,
  });
  expect(provider.issuer).toBe(`${provider.url}/realms/acme`);
  expect(config.serverMetadata()).not.toHaveProperty('device_authorization_endpoint');
  expect(config.serverMetadata()).not.toHaveProperty('revocation_endpoint');
  const { refresh_token: refreshToken } = await signInWithBrowser(config);
  for (const _time of [1, 2]) {
    const { status, reply } = await refresh(config, refreshToken, { scope });
    expect([status, Object.keys(reply).sort()]).toEqual([
      200,
      ['access_token', 'expires_in', 'scope', 'token_type'],
    ]);
  }
  expect(provider.refreshReuseCount()).toBe(0);
});

test('STS cannot check HS256, and takes an access token for an API that IAM knows', async () => {
  const config = await start({ signingAlgorithm: 'HS256', audiences: ['https://api.example.com'] });
  const parameters = { audience: 'https://api.example.com' };
  const { reply: device } = await post(config.serverMetadata().device_authorization_endpoint, {
    scope,
    ...parameters,
  });
  await provider.visit(device['verification_uri_complete'] ?? '');
  const { reply: tokens } = await post(config.serverMetadata().token_endpoint, {
    grant_type: 'urn:ietf:params:oauth:grant-type:device_code',
    device_code: device['device_code'] ?? '',
  });
  const assumeRole = await startSts();
  await expect(assumeRole(tokens['id_token'] ?? '')).rejects.toMatchObject({
    name: 'InvalidIdentityTokenException',
    message: expect.stringContaining('HS256'),
  });
  await expect(assumeRole(tokens['access_token'] ?? '')).resolves.toMatchObject({
    Audience: parameters.audience,
  });
});

test('faults replace a reply, change it, hold it, or send it slowly', async () => {
  const config = await start();
  const { refresh_token: first } = await signInWithDevice(config);
  provider.fault('Token', { status: 503, headers: { 'retry-after': '1' } });
  expect(await refresh(config, first)).toMatchObject({
    status: 503,
    reply: { error: 'temporarily_unavailable' },
  });
  provider.fault('Token', {
    when: ({ input }) => input['grant_type'] === 'refresh_token',
    transform: (reply) => ({ ...reply, expires_in: undefined }),
    hold: provider.barrier('committed'),
    slowDripMs: 0,
  });
  const held = refresh(config, first);
  await provider.barrier('committed').arrivals(1);
  expect(provider.calls('Token').at(-1)?.status).toBeUndefined();
  provider.release('committed');
  const { reply } = await held;
  expect(Object.keys(reply)).not.toContain('expires_in');
  expect(await refresh(config, reply['refresh_token'])).toMatchObject({ status: 200 });
  provider.fault('Discovery', { status: 502, body: '<h1>Bad gateway</h1>' });
  await expect(
    client.discovery(new URL(provider.issuer), 'x', undefined, client.None(), {
      execute: [client.allowInsecureRequests],
    }),
  ).rejects.toMatchObject({ code: 'OAUTH_RESPONSE_IS_NOT_CONFORM' });
});

test.each([
  ['GET', '/nothing', {}, 'GET /nothing: no such operation'],
  [
    'GET',
    '/auth',
    { client_id: 'sso-cred', state: 's', code_challenge: 'c' },
    'Authorize: missing parameter nonce',
  ],
  ['POST', '/token', { client_id: 'sso-cred' }, "Token: missing required parameter 'grant_type'"],
])('%s %s with %j is a violation', async (method, path, fields, violation) => {
  await start();
  const parameters = new URLSearchParams(fields);
  await (method === 'GET'
    ? fetch(`${provider.url}${path}?${parameters}`)
    : fetch(`${provider.url}${path}`, { method, body: parameters }));
  expect(provider.violations()).toContain(violation);
});
