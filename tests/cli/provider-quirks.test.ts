import { createServer, type Server } from 'node:net';
import { afterEach, describe, expect, test } from '@jest/globals';
import type { IdentityProviderOptions } from '../stand-in/identity-provider-options.ts';
import { builds } from '../support/builds.ts';
import { expectCredentials, expectFailure } from '../support/outcome.ts';
import { logIn, signInPage, type WebSandbox, webSandboxes } from '../support/web-sandbox.ts';

const minutes = 60_000;
const listening: Server[] = [];

afterEach(async () => {
  for (const server of listening.splice(0)) {
    await new Promise((resolve) => server.close(resolve));
  }
});

/** Takes any free port of 127.0.0.1, until the end of the test. */
async function takePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  listening.push(server);
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('no port');
  return address.port;
}

/** A port that was free just now. */
async function freePort(): Promise<number> {
  const port = await takePort();
  const server = listening.pop();
  await new Promise((resolve) => server?.close(resolve));
  return port;
}

const callbackAt = (port: number) => `http://127.0.0.1:${port}/oauth/callback`;

interface Provider {
  readonly name: string;
  readonly options: Partial<IdentityProviderOptions>;
  /** Whether it wants the callback URL registered with its port. */
  readonly isExact?: boolean;
  /** What the discovery document adds to the address of the provider. */
  readonly issuerPath: string;
  /** Whether its device flow is one of its own. */
  readonly hasOwnDeviceFlow?: boolean;
}

const providers: readonly Provider[] = [
  {
    name: 'Auth0',
    options: { auth0Routes: true, auth0PollStatus: true, issuerWithSlash: true },
    isExact: true,
    issuerPath: '/',
    hasOwnDeviceFlow: true,
  },
  {
    name: 'Okta',
    options: { issuerPath: '/oauth2/default' },
    isExact: true,
    issuerPath: '/oauth2/default',
  },
  {
    name: 'Entra ID',
    options: {
      issuerPath: '/5f7c8ec7/v2.0',
      localhostOnly: true,
      idTokenOnRefreshNeedsScope: true,
    },
    issuerPath: '/5f7c8ec7/v2.0',
  },
  {
    name: 'Google',
    options: {
      clientSecretRequired: true,
      googleVerificationUrl: true,
      noRefreshTokenOnRefresh: true,
    },
    issuerPath: '',
    hasOwnDeviceFlow: true,
  },
  { name: 'Keycloak', options: { issuerPath: '/realms/acme' }, issuerPath: '/realms/acme' },
  {
    name: 'Cognito',
    options: {
      issuerPath: '/eu-west-1_Acme',
      noDeviceFlow: true,
      noRefreshTokenOnRefresh: true,
    },
    issuerPath: '/eu-west-1_Acme',
  },
];

/** Signs in, gets a role, lets the tokens expire, and gets another with refreshed ones. */
async function live(sandbox: WebSandbox, flow: 'browser' | 'device'): Promise<void> {
  const { finished } = await logIn(sandbox, flow, { args: ['--force'] });
  expect(finished).toMatchObject({ exitStatus: 0, stdout: '' });
  expectCredentials(await sandbox.run());
  await sandbox.ageTokens(120 * minutes);
  sandbox.newCalls();
  expectCredentials(await sandbox.run(['--profile', 'web', '--refresh']));
  expect(sandbox.newCalls()).toEqual({ Token: 1, AssumeRoleWithWebIdentity: 1 });
}

describe.each(builds())('$name', (build) => {
  const open = webSandboxes(build);

  test.each(providers)('$name: a sign-in, a role, a refresh', async (provider) => {
    const { options, isExact = false, issuerPath, hasOwnDeviceFlow = false } = provider;
    const exactRedirectUris = isExact ? [callbackAt(await freePort())] : [];
    const sandbox = await open({ provider: { ...options, exactRedirectUris } });
    expect(sandbox.provider.issuer).toBe(`${sandbox.provider.url}${issuerPath}`);
    await live(sandbox, 'browser');
    if (hasOwnDeviceFlow) await live(sandbox, 'device');
    expect(sandbox.provider.refreshReuseCount()).toBe(0);
  });

  test('callback URLs that are matched with their port: the first of redirect_ports that is free', async () => {
    const [taken, other, free] = [await takePort(), await takePort(), await freePort()];
    const exactRedirectUris = [taken, other, free].map(callbackAt);
    const sandbox = await open({ provider: { exactRedirectUris } });
    const { finished } = await logIn(sandbox, 'browser');
    expect(finished.exitStatus).toBe(0);
    expect(sandbox.provider.calls('Authorize')[0]?.input).toMatchObject({
      redirect_uri: callbackAt(free),
    });
  });

  test('redirect_ports that are all taken are status 5, before a browser opens', async () => {
    const [one, two] = [await takePort(), await takePort()];
    const sandbox = await open({ session: { redirect_ports: `${one}, ${two}` } });
    const finished = await sandbox.run(['login', '--session', 'acme', '--browser', '--no-open']);
    expectFailure(
      finished,
      5,
      new RegExp(`^The sign-in needs a free port on 127\\.0\\.0\\.1 .*: ${one}, ${two} in use`),
    );
    expect(sandbox.newCalls()).not.toHaveProperty('Token');
  });

  test('a callback URL that is not registered is refused by the provider, on its page', async () => {
    const exactRedirectUris = [callbackAt(await freePort())];
    const sandbox = await open({
      provider: { exactRedirectUris },
      session: { redirect_ports: undefined },
    });
    const login = ['login', '--session', 'acme', '--browser', '--no-open', '--timeout', '6'];
    const running = sandbox.start(login);
    const page = await signInPage(running);
    await expect(sandbox.provider.visit(page)).rejects.toThrow('Callback URL mismatch');
    expect(await running.finished).toMatchObject({ exitStatus: 3, stdout: '' });
  });

  test.each([
    { name: 'with a slash that the provider lacks', issuerWithSlash: false, add: '/' },
    { name: 'without the slash that the provider has', issuerWithSlash: true, add: '' },
  ])('an issuer without a path may be written $name', async ({ issuerWithSlash, add }) => {
    const port = await freePort();
    const sandbox = await open({
      provider: { port, issuerWithSlash },
      session: { issuer: `http://127.0.0.1:${port}${add}` },
    });
    await logIn(sandbox, 'browser');
    // IAM compares to the letter, and sees what the provider writes.
    expectCredentials(await sandbox.run());
  });

  test('an issuer with a path must be written as the provider has it', async () => {
    const port = await freePort();
    const issuerPath = '/oauth2/default';
    const issuer = `http://127.0.0.1:${port}${issuerPath}/`;
    const sandbox = await open({ provider: { port, issuerPath }, session: { issuer } });
    expectFailure(
      await sandbox.run(['login', '--session', 'acme', '--browser']),
      5,
      /names another issuer: write the issuer as its discovery document has it/,
    );
  });

  test('an audience is sent only where there is one, and other keys to the sign-in page alone', async () => {
    const audience = 'https://api.example.com';
    const extra = {
      organization: 'org_1',
      connection: 'corp',
      login_hint: 'jane@example.com',
      prompt: 'login',
    };
    const provider = { audiences: [audience] };
    const sandbox = await open({ provider, session: { audience, ...extra } });
    await logIn(sandbox, 'browser');
    await logIn(sandbox, 'device', { args: ['--force'] });
    const inputs = (of: WebSandbox) =>
      (['Authorize', 'DeviceAuthorization', 'Token'] as const).map(
        (operation) => of.provider.calls(operation)[0]?.input,
      );
    const [page, device, exchange] = inputs(sandbox);
    expect(page).toMatchObject({ audience, ...extra });
    expect(device).toEqual({
      client_id: 'sso-cred',
      scope: 'openid profile email offline_access',
      audience,
    });
    for (const name of ['audience', ...Object.keys(extra)]) {
      expect(exchange).not.toHaveProperty(name);
    }

    const plain = await open({ provider });
    await logIn(plain, 'browser');
    await logIn(plain, 'device', { args: ['--force'] });
    for (const input of inputs(plain)) {
      for (const name of ['audience', 'client_secret', ...Object.keys(extra)]) {
        expect(input).not.toHaveProperty(name);
      }
    }
  });

  test('a client secret goes with each request for a token, and is shown nowhere', async () => {
    const sandbox = await open({ provider: { clientSecretRequired: true } });
    await logIn(sandbox, 'browser');
    await sandbox.ageTokens(120 * minutes);
    const explained = await sandbox.run(['--profile', 'web', '--explain']);
    expect(explained.exitStatus).toBe(0);
    expect(explained.stderr).toMatch(/client_secret = \(hidden\)/);
    expect(explained.stderr).not.toContain(sandbox.provider.clientSecret);
    await sandbox.run(['logout', '--session', 'acme']);
    for (const operation of ['Token', 'Revocation'] as const) {
      for (const { input } of sandbox.provider.calls(operation)) {
        expect(input).toMatchObject({ client_secret: sandbox.provider.clientSecret });
      }
    }
  });

  test('a client secret that is missing is said to be refused', async () => {
    const sandbox = await open({
      provider: { clientSecretRequired: true },
      session: { client_secret: undefined },
    });
    const { finished } = await logIn(sandbox, 'browser');
    expect(finished).toMatchObject({ exitStatus: 5, stdout: '' });
    expect(finished.stderr).toMatch(/^http:\S+ refuses \(invalid_client\b/m);
  });

  test('a provider without device flow says so, and that the browser works', async () => {
    const sandbox = await open({
      provider: { noDeviceFlow: true },
      session: { flow: 'device' },
      browser: 'allow',
    });
    const message =
      /^http:\S+ has no device flow\b.* Run: sso-cred login --session acme --browser$/;
    expectFailure(await sandbox.run(['--profile', 'web', '--sign-in', 'device']), 5, message);
    expectFailure(await sandbox.run(['login', '--session', 'acme']), 5, message);
    expect(sandbox.newCalls()).toEqual({ Discovery: 1 });
    const { finished } = await logIn(sandbox, 'browser');
    expect(finished.exitStatus).toBe(0);
    expectCredentials(await sandbox.run());
  });

  test.each([
    { name: 'is not allowed the Device Code grant', auth0PollStatus: true },
    { name: 'is not allowed it at another provider', auth0PollStatus: false },
  ])('an application that $name is told where to tick it', async ({ auth0PollStatus }) => {
    const sandbox = await open({
      provider: { auth0PollStatus, grantTypes: ['authorization_code', 'refresh_token'] },
    });
    expectFailure(
      await sandbox.run(['login', '--session', 'acme', '--device', '--no-open']),
      5,
      /refuses \(unauthorized_client: .*\); allow the application the grant \(Auth0: Advanced Settings → Grant Types, tick Device Code or Refresh Token\)/,
    );
    expect(sandbox.newCalls()).toMatchObject({ DeviceAuthorization: 1 });
  });

  test('an application without the Refresh Token grant signs in, and it is said what is missing', async () => {
    const sandbox = await open({ provider: { grantTypes: ['authorization_code'] } });
    const { finished } = await logIn(sandbox, 'browser');
    expect(finished).toMatchObject({ exitStatus: 0 });
    expect(finished.stderr).toMatch(
      /the session ends then: the provider gave no refresh token: allow the application the Refresh Token grant\.$/m,
    );
    expectCredentials(await sandbox.run());
    const { stdout } = await sandbox.run(['status', '--session', 'acme']);
    expect(stdout).toMatch(/^ +The provider gave no refresh token: allow /m);
  });

  test('a poll that is too early or not yet answered is asked again, as Auth0 answers it', async () => {
    const sandbox = await open({ provider: { auth0Routes: true, auth0PollStatus: true } });
    const running = sandbox.start(['login', '--session', 'acme', '--device', '--no-open']);
    const page = await signInPage(running);
    const pending = sandbox.provider.barrier('pending');
    pending.release();
    sandbox.provider.fault('Token', { hold: pending });
    await pending.arrivals(1);
    await sandbox.provider.visit(page);
    expect(await running.finished).toMatchObject({ exitStatus: 0 });
    expect(sandbox.provider.calls('Token').map(({ status, error }) => [status, error])).toEqual([
      [403, 'authorization_pending'],
      [200, undefined],
    ]);
  });

  test('a token that Okta no longer gives on a refresh means another sign-in', async () => {
    const sandbox = await open({ provider: { noIdTokenOnRefresh: true } });
    await sandbox.signIn();
    await sandbox.ageTokens(120 * minutes);
    expectFailure(
      await sandbox.run(),
      3,
      /^The session "acme" has ended: http:\S+ gave no new id_token for the refresh token .*\. Run: sso-cred login --session acme$/,
    );
  });
});
