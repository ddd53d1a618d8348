import { createHash } from 'node:crypto';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import {
  GetRoleCredentialsCommand,
  LogoutCommand,
  paginateListAccounts,
  SSOClient,
} from '@aws-sdk/client-sso';
import {
  CreateTokenCommand,
  RegisterClientCommand,
  SSOOIDCClient,
  StartDeviceAuthorizationCommand,
} from '@aws-sdk/client-sso-oidc';
import {
  AssumeRoleWithWebIdentityCommand,
  GetCallerIdentityCommand,
  STSClient,
} from '@aws-sdk/client-sts';
import { afterEach, expect, test } from '@jest/globals';
import type { StandInOptions } from './options.ts';
import { type StandIn, startStandIn } from './stand-in.ts';

process.env['AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED'] = 'true';

const deviceGrant = 'urn:ietf:params:oauth:grant-type:device_code';
const dev = { accountId: '111122223333', roleName: 'Developer' };
let standIn: StandIn;

async function start(options: Partial<StandInOptions> = {}) {
  standIn = await startStandIn(options);
  const common = { region: standIn.region, maxAttempts: 1 };
  const { endpoints } = standIn;
  return {
    sso: new SSOClient({ ...common, endpoint: endpoints.sso }),
    oidc: new SSOOIDCClient({ ...common, endpoint: endpoints.ssoOidc }),
    sts: (credentials?: { accessKeyId: string; secretAccessKey: string; sessionToken: string }) =>
      new STSClient({
        ...common,
        endpoint: endpoints.sts,
        ...(credentials !== undefined && { credentials }),
      }),
  };
}

afterEach(() => standIn.stop());

/** A refresh as the token file of issueToken allows it. */
function refreshWith(token: ReturnType<StandIn['issueToken']>, refreshToken = token.refreshToken) {
  const { clientId, clientSecret } = token;
  return new CreateTokenCommand({
    clientId,
    clientSecret,
    grantType: 'refresh_token',
    refreshToken,
  });
}

async function roleCredentials(sso: SSOClient, accessToken: string) {
  const { roleCredentials: reply } = await sso.send(
    new GetRoleCredentialsCommand({ accessToken, ...dev }),
  );
  const { accessKeyId = '', secretAccessKey = '', sessionToken = '', expiration = 0 } = reply ?? {};
  return { accessKeyId, secretAccessKey, sessionToken, expiration: new Date(expiration) };
}

test('a device sign-in gives tokens, roles, one use of each refresh token, and an end', async () => {
  let clock = Date.UTC(2026, 0, 1);
  const { oidc, sso, sts } = await start({ now: () => clock, deviceIntervalS: 5 });
  const client = await oidc.send(
    new RegisterClientCommand({
      clientName: 'sso-cred-corp',
      clientType: 'public',
      scopes: ['sso:account:access'],
      grantTypes: [deviceGrant, 'refresh_token'],
    }),
  );
  const { clientId, clientSecret } = client;
  expect(client.clientSecretExpiresAt).toBe(clock / 1000 + 90 * 24 * 3600);
  const device = await oidc.send(
    new StartDeviceAuthorizationCommand({ clientId, clientSecret, startUrl: standIn.startUrl }),
  );
  const { deviceCode } = device;
  const poll = () =>
    oidc.send(
      new CreateTokenCommand({ clientId, clientSecret, grantType: deviceGrant, deviceCode }),
    );

  await expect(poll()).rejects.toMatchObject({ name: 'AuthorizationPendingException' });
  await expect(poll()).rejects.toMatchObject({ name: 'SlowDownException', error: 'slow_down' });
  await standIn.visit(device.verificationUriComplete ?? '');
  clock += 10_000;
  const { accessToken = '', refreshToken, expiresIn } = await poll();
  expect(expiresIn).toBe(3600);

  const credentials = await roleCredentials(sso, accessToken);
  expect(credentials.expiration.getTime()).toBe(clock + 3_600_000);
  await expect(sts(credentials).send(new GetCallerIdentityCommand({}))).resolves.toMatchObject({
    Account: dev.accountId,
    Arn: expect.stringMatching(
      /^arn:aws:sts::111122223333:assumed-role\/AWSReservedSSO_Developer_[0-9a-f]{16}\/jane.doe@example.com$/,
    ),
  });

  const refresh = (token: string | undefined) =>
    oidc.send(
      new CreateTokenCommand({
        clientId,
        clientSecret,
        grantType: 'refresh_token',
        refreshToken: token,
      }),
    );
  const second = await refresh(refreshToken);
  await expect(refresh(refreshToken)).rejects.toMatchObject({ name: 'InvalidGrantException' });
  expect(standIn.refreshReuseCount()).toBe(1);
  await expect(refresh(second.refreshToken)).rejects.toMatchObject({
    name: 'InvalidGrantException',
  });
  await expect(roleCredentials(sso, accessToken)).rejects.toMatchObject({
    name: 'UnauthorizedException',
    $metadata: { httpStatusCode: 401 },
  });
  expect(standIn.liveSessions()).toEqual([]);
  expect(standIn.violations()).toEqual([]);
});

test('within the leeway the refresh token spent last may be used again, the one before not', async () => {
  let clock = Date.UTC(2026, 0, 1);
  const { oidc } = await start({ now: () => clock, reuseLeewayS: 30 });
  const token = standIn.issueToken();
  const second = await oidc.send(refreshWith(token));
  clock += 29_000;
  const third = await oidc.send(refreshWith(token));
  expect(third.refreshToken).not.toBe(second.refreshToken);
  await oidc.send(refreshWith(token, third.refreshToken));
  await expect(oidc.send(refreshWith(token))).rejects.toMatchObject({
    name: 'InvalidGrantException',
  });
  expect(standIn.refreshReuseCount()).toBe(1);
});

test('a browser sign-in needs the code verifier, and gives a code that works once', async () => {
  const { oidc } = await start();
  const { clientId, clientSecret } = await oidc.send(
    new RegisterClientCommand({
      clientName: 'sso-cred-corp',
      clientType: 'public',
      scopes: ['sso:account:access'],
      grantTypes: ['authorization_code', 'refresh_token'],
      redirectUris: ['http://127.0.0.1/oauth/callback'],
      issuerUrl: standIn.startUrl,
    }),
  );
  const callbacks: URL[] = [];
  const server = createServer((request, response) => {
    callbacks.push(new URL(request.url ?? '', 'http://127.0.0.1'));
    response.end('You can close this window.');
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const redirectUri = `http://127.0.0.1:${(server.address() as AddressInfo).port}/oauth/callback`;
  const codeVerifier = 'v'.repeat(64);
  const authorize = new URL(`${standIn.endpoints.ssoOidc}/authorize`);
  authorize.search = new URLSearchParams({
    response_type: 'code',
    client_id: clientId ?? '',
    redirect_uri: redirectUri,
    state: 'the-state',
    code_challenge: createHash('sha256').update(codeVerifier).digest('base64url'),
    code_challenge_method: 'S256',
    scopes: 'sso:account:access',
  }).toString();
  const redeem = (verifier: string) =>
    oidc.send(
      new CreateTokenCommand({
        clientId,
        clientSecret,
        grantType: 'authorization_code',
        code: callbacks.at(-1)?.searchParams.get('code') ?? '',
        redirectUri,
        codeVerifier: verifier,
      }),
    );

  try {
    await standIn.visit(authorize.href, 'deny');
    await expect(standIn.visit(authorize.href)).resolves.toContain('close this window');
    expect(callbacks.map(({ searchParams }) => searchParams.get('error'))).toEqual([
      'access_denied',
      null,
    ]);
    expect(callbacks[1]?.searchParams.get('state')).toBe('the-state');
    await expect(redeem(codeVerifier)).resolves.toMatchObject({ tokenType: 'Bearer' });
    await expect(redeem(codeVerifier)).rejects.toMatchObject({ name: 'InvalidGrantException' });
    expect(standIn.violations()).toEqual([]);
    await standIn.visit(authorize.href);
    await expect(redeem('w'.repeat(64))).rejects.toMatchObject({ name: 'InvalidGrantException' });
    expect(standIn.violations()).toEqual([
      'CreateToken: codeVerifier does not fit the code_challenge',
    ]);
  } finally {
    server.closeAllConnections();
    server.close();
  }
});

test('listings come in pages, and the session ends by logout', async () => {
  const { sso } = await start({ pageSize: 2 });
  const { accessToken } = standIn.issueToken();
  const pages: (string | undefined)[][] = [];
  for await (const page of paginateListAccounts({ client: sso }, { accessToken }))
    pages.push((page.accountList ?? []).map(({ accountId }) => accountId));
  expect(pages).toEqual([['111122223333', '444455556666'], ['777788889999']]);
  await sso.send(new LogoutCommand({ accessToken }));
  await expect(roleCredentials(sso, accessToken)).rejects.toMatchObject({
    name: 'UnauthorizedException',
  });
});

test('STS knows its own credentials by key, token and signature', async () => {
  const { sso, sts } = await start();
  const good = await roleCredentials(sso, standIn.issueToken().accessToken);
  const names = [
    { ...good, accessKeyId: 'ASIAQQQQQQQQQQQQQQQQ' },
    { ...good, sessionToken: 'another' },
    { ...good, secretAccessKey: 'another' },
  ].map((credentials) =>
    sts(credentials)
      .send(new GetCallerIdentityCommand({}))
      .catch((error: Error) => error.name),
  );
  expect(await Promise.all(names)).toEqual([
    'InvalidClientTokenId',
    'InvalidClientTokenId',
    'SignatureDoesNotMatch',
  ]);
});

test('a web identity token is as good as its verifier says', async () => {
  const claims = { iss: 'https://acme.eu.auth0.com/', sub: 'auth0|42', aud: 'abc123' };
  const { sts } = await start({
    verifyWebIdentity: async (token) => {
      if (token !== 'good') throw new Error('bad signature');
      return claims;
    },
  });
  const assume = (token: string, seconds: number) =>
    sts().send(
      new AssumeRoleWithWebIdentityCommand({
        RoleArn: 'arn:aws:iam::444455556666:role/WebReadOnly',
        RoleSessionName: 'jane.doe@example.com',
        WebIdentityToken: token,
        DurationSeconds: seconds,
        PolicyArns: [{ arn: 'arn:aws:iam::aws:policy/ReadOnlyAccess' }],
      }),
    );
  await expect(assume('good', 3600)).resolves.toMatchObject({
    SubjectFromWebIdentityToken: 'auth0|42',
    Audience: 'abc123',
    AssumedRoleUser: {
      Arn: 'arn:aws:sts::444455556666:assumed-role/WebReadOnly/jane.doe@example.com',
    },
  });
  await expect(assume('evil', 3600)).rejects.toMatchObject({
    name: 'InvalidIdentityTokenException',
  });
  await expect(assume('good', 7200)).rejects.toMatchObject({
    name: 'ValidationError',
    message: expect.stringContaining('MaxSessionDuration'),
  });
  expect(standIn.violations()).toEqual([]);
});

test('the federation endpoint turns credentials into a console sign-in', async () => {
  const { sso } = await start();
  const { accessKeyId, secretAccessKey, sessionToken } = await roleCredentials(
    sso,
    standIn.issueToken().accessToken,
  );
  const federation = (parameters: Readonly<Record<string, string>>) =>
    fetch(`${standIn.endpoints.signin}/federation?${new URLSearchParams(parameters)}`);
  const session = { sessionId: accessKeyId, sessionKey: secretAccessKey, sessionToken };
  const reply = await federation({
    Action: 'getSigninToken',
    SessionDuration: '28800',
    Session: JSON.stringify(session),
  });
  const { SigninToken } = (await reply.json()) as { SigninToken: string };
  const Destination = 'https://console.aws.amazon.com/';
  const login = await federation({ Action: 'login', Destination, SigninToken });
  expect(await login.text()).toContain('AWSReservedSSO_Developer_');
  const refused = await federation({
    Action: 'getSigninToken',
    Session: JSON.stringify({ ...session, sessionKey: 'another' }),
  });
  expect([refused.status, await refused.text()]).toEqual([400, 'Invalid credentials parameter']);
});

test('faults replace a reply, change it, or lose it after the operation was performed', async () => {
  const { oidc, sso } = await start();
  const token = standIn.issueToken();
  standIn.fault('GetRoleCredentials', { status: 429, headers: { 'retry-after': '1' } });
  await expect(roleCredentials(sso, token.accessToken)).rejects.toMatchObject({
    name: 'TooManyRequestsException',
    $response: { headers: { 'retry-after': '1' } },
  });
  standIn.fault('GetRoleCredentials', { transform: () => ({}) });
  await expect(roleCredentials(sso, token.accessToken)).resolves.toMatchObject({ accessKeyId: '' });
  standIn.fault('CreateToken', { dropConnection: true, commit: true });
  await expect(oidc.send(refreshWith(token))).rejects.toThrow('socket hang up');
  await expect(oidc.send(refreshWith(token))).rejects.toMatchObject({
    name: 'InvalidGrantException',
  });
  expect(standIn.calls().map(({ operation, status }) => [operation, status])).toEqual([
    ['GetRoleCredentials', 429],
    ['GetRoleCredentials', 200],
    ['CreateToken', 0],
    ['CreateToken', 400],
  ]);
});

test('a barrier, here by the control interface, holds the reply of a refresh that happened', async () => {
  const { oidc } = await start();
  const control = async (name: string, input: object = {}) => {
    const body = JSON.stringify(input);
    const reply = await fetch(`${standIn.url}/_control/${name}`, { method: 'POST', body });
    return await reply.json();
  };
  const token = (await control('issue-token')) as ReturnType<StandIn['issueToken']>;
  await control('fault', { operation: 'CreateToken', fault: { hold: 'committed' } });
  let answered = false;
  const held = oidc.send(refreshWith(token)).finally(() => {
    answered = true;
  });
  await expect(control('arrivals', { name: 'committed', count: 1 })).resolves.toBe(1);
  expect(answered).toBe(false);
  await control('release', { name: 'committed' });
  const { refreshToken } = await held;
  await expect(oidc.send(refreshWith(token, refreshToken))).resolves.toMatchObject({
    tokenType: 'Bearer',
  });
  await expect(control('calls', { operation: 'CreateToken' })).resolves.toHaveLength(2);
  await expect(control('fault', { operation: 'createToken' })).resolves.toMatchObject({
    message: expect.stringContaining('no operation createToken'),
  });
});

test.each([
  ['GET', '/oidc/token', undefined, 'GET /oidc/token: no such operation'],
  [
    'POST',
    '/oidc/token',
    'grantType=refresh_token',
    'CreateToken: content-type is text/plain, not application/json',
  ],
  [
    'POST',
    '/oidc/client/register',
    { clientName: 'x' },
    'RegisterClient: missing parameter clientType',
  ],
  [
    'POST',
    '/oidc/client/register',
    { clientName: 1 },
    'RegisterClient: clientName must be a string',
  ],
  ['POST', '/oidc/token', { client_id: 'x' }, 'CreateToken: unknown parameter client_id'],
  [
    'GET',
    '/portal/federation/credentials?account_id=1',
    undefined,
    'GetRoleCredentials: missing parameter accessToken',
  ],
  ['GET', '/oidc/authorize?client_id=x', undefined, 'Authorize: missing parameter response_type'],
])('%s %s with %j is a violation', async (method, path, body, violation) => {
  await start();
  const isJson = typeof body === 'object';
  const reply = await fetch(standIn.url + path, {
    method,
    ...(isJson && { headers: { 'content-type': 'application/json' } }),
    ...(body !== undefined && { body: isJson ? JSON.stringify(body) : body }),
  });
  expect(reply.ok).toBe(false);
  expect(reply.headers.get('x-amzn-requestid')).toMatch(/^[0-9a-f-]{36}$/);
  expect(standIn.violations()).toEqual([expect.stringContaining(violation)]);
});
