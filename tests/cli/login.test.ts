import {
  appendFileSync,
  existsSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmdirSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { createServer } from 'node:net';
import { dirname, join } from 'node:path';
import { describe, expect, test } from '@jest/globals';
import type { Fault } from '../stand-in/faults.ts';
import type { OperationName } from '../stand-in/wire.ts';
import { ageRoles, ageToken } from '../support/age-records.ts';
import { builds } from '../support/builds.ts';
import { type CliSandbox, cliSandboxes } from '../support/cli-sandbox.ts';
import { testWithMounts, withDisk } from '../support/mount.ts';
import { expectCredentials, expectFailure } from '../support/outcome.ts';
import {
  addSession,
  expectLoginFailure,
  expectSignedIn,
  expireRegistrations,
  readTokenFile,
  registrations,
  signIn,
  toldUrl,
  toldUserCode,
} from '../support/sign-in.ts';

const hours = 3_600_000;
const corp = ['--session', 'corp'];
/** The interval of real polls is tested in login-waits.test.ts. */
const aws = { deviceIntervalS: 0.2 };
const signedOut = { aws, token: false } as const;
const byItself = { ...signedOut, browser: 'allow' } as const;

const loginByBrowser = ['login', '--session', 'corp', '--browser'];
const loginByDevice = ['login', '--session', 'corp', '--device'];

const flows = [
  {
    flow: 'browser',
    args: loginByBrowser,
    pages: { Authorize: 1, AuthorizeDecision: 1 },
    grantTypes: ['authorization_code', 'refresh_token'],
  },
  {
    flow: 'device',
    args: loginByDevice,
    pages: { StartDeviceAuthorization: 1, DevicePage: 1, DeviceDecision: 1 },
    grantTypes: ['urn:ietf:params:oauth:grant-type:device_code', 'refresh_token'],
  },
] as const;

/** The calls of AWS since this was asked last, without the polls of a device code. */
function callsButPolls(sandbox: CliSandbox): Readonly<Record<string, number>> {
  const { CreateToken, ...others } = sandbox.newCalls();
  return CreateToken === undefined ? others : { ...others, CreateToken: 1 };
}

describe.each(builds())('$name', (build) => {
  const open = cliSandboxes(build);

  test.each(flows)(
    'a session begins by $flow, is refreshed, revoked, begins anew and ends',
    async ({ args, pages, grantTypes }) => {
      const sandbox = await open(byItself);
      rmSync(join(sandbox.home, '.aws', 'sso'), { recursive: true });

      const first = await sandbox.run(args);
      expectSignedIn(first);
      expect(callsButPolls(sandbox)).toEqual({ RegisterClient: 1, ...pages, CreateToken: 1 });
      const { standIn, tokenFile } = sandbox;
      const [registered] = standIn.calls('RegisterClient');
      expect(registered?.input).toMatchObject({
        clientName: 'sso-cred-corp',
        clientType: 'public',
        grantTypes,
        scopes: ['sso:account:access'],
      });
      for (const { headers } of standIn.calls('CreateToken')) {
        expect(headers['user-agent']).toMatch(/^sso-cred\/\d/);
      }

      const token = readTokenFile(tokenFile);
      expect(Object.keys(token)).toEqual([
        'startUrl',
        'region',
        'accessToken',
        'expiresAt',
        'clientId',
        'clientSecret',
        'registrationExpiresAt',
        'refreshToken',
      ]);
      const timestamp = expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/);
      expect(token).toMatchObject({
        startUrl: standIn.startUrl,
        region: standIn.region,
        expiresAt: timestamp,
        registrationExpiresAt: timestamp,
      });
      expect(statSync(tokenFile).mode & 0o777).toBe(0o600);
      for (const folder of [dirname(tokenFile), dirname(dirname(tokenFile))]) {
        expect(statSync(folder).mode & 0o777).toBe(0o700);
      }

      const again = await sandbox.run(args);
      expect(again).toMatchObject({ exitStatus: 0, stdout: '' });
      expect(again.stderr).toMatch(/^Already signed in to the session "corp"\. [^\n]*\n$/);
      expect(sandbox.newCalls()).toEqual({ ListAccounts: 1 });

      const cold = await sandbox.run();
      expectCredentials(cold);
      expect(await sandbox.run()).toEqual(cold);
      expect(sandbox.newCalls()).toEqual({ GetRoleCredentials: 1 });

      ageRoles(sandbox, 2 * hours);
      ageToken(sandbox, 2 * hours);
      expectCredentials(await sandbox.run());
      expect(sandbox.newCalls()).toEqual({ CreateToken: 1, GetRoleCredentials: 1 });
      const { clientId } = token;
      expect(standIn.calls('CreateToken').at(-1)?.input).toMatchObject({
        grantType: 'refresh_token',
        clientId,
      });

      standIn.endSession();
      ageRoles(sandbox, 2 * hours);
      ageToken(sandbox, 2 * hours);
      expectFailure(await sandbox.run(), 3, /^The session "corp" has ended: /);
      sandbox.newCalls();

      expectSignedIn(await sandbox.run(args));
      expect(callsButPolls(sandbox)).toEqual({ ...pages, CreateToken: 1 });
      expectCredentials(await sandbox.run());
      expect(sandbox.newCalls()).toEqual({ GetRoleCredentials: 1 });

      const { exitStatus, stderr } = await sandbox.run(['logout', '--session', 'corp']);
      expect([exitStatus, stderr]).toEqual([
        0,
        expect.stringMatching(/^Signed out of the session "corp", 1 cached role deleted\.\n/),
      ]);
      expect(sandbox.newCalls()).toEqual({ Logout: 1 });
      expect(existsSync(tokenFile)).toBe(false);
      expect(standIn.liveSessions()).toEqual([]);
      expectFailure(await sandbox.run(), 3, /^Not signed in to the session "corp"\. Run: /);
    },
  );

  test('a sign-in by browser asks for what the AWS CLI asks for', async () => {
    const sandbox = await open(signedOut);
    expectSignedIn(await signIn(sandbox, 'browser'));
    const { standIn } = sandbox;
    const [registered] = standIn.calls('RegisterClient');
    expect(registered?.input).toMatchObject({
      redirectUris: ['http://127.0.0.1/oauth/callback'],
      issuerUrl: standIn.startUrl,
    });
    const [authorize] = standIn.calls('Authorize');
    expect(Object.keys(authorize?.input ?? {}).sort()).toEqual([
      'client_id',
      'code_challenge',
      'code_challenge_method',
      'redirect_uri',
      'response_type',
      'scopes',
      'state',
    ]);
    expect(authorize?.input).toMatchObject({
      redirect_uri: expect.stringMatching(/^http:\/\/127\.0\.0\.1:\d+\/oauth\/callback$/),
      scopes: 'sso:account:access',
    });
  });

  test('with --no-open the URL is shown for the person to open', async () => {
    const sandbox = await open(byItself);
    const running = sandbox.start([...loginByBrowser, '--no-open']);
    const page = await sandbox.standIn.visit(await toldUrl(running));
    expect(page).toContain('sso-cred has the session &quot;corp&quot;');
    expectSignedIn(await running.finished);
    expect(sandbox.newCalls()).toMatchObject({ Authorize: 1 });
  });

  test('a browser that cannot be started is not said to open', async () => {
    const sandbox = await open(signedOut);
    const running = sandbox.start(loginByBrowser, { BROWSER: join(sandbox.bin, 'nosuch') });
    await running.says(/^In a browser of this machine, go to$/m);
    await sandbox.standIn.visit(await toldUrl(running));
    expectSignedIn(await running.finished);
  });

  test('with --no-open the code is shown, and a URL that has it already', async () => {
    const sandbox = await open(byItself);
    const { standIn } = sandbox;
    const running = sandbox.start([...loginByDevice, '--no-open']);
    const userCode = await toldUserCode(running);
    await running.says(new RegExp(`^ {2}${standIn.url}/start/device$`, 'm'));
    const [, complete = ''] = await running.says(/^ {2}(http:\S+\?user_code=\S+)$/m);
    await running.says(/^Go on only if it was you/m);
    expect(complete).toBe(`${standIn.url}/start/device?user_code=${userCode}`);
    standIn.approveDevice(userCode);
    expectSignedIn(await running.finished);
    expect(sandbox.newCalls()).toMatchObject({ CreateToken: 1 });
    expect(standIn.calls('DevicePage')).toEqual([]);
  });

  test('with --force signs in anew although the session is good', async () => {
    const sandbox = await open();
    const before = readTokenFile(sandbox.tokenFile);
    expectCredentials(await sandbox.run());
    sandbox.newCalls();
    expectSignedIn(await signIn(sandbox, 'browser', { args: [...corp, '--force'] }));
    expect(sandbox.newCalls()).toMatchObject({ RegisterClient: 1, CreateToken: 1 });
    expect(readTokenFile(sandbox.tokenFile)['accessToken']).not.toBe(before['accessToken']);
    // The new sign-in may be another person's.
    expectCredentials(await sandbox.run());
    expect(sandbox.newCalls()).toEqual({ GetRoleCredentials: 1 });
  });

  test('a token that AWS takes no longer is refreshed, and serves as a sign-in', async () => {
    const sandbox = await open();
    const { accessToken = '' } = readTokenFile(sandbox.tokenFile);
    sandbox.standIn.revokeAccessToken(accessToken);
    const { exitStatus, stderr } = await sandbox.run(loginByBrowser);
    expect([exitStatus, stderr.split('.')[0]]).toEqual([
      0,
      'Already signed in to the session "corp"',
    ]);
    expect(sandbox.newCalls()).toEqual({ ListAccounts: 1, CreateToken: 1 });
    sandbox.standIn.endSession();
    expectSignedIn(await signIn(sandbox, 'browser'));
    expect(sandbox.newCalls()).toMatchObject({ ListAccounts: 1, CreateToken: 2, Authorize: 1 });
  });

  test.each(flows)('a denial by $flow is status 4, and leaves no token', async ({ flow }) => {
    const sandbox = await open(signedOut);
    const denied = await signIn(sandbox, flow, { decision: 'deny' });
    expectLoginFailure(
      denied,
      4,
      /^The sign-in to the session "corp" was denied: .*\. Run: sso-cred login --session corp$/,
    );
    expect(existsSync(sandbox.tokenFile)).toBe(false);
    // Who types login wants to be asked again.
    expectSignedIn(await signIn(sandbox, flow));
    expect(sandbox.newCalls()).toMatchObject({ RegisterClient: 1 });
  });

  test('a denial is told in the browser too', async () => {
    const sandbox = await open(signedOut);
    const running = sandbox.start([...loginByBrowser, '--no-open']);
    const page = await sandbox.standIn.visit(await toldUrl(running), 'deny');
    expect(page).toContain('<h1>Not signed in</h1>');
    expect((await running.finished).exitStatus).toBe(4);
  });

  test('a fixed port is used, and named when it is taken', async () => {
    const server = createServer();
    await new Promise<void>((resolve) => {
      server.listen(0, '127.0.0.1', resolve);
    });
    const { port } = server.address() as { port: number };
    const sandbox = await open(signedOut);
    addSession(sandbox, 'fixed', `sso_redirect_port = ${port}`);
    const args = ['--session', 'fixed'];
    const finished = await sandbox.run(['login', ...args, '--browser']);
    expectLoginFailure(finished, 5, new RegExp(`\\b127\\.0\\.0\\.1\\b.*\\b${port} in use\\.$`));
    expect(sandbox.newCalls()).toEqual({ RegisterClient: 1 });

    await new Promise((resolve) => server.close(resolve));
    expectSignedIn(await signIn(sandbox, 'browser', { args }));
    const redirect = `http://127.0.0.1:${port}/oauth/callback`;
    expect(sandbox.standIn.calls('Authorize')[0]?.input['redirect_uri']).toBe(redirect);
  });

  test('sso_use_device_code is obeyed', async () => {
    const sandbox = await open(byItself);
    addSession(sandbox, 'coded', 'sso_use_device_code = true');
    expectSignedIn(await sandbox.run(['login', '--session', 'coded']));
    expect(sandbox.newCalls()).toMatchObject({ StartDeviceAuthorization: 1 });
  });

  test('a profile with a start URL of its own signs in by device code, by browser if asked', async () => {
    const sandbox = await open(byItself);
    const { standIn, configFile, tokenFile } = sandbox;
    appendFileSync(
      configFile,
      `
[profile legacy]
sso_start_url = ${standIn.startUrl}
sso_region = ${standIn.region}
sso_account_id = 111122223333
sso_role_name = Developer
services = sandbox
`,
    );
    expectSignedIn(await sandbox.run(['login', '--profile', 'legacy']));
    expect(callsButPolls(sandbox)).toMatchObject({ StartDeviceAuthorization: 1 });
    expect(standIn.calls('RegisterClient')[0]?.input).toMatchObject({ clientName: 'sso-cred' });
    const [name = ''] = readdirSync(dirname(tokenFile));
    expect(name).toMatch(/^[0-9a-f]{40}\.json$/);
    expect(join(dirname(tokenFile), name)).not.toBe(tokenFile);
    expectCredentials(await sandbox.run(['--profile', 'legacy']));

    const args = ['--profile', 'legacy', '--force'];
    expectSignedIn(await signIn(sandbox, 'browser', { args }));
    expect(sandbox.newCalls()).toMatchObject({ RegisterClient: 1, Authorize: 1 });
  });

  test('flags take the place of a profile', async () => {
    const sandbox = await open(byItself);
    const { endpoints, startUrl, region } = sandbox.standIn;
    const endpointVariables = {
      AWS_ENDPOINT_URL_SSO: endpoints.sso,
      AWS_ENDPOINT_URL_SSO_OIDC: endpoints.ssoOidc,
    };
    const session = ['--start-url', startUrl, '--sso-region', region];
    expectSignedIn(await sandbox.run(['login', ...session], endpointVariables));
    const role = ['--account-id', '111122223333', '--role-name', 'Developer'];
    expectCredentials(await sandbox.run([...session, ...role], endpointVariables));
    const again = await sandbox.run(['login', ...session], endpointVariables);
    expect(again.stderr).toMatch(/^Already signed in to the session of http:/);
    const ended = await sandbox.run(['logout', ...session], endpointVariables);
    expect(ended.stderr).toMatch(
      /^Signed out of the session of http:\S+, 1 cached role deleted\.$/m,
    );
  });

  test('with token_store = private the token is kept from other tools', async () => {
    const config = '[sso-cred settings]\ntoken_store = private\n';
    const sandbox = await open({ ...signedOut, config });
    rmSync(join(sandbox.home, '.aws', 'sso'), { recursive: true });
    expectSignedIn(await signIn(sandbox, 'browser'));
    const folder = join(sandbox.cacheDirectory, 'tokens');
    const names = readdirSync(folder);
    expect(names).toHaveLength(1);
    expect(statSync(join(folder, names[0] ?? '')).mode & 0o777).toBe(0o600);
    expect(statSync(folder).mode & 0o777).toBe(0o700);
    const cold = await sandbox.run();
    expectCredentials(cold);
    expect(await sandbox.run()).toEqual(cold);
    expect((await sandbox.run(['logout', '--session', 'corp'])).exitStatus).toBe(0);
    expect(readdirSync(folder)).toEqual([]);
    expectFailure(await sandbox.run(), 3, /^Not signed in/);
    expect(existsSync(join(sandbox.home, '.aws', 'sso'))).toBe(false);
  });

  describe('a client is registered', () => {
    const anew = { args: [...corp, '--force'] };

    test('once, for all sign-ins of its kind', async () => {
      const sandbox = await open(signedOut);
      expectSignedIn(await signIn(sandbox, 'browser', anew));
      expectSignedIn(await signIn(sandbox, 'browser', anew));
      expect(sandbox.newCalls()).toMatchObject({ RegisterClient: 1, CreateToken: 2 });
      expectSignedIn(await signIn(sandbox, 'device', anew));
      expect(sandbox.newCalls()).toMatchObject({ RegisterClient: 1 });
      expect(registrations(sandbox)).toHaveLength(2);
    });

    test('again when it expires within a day', async () => {
      const sandbox = await open(signedOut);
      expectSignedIn(await signIn(sandbox, 'browser', anew));
      expireRegistrations(sandbox, 25 * hours);
      expectSignedIn(await signIn(sandbox, 'browser', anew));
      expect(sandbox.newCalls()).toMatchObject({ RegisterClient: 1 });
      expireRegistrations(sandbox, 23 * hours);
      expectSignedIn(await signIn(sandbox, 'browser', anew));
      expect(sandbox.newCalls()).toMatchObject({ RegisterClient: 1 });
      const [{ expiresAt } = {}] = registrations(sandbox);
      expect(expiresAt).toBeGreaterThan(Date.now() + 80 * 24 * hours);
    });

    test('again for other scopes', async () => {
      const sandbox = await open(signedOut);
      addSession(sandbox, 'scoped', 'sso_registration_scopes = sso:account:access');
      const args = ['--session', 'scoped', '--force'];
      expectSignedIn(await signIn(sandbox, 'browser', { args }));
      const before = readFileSync(sandbox.configFile, 'utf8');
      const more = 'sso_registration_scopes = sso:account:access, codewhisperer:completions';
      rmSync(sandbox.configFile);
      appendFileSync(
        sandbox.configFile,
        before.replace(/(\[sso-session scoped\][^[]*)sso_registration_scopes = .*/, `$1${more}`),
      );
      expectSignedIn(await signIn(sandbox, 'browser', { args }));
      const scopes = sandbox.standIn.calls('RegisterClient').map(({ input }) => input['scopes']);
      expect(scopes).toEqual([
        ['sso:account:access'],
        ['sso:account:access', 'codewhisperer:completions'],
      ]);
    });

    test('again after AWS has refused it at the end of a sign-in', async () => {
      const sandbox = await open(signedOut);
      sandbox.standIn.fault('CreateToken', { status: 401, error: 'InvalidClientException' });
      expectLoginFailure(
        await signIn(sandbox, 'browser'),
        5,
        /^The sign-in to the session "corp" was not taken \(invalid_client: .*Run: sso-cred login/,
      );
      expect(registrations(sandbox)).toEqual([]);
      expectSignedIn(await signIn(sandbox, 'browser'));
      expect(sandbox.newCalls()).toMatchObject({ RegisterClient: 2 });
    });

    test('again, at once, when AWS refuses it at the start of a sign-in', async () => {
      const sandbox = await open(signedOut);
      expectSignedIn(await signIn(sandbox, 'device'));
      sandbox.newCalls();
      const [old] = registrations(sandbox);
      sandbox.standIn.fault('StartDeviceAuthorization', {
        status: 401,
        error: 'InvalidClientException',
        times: Infinity,
        when: ({ input }) => input['clientId'] === old?.['clientId'],
      });
      expectSignedIn(await signIn(sandbox, 'device', anew));
      expect(sandbox.newCalls()).toMatchObject({ RegisterClient: 1, StartDeviceAuthorization: 2 });
    });
  });

  test.each<[OperationName, readonly string[]]>([
    ['RegisterClient', loginByBrowser],
    ['StartDeviceAuthorization', loginByDevice],
  ])(
    'a region that is not the one of the start URL is suspected when %s is refused',
    async (operation, args) => {
      const sandbox = await open(byItself);
      const { standIn } = sandbox;
      standIn.fault(operation, { status: 400, error: 'InvalidRequestException', times: Infinity });
      const finished = await sandbox.run(args);
      expectLoginFailure(finished, 5, new RegExp(`^${operation} was refused \\(InvalidRequest`));
      expect(finished.stderr).toContain(standIn.startUrl);
      expect(finished.stderr).toContain(`${standIn.region} the region of Identity Center`);
      expect(sandbox.newCalls()[operation]).toBe(1);
    },
  );

  test.each<[OperationName, readonly string[]]>([
    ['RegisterClient', loginByBrowser],
    ['StartDeviceAuthorization', loginByDevice],
    ['CreateToken', loginByBrowser],
  ])('whatever %s does wrong ends the login with status 5', async (operation, args) => {
    const faults: readonly (readonly [Fault, RegExp])[] = [
      [{ status: 500 }, /\bfailed with status 500\b/],
      [{ status: 429, headers: { 'retry-after': '3600' } }, /\brate limited\b/],
      [{ dropConnection: true }, /\b127\.0\.0\.1\b/],
      [{ body: '<html>odd-page</html>' }, new RegExp(`\\b${operation}\\b`)],
      [{ body: '{"a":', contentType: 'application/json' }, new RegExp(`\\b${operation}\\b`)],
      // A code that was taken without giving a token is refused the second time.
      [{ transform: () => ({}) }, / lacks \w+\.$|\binvalid_grant\b/],
    ];
    await Promise.all(
      faults.map(async ([fault, message]) => {
        const sandbox = await open(byItself);
        sandbox.standIn.fault(operation, { ...fault, times: Infinity });
        const startedAt = Date.now();
        const finished = await sandbox.run(args);
        expectLoginFailure(finished, 5, message);
        expect(finished.stderr).not.toContain('odd-page');
        expect(Date.now() - startedAt).toBeLessThan(30_000);
        expect(existsSync(sandbox.tokenFile)).toBe(false);
      }),
    );
  });

  test.each(['SIGINT', 'SIGTERM', 'SIGHUP'] as const)(
    '%s ends it at once, and the next login can begin',
    async (signal) => {
      await Promise.all(
        flows.map(async ({ args }) => {
          const sandbox = await open(signedOut);
          const running = sandbox.start([...args, '--no-open']);
          await running.says(/^Waiting for you/m);
          const startedAt = Date.now();
          running.kill(signal);
          expect(await running.finished).toMatchObject({ exitStatus: null, signal, stdout: '' });
          expect(Date.now() - startedAt).toBeLessThan(30_000);
          expect(readdirSync(join(sandbox.cacheDirectory, 'locks'))).toEqual([]);
          expect(readdirSync(dirname(sandbox.tokenFile))).toEqual([]);
          const next = sandbox.start([...args, '--no-open']);
          await next.says(/^Waiting for you/m);
          next.kill('SIGINT');
          await next.finished;
        }),
      );
    },
  );

  test('nobody is asked where the token file is a link, which we do not replace', async () => {
    const sandbox = await open();
    const elsewhere = join(sandbox.home, 'elsewhere');
    renameSync(sandbox.tokenFile, elsewhere);
    symlinkSync(elsewhere, sandbox.tokenFile);
    for (const args of [loginByBrowser, [...loginByBrowser, '--force']]) {
      const message = /is a symbolic link\b/;
      expectFailure(await sandbox.run([...args, '--timeout', '5']), 7, message);
    }
    expect(sandbox.newCalls()).toEqual({});
  });

  testWithMounts('nobody is asked where there is no space for the token', async () => {
    await withDisk(64, async (disk) => {
      const sandbox = await open(signedOut);
      const folder = dirname(sandbox.tokenFile);
      rmdirSync(folder);
      symlinkSync(disk, folder);
      writeFileSync(join(disk, 'full'), Buffer.alloc(56 * 1024));
      const finished = await sandbox.run([...loginByDevice, '--timeout', '5']);
      expectFailure(finished, 7, /\bENOSPC\b|\bno space\b|\bdisk is full\b/i);
      expect(sandbox.newCalls()).toEqual({});
      rmSync(join(disk, 'full'));
      expectSignedIn(await signIn(sandbox, 'device'));
    });
  });

  test('the session is that of the profile in the environment, where none is named', async () => {
    const sandbox = await open();
    const runs = [
      { AWS_PROFILE: 'dev' },
      { AWS_DEFAULT_PROFILE: 'dev' },
      { AWS_PROFILE: 'dev', AWS_DEFAULT_PROFILE: 'nosuch' },
    ];
    for (const variables of runs) {
      const { exitStatus, stderr } = await sandbox.run(['login'], variables);
      expect([exitStatus, stderr]).toEqual([
        0,
        expect.stringMatching(/^Already signed in to the session "corp"\./),
      ]);
    }
    const none = await sandbox.run(['login']);
    expectFailure(none, 2, /^There is no profile "default" in ~\/\.aws\/config\b/);
    appendFileSync(
      sandbox.configFile,
      '\n[default]\nsso_cred_session = corp\nservices = sandbox\n',
    );
    expect((await sandbox.run(['login'])).exitStatus).toBe(0);
    const named = await sandbox.run(['login', '--session', 'corp'], { AWS_PROFILE: 'nosuch' });
    expect(named.exitStatus).toBe(0);
  });
});
