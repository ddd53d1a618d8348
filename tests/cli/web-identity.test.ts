import { existsSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { describe, expect, test } from '@jest/globals';
import { jwtPayload } from '../../src/model/jwt-claims.ts';
import { ageRoles } from '../support/age-records.ts';
import { builds } from '../support/builds.ts';
import { expectCredentials, expectFailure, parseCredentials } from '../support/outcome.ts';
import { runProcess } from '../support/run-process.ts';
import {
  logIn,
  roleOfWeb,
  type WebSandbox,
  webProfile,
  webSandboxes,
} from '../support/web-sandbox.ts';

const minutes = 60_000;
const scopes = 'openid profile email offline_access';
const signInNeeded = /^Not signed in to the session "acme"\. Run: sso-cred login --session acme$/;
const ended = /^The session "acme" has ended: .*\. Run: sso-cred login --session acme$/;

/** Lets the tokens expire, and the cached roles too. */
async function ageAll(sandbox: WebSandbox): Promise<void> {
  await sandbox.ageTokens(120 * minutes);
  ageRoles(sandbox, 120 * minutes);
}

function lastTokenRequest({ provider }: WebSandbox) {
  return provider.calls('Token').at(-1)?.input;
}

/** What is told after signing out. */
function browserStill(page: string): string {
  return `Your browser may still be signed in at ${page} until you sign out there.\n`;
}

describe.each(builds())('$name', (build) => {
  const open = webSandboxes(build);

  test.each(['browser', 'device'] as const)(
    'nothing, then a sign-in by %s, then credentials, then the cache',
    async (flow) => {
      const sandbox = await open();
      expectFailure(await sandbox.run(), 3, signInNeeded);
      expect(sandbox.newCalls()).toEqual({});

      const { finished, page } = await logIn(sandbox, flow);
      expect(finished).toMatchObject({ exitStatus: 0, stdout: '' });
      expect(finished.stderr).toMatch(
        /^Signed in to the session "acme"\. Its token is good until \d\d:\d\d .*\bis refreshed by itself\b/m,
      );
      expect(page).toContain(flow === 'browser' ? 'Signed in' : 'Request approved');
      expect(sandbox.newCalls()).toEqual({
        Discovery: 1,
        Token: expect.any(Number),
        ...(flow === 'device' && { DeviceAuthorization: 1 }),
      });
      expect(statSync(sandbox.tokensFile()).mode & 0o777).toBe(0o600);
      expect(statSync(dirname(sandbox.tokensFile())).mode & 0o777).toBe(0o700);

      const cold = await sandbox.run();
      expect(expectCredentials(cold).AccountId).toBe('111122223333');
      expect(sandbox.newCalls()).toEqual({ AssumeRoleWithWebIdentity: 1 });
      expect(sandbox.asked()).toEqual([
        {
          Action: 'AssumeRoleWithWebIdentity',
          Version: '2011-06-15',
          RoleArn: roleOfWeb,
          RoleSessionName: 'jane.doe@example.com',
          WebIdentityToken: sandbox.tokens().webIdentityToken,
        },
      ]);
      expect(await sandbox.run()).toEqual(cold);
      expect(sandbox.newCalls()).toEqual({});
    },
  );

  test('an expired id_token is refreshed, with the scope once more, and the role renewed by it', async () => {
    const sandbox = await open();
    await sandbox.signIn();
    const before = expectCredentials(await sandbox.run());
    const { refreshToken, webIdentityToken } = sandbox.tokens();
    sandbox.newCalls();

    await sandbox.ageTokens(120 * minutes);
    ageRoles(sandbox, 45 * minutes);
    expect(expectCredentials(await sandbox.run())).not.toEqual(before);
    expect(sandbox.newCalls()).toEqual({ Discovery: 1, Token: 1, AssumeRoleWithWebIdentity: 1 });
    expect(lastTokenRequest(sandbox)).toEqual({
      client_id: 'sso-cred',
      grant_type: 'refresh_token',
      refresh_token: refreshToken,
      scope: scopes,
    });
    const after = sandbox.tokens();
    expect(after.refreshToken).not.toBe(refreshToken);
    expect(after.webIdentityToken).not.toBe(webIdentityToken);
    expect(sandbox.asked().at(-1)).toMatchObject({ WebIdentityToken: after.webIdentityToken });
    expect(statSync(sandbox.tokensFile()).mode & 0o777).toBe(0o600);

    await ageAll(sandbox);
    expectCredentials(await sandbox.run());
    // The discovery document is kept for a day.
    expect(sandbox.newCalls()).toEqual({ Token: 1, AssumeRoleWithWebIdentity: 1 });
    expect(sandbox.provider.refreshReuseCount()).toBe(0);
  });

  test('a new refresh token is on disk before STS is asked', async () => {
    const sandbox = await open();
    await sandbox.signIn();
    const { refreshToken } = sandbox.tokens();
    await sandbox.ageTokens(120 * minutes);
    const barrier = sandbox.standIn.barrier('sts');
    sandbox.standIn.fault('AssumeRoleWithWebIdentity', { holdRequest: barrier });
    const running = sandbox.start(['--profile', 'web']);
    await barrier.arrivals(1);
    const onDisk = sandbox.tokens();
    expect(onDisk.refreshToken).toEqual(expect.any(String));
    expect(onDisk.refreshToken).not.toBe(refreshToken);
    sandbox.standIn.release('sts');
    expectCredentials(await running.finished);
  });

  test('a role is asked for early, and the cached one serves while STS or the provider fails', async () => {
    const sandbox = await open();
    await sandbox.signIn();
    const before = await sandbox.run();
    ageRoles(sandbox, 45 * minutes);
    const aged = expectCredentials(before);
    sandbox.standIn.fault('AssumeRoleWithWebIdentity', { status: 500, times: Infinity });
    const served = expectCredentials(await sandbox.run());
    expect(served.AccessKeyId).toBe(aged.AccessKeyId);
    sandbox.newCalls();
    expectCredentials(await sandbox.run());
    expect(sandbox.newCalls()).toEqual({});

    sandbox.standIn.clearFaults();
    expect(expectCredentials(await sandbox.run(['--profile', 'web', '--refresh']))).not.toEqual(
      served,
    );
    expect(sandbox.newCalls()).toEqual({ AssumeRoleWithWebIdentity: 1 });
  });

  test('a revoked session is status 3, the provider is not asked again, and a login mends it', async () => {
    const sandbox = await open();
    await sandbox.signIn();
    expectCredentials(await sandbox.run());
    sandbox.newCalls();
    sandbox.provider.endSession();
    await ageAll(sandbox);
    expectFailure(await sandbox.run(), 3, ended);
    expect(sandbox.newCalls()).toEqual({ Discovery: 1, Token: 1 });
    expectFailure(await sandbox.run(), 3, ended);
    expectFailure(await sandbox.run(['token', '--session', 'acme']), 3, ended);
    expect(sandbox.newCalls()).toEqual({});

    await logIn(sandbox, 'browser');
    expectCredentials(await sandbox.run());
    expect(sandbox.newCalls()).toEqual({ Token: 1, AssumeRoleWithWebIdentity: 1 });
  });

  test.each(['browser', 'device'] as const)(
    'a call that may sign in by %s does so when nothing else is left',
    async (flow) => {
      const sandbox = await open({ browser: 'allow' });
      const call = ['--profile', 'web', '--sign-in', flow];
      expectCredentials(await sandbox.run(call));
      expect(sandbox.newCalls()).toMatchObject({ AssumeRoleWithWebIdentity: 1 });
      const { refreshToken } = sandbox.tokens();
      sandbox.provider.endSession();
      await ageAll(sandbox);
      expectCredentials(await sandbox.run(call));
      expect(lastTokenRequest(sandbox)).not.toMatchObject({ grant_type: 'refresh_token' });
      expect(sandbox.tokens().refreshToken).not.toBe(refreshToken);
    },
  );

  test('without a refresh token the session ends with its id_token, and it is said why', async () => {
    const sandbox = await open({ session: { scopes: 'openid, email' } });
    const { finished } = await logIn(sandbox, 'browser');
    expect(finished.stderr).toMatch(/and the session ends then: .*scopes lack offline_access\.$/m);
    expectCredentials(await sandbox.run());
    await ageAll(sandbox);
    sandbox.newCalls();
    expectFailure(
      await sandbox.run(),
      3,
      /has ended: its token has expired, and it has no refresh token, for the scopes lack offline_access\. Run:/,
    );
    expect(sandbox.newCalls()).toEqual({});
  });

  test('login does nothing while the session is good, and --force signs in anew', async () => {
    const sandbox = await open();
    await sandbox.signIn();
    const finished = await sandbox.run(['login', '--session', 'acme']);
    expect(finished).toMatchObject({ exitStatus: 0, stdout: '' });
    expect(finished.stderr).toMatch(/^Already signed in to the session "acme"\./);
    expect(sandbox.newCalls()).toEqual({});
    const before = sandbox.tokens();
    await logIn(sandbox, 'browser', { args: ['--force'] });
    expect(sandbox.tokens()).not.toEqual(before);
  });

  test('a logout names the page that ends the browser’s session, where the provider has one', async () => {
    const sandbox = await open({ provider: { endSessionPage: true } });
    await sandbox.signIn();
    const { exitStatus, stderr } = await sandbox.run(['logout', '--session', 'acme']);
    expect(exitStatus).toBe(0);
    expect(stderr).toContain(browserStill(`${sandbox.provider.issuer}/session/end`));
  });

  test('a logout revokes at the provider and deletes tokens and roles', async () => {
    const sandbox = await open();
    await sandbox.signIn();
    expectCredentials(await sandbox.run());
    const { refreshToken } = sandbox.tokens();
    sandbox.newCalls();
    expect(await sandbox.run(['logout', '--session', 'acme'])).toMatchObject({
      exitStatus: 0,
      stdout: '',
      stderr: `Signed out of the session "acme", 1 cached role deleted.\n${browserStill(sandbox.provider.issuer)}`,
    });
    expect(sandbox.newCalls()).toEqual({ Discovery: 1, Revocation: 1 });
    expect(sandbox.provider.calls('Revocation')[0]).toMatchObject({
      status: 200,
      input: { token: refreshToken, token_type_hint: 'refresh_token', client_id: 'sso-cred' },
    });
    for (const folder of ['tokens', 'roles']) {
      expect(readdirSync(join(sandbox.cacheDirectory, folder))).toEqual([]);
    }
    expectFailure(await sandbox.run(), 3, signInNeeded);
    expect(sandbox.newCalls()).toEqual({});
    expect(await sandbox.run(['logout', '--session', 'acme'])).toMatchObject({
      exitStatus: 0,
      stderr: 'There was no sign-in to the session "acme".\n',
    });
  });

  test.each<[string, string]>([
    ['scopes', 'openid email offline_access'],
    ['token', 'access_token'],
    ['client_id', 'another'],
  ])(
    'another %s in the config means another sign-in, and a logout deletes all the same',
    async (key, value) => {
      const sandbox = await open();
      await sandbox.signIn();
      expectCredentials(await sandbox.run());
      sandbox.newCalls();
      const file = sandbox.tokensFile();
      const before = readFileSync(sandbox.configFile, 'utf8');
      const after = before.replace(/^client_id = .*/m, `$&\n${key} = ${value}`);
      const refresh = ['--profile', 'web', '--refresh'];
      writeFileSync(sandbox.configFile, after);
      expectFailure(await sandbox.run(refresh), 3, signInNeeded);
      writeFileSync(sandbox.configFile, before);
      expectCredentials(await sandbox.run(refresh));
      expect(sandbox.newCalls()).toEqual({ AssumeRoleWithWebIdentity: 1 });

      writeFileSync(sandbox.configFile, after);
      expect(await sandbox.run(['logout', '--session', 'acme'])).toMatchObject({ exitStatus: 0 });
      expect(existsSync(file)).toBe(false);
    },
  );

  test('a logout deletes everything also when the provider fails, and says so', async () => {
    const sandbox = await open();
    await sandbox.signIn();
    const tokens = sandbox.tokensFile();
    sandbox.provider.fault('Revocation', { status: 503, times: Infinity });
    const finished = await sandbox.run(['logout', '--session', 'acme']);
    expect(finished).toMatchObject({ exitStatus: 5, stdout: '' });
    expect(finished.stderr).toMatch(
      /^Signed out here, but the provider could not be told: .*revocation endpoint of http:\/\/127\.0\.0\.1:\d+ answered with status 503\.$/m,
    );
    expect(existsSync(tokens)).toBe(false);
  });

  test('a provider without revocation is no reason to fail a logout', async () => {
    const sandbox = await open({ provider: { revocation: false } });
    await sandbox.signIn();
    expect(await sandbox.run(['logout', '--all'])).toMatchObject({ exitStatus: 0, stdout: '' });
    expect(sandbox.newCalls()).toEqual({ Discovery: 1 });
    expectFailure(await sandbox.run(), 3, signInNeeded);
  });

  test('status tells of the session and its role, without a call', async () => {
    const sandbox = await open();
    const status = async () => {
      const { exitStatus, stdout } = await sandbox.run(['status', '--session', 'acme', '--json']);
      const { sessions, roles } = JSON.parse(stdout);
      return { exitStatus, session: sessions[0], roles };
    };
    expect(await status()).toMatchObject({ exitStatus: 3, session: { state: 'none' }, roles: [] });
    await sandbox.signIn();
    expectCredentials(await sandbox.run());
    sandbox.newCalls();
    expect(await status()).toEqual({
      exitStatus: 0,
      session: {
        kind: 'oidc',
        session: 'acme',
        url: sandbox.provider.issuer,
        region: null,
        tokenFile: sandbox.tokensFile(),
        state: 'signed-in',
        tokenExpiresAt: expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/),
        refreshable: true,
        signInEndsAt: null,
        reason: null,
        signInCommand: 'sso-cred login --session acme',
      },
      roles: [
        expect.objectContaining({
          session: 'acme',
          accountId: '111122223333',
          roleName: 'WebDeveloper',
        }),
      ],
    });
    const { stdout } = await sandbox.run(['status']);
    expect(stdout).toMatch(/^acme +signed in +until its limit +until .*\) +127\.0\.0\.1:\d+$/m);
    expect(stdout).toMatch(/^111122223333 +WebDeveloper +acme +/m);
    await sandbox.ageTokens(120 * minutes);
    expect(await status()).toMatchObject({ exitStatus: 0, session: { state: 'refreshable' } });
    expect(sandbox.newCalls()).toEqual({});
  });

  test('token prints the id_token, refreshed where it has expired', async () => {
    const sandbox = await open();
    const token = () => sandbox.run(['token', '--session', 'acme']);
    expectFailure(await token(), 3, signInNeeded);
    await sandbox.signIn();
    const { webIdentityToken } = sandbox.tokens();
    const good = { exitStatus: 0, stderr: '' };
    expect(await token()).toMatchObject({ ...good, stdout: `${webIdentityToken}\n` });
    expect(sandbox.newCalls()).toEqual({});
    await sandbox.ageTokens(120 * minutes);
    const refreshed = await token();
    expect(refreshed).toMatchObject(good);
    expect(refreshed.stdout).toBe(`${sandbox.tokens().webIdentityToken}\n`);
    expect(refreshed.stdout).not.toBe(`${webIdentityToken}\n`);
    expect(sandbox.newCalls()).toEqual({ Discovery: 1, Token: 1 });
  });

  test('access_token as the token: asked for by audience, given to STS, printed, refreshed', async () => {
    const audience = 'https://api.example.com';
    const sandbox = await open({
      provider: { audiences: [audience] },
      session: { audience, token: 'access_token' },
    });
    await logIn(sandbox, 'browser');
    expect(sandbox.provider.calls('Authorize')[0]?.input).toMatchObject({ audience });
    const { webIdentityToken } = sandbox.tokens();
    expect(jwtPayload(webIdentityToken)).toMatchObject({ aud: audience });
    expectCredentials(await sandbox.run());
    const { stdout } = await sandbox.run(['token', '--session', 'acme']);
    expect(stdout).toBe(`${webIdentityToken}\n`);

    await ageAll(sandbox);
    expectCredentials(await sandbox.run());
    expect(jwtPayload(sandbox.tokens().webIdentityToken)).toMatchObject({ aud: audience });
    expect(sandbox.asked().map(({ WebIdentityToken }) => WebIdentityToken)).toEqual([
      webIdentityToken,
      sandbox.tokens().webIdentityToken,
    ]);
  });

  test('flags take the place of a profile', async () => {
    const sandbox = await open();
    const { issuer, clientId } = sandbox.provider;
    const session = ['--issuer', issuer, '--client-id', clientId];
    const flags = [...session, '--role-arn', roleOfWeb];
    const endpoint = { AWS_ENDPOINT_URL_STS: sandbox.standIn.endpoints.sts };
    const signInCommand = `sso-cred login --issuer ${issuer} --client-id ${clientId}`;
    const nobody = await sandbox.run(flags, endpoint);
    expectFailure(nobody, 3, /^Not signed in to the session at http:\S+\. Run: /);
    expect(nobody.stderr.trimEnd().endsWith(` Run: ${signInCommand}`)).toBe(true);

    const { finished } = await logIn(sandbox, 'browser', { args: session });
    expect(finished.exitStatus).toBe(0);
    const cold = await sandbox.run(flags, endpoint);
    expectCredentials(cold);
    expect(await sandbox.run(flags, endpoint)).toEqual(cold);
    expect(sandbox.newCalls()).toEqual({ Discovery: 1, Token: 1, AssumeRoleWithWebIdentity: 1 });

    const named = ['--role-session-name', 'build-{sub}', '--duration-seconds', '900'];
    expectCredentials(await sandbox.run([...flags, ...named], endpoint));
    expect(sandbox.asked().at(-1)).toMatchObject({
      RoleSessionName: 'build-auth0-5f7c8ec7c33c6c004bbafe82',
      DurationSeconds: '900',
    });
    // The tokens are those of the flags, not of the section.
    expectFailure(await sandbox.run(), 3, signInNeeded);
    const printed = await sandbox.run(['token', ...session]);
    expect(printed.stdout).toBe(`${sandbox.tokens().webIdentityToken}\n`);
    expect(await sandbox.run(['logout', ...session])).toMatchObject({ exitStatus: 0 });
    expectFailure(await sandbox.run(flags, endpoint), 3, /^Not signed in/);
  });

  test('a domain of Auth0 means its issuer, with the slash', async () => {
    const sandbox = await open();
    const flags = ['--auth0-domain', 'acme.eu.auth0.com', '--client-id', 'abc'];
    const { exitStatus, stdout } = await sandbox.run(['status', ...flags, '--json']);
    expect(exitStatus).toBe(3);
    expect(JSON.parse(stdout).sessions).toMatchObject([{ url: 'https://acme.eu.auth0.com/' }]);
    const wrong = ['--auth0-domain', 'https://acme.eu.auth0.com/', '--client-id', 'abc'];
    expectFailure(await sandbox.run(['status', ...wrong]), 2, /^--auth0-domain is not a domain/);
  });

  test('a role that allows no such duration is asked for an hour, which is remembered', async () => {
    const sandbox = await open({
      config: webProfile('long', {
        sso_cred_role_arn: 'arn:aws:iam::444455556666:role/WebReadOnly',
        sso_cred_duration_seconds: '43200',
      }),
    });
    const durations = () => sandbox.asked().map(({ DurationSeconds }) => DurationSeconds);
    await sandbox.signIn();
    const { Expiration } = expectCredentials(await sandbox.run(['--profile', 'long']));
    expect(Date.parse(Expiration) - Date.now()).toBeLessThanOrEqual(60 * minutes);
    expect(durations()).toEqual(['43200', '3600']);
    ageRoles(sandbox, 45 * minutes);
    expectCredentials(await sandbox.run(['--profile', 'long']));
    ageRoles(sandbox, 120 * minutes);
    expectCredentials(await sandbox.run(['--profile', 'long']));
    expect(durations()).toEqual(['43200', '3600', '3600', '3600']);
  });

  test('duration and session policies are passed on as the profile has them', async () => {
    const policies = [
      'arn:aws:iam::aws:policy/ReadOnlyAccess',
      'arn:aws:iam::111122223333:policy/a/B',
    ];
    const sandbox = await open({
      config: webProfile('narrow', {
        sso_cred_duration_seconds: '43200',
        sso_cred_policy_arns: policies.join(', '),
      }),
    });
    await sandbox.signIn();
    const { Expiration } = expectCredentials(await sandbox.run(['--profile', 'narrow']));
    expect(Date.parse(Expiration) - Date.now()).toBeGreaterThan(11 * 60 * minutes);
    expect(sandbox.asked()).toMatchObject([
      {
        DurationSeconds: '43200',
        'PolicyArns.member.1.arn': policies[0],
        'PolicyArns.member.2.arn': policies[1],
      },
    ]);
  });

  test('the session of a role is named by the template, made to fit', async () => {
    const names = {
      plain: '{preferred_username}',
      piped: '{sub}',
      literal: 'ci job/7',
      long: '{email}-{email}-{email}-{email}-{email}',
      short: '{nothing}x',
      unicode: 'Jané {name}',
    };
    const config = Object.entries(names).map(([name, template]) =>
      webProfile(name, { sso_cred_role_session_name: template }),
    );
    const sandbox = await open({ config: config.join('\n') });
    await sandbox.signIn();
    for (const profile of Object.keys(names)) {
      expectCredentials(await sandbox.run(['--profile', profile]));
    }
    expect(sandbox.asked().map(({ RoleSessionName }) => RoleSessionName)).toEqual([
      'jane.doe',
      'auth0-5f7c8ec7c33c6c004bbafe82',
      'ci-job-7',
      'jane.doe@example.com-jane.doe@example.com-jane.doe@example.com-j',
      'sso-cred',
      'Jan-Jane-Doe',
    ]);
  });

  test('a reply without a refresh token keeps the old one', async () => {
    const sandbox = await open({ provider: { noRefreshTokenOnRefresh: true } });
    await sandbox.signIn();
    const { refreshToken } = sandbox.tokens();
    expectCredentials(await sandbox.run());
    for (let n = 1; n <= 2; n += 1) {
      await ageAll(sandbox);
      expectCredentials(await sandbox.run());
      expect(sandbox.tokens().refreshToken).toBe(refreshToken);
    }
    expect(sandbox.provider.refreshReuseCount()).toBe(0);
  });

  test('a reply without an id_token keeps the old one while it is valid, and the new refresh token', async () => {
    const sandbox = await open({ provider: { noIdTokenOnRefresh: true } });
    await sandbox.signIn();
    const before = sandbox.tokens();
    await sandbox.ageTokens(57 * minutes);
    expectCredentials(await sandbox.run());
    expect(sandbox.newCalls()).toEqual({ Discovery: 1, Token: 1, AssumeRoleWithWebIdentity: 1 });
    expect(sandbox.asked()).toMatchObject([{ WebIdentityToken: before.webIdentityToken }]);
    const after = sandbox.tokens();
    expect(after.webIdentityToken).toBe(before.webIdentityToken);
    expect(after.refreshToken).not.toBe(before.refreshToken);
    expect(after.expiresAt).toBeLessThan(Date.now() + 4 * minutes);

    await ageAll(sandbox);
    expectFailure(
      await sandbox.run(['--profile', 'web', '--refresh']),
      3,
      /^The session "acme" has ended: http:\S+ gave no new id_token for the refresh token .*\. Run: sso-cred login --session acme$/,
    );
    expect(sandbox.tokens().refreshToken).not.toBe(after.refreshToken);
    expect(sandbox.provider.refreshReuseCount()).toBe(0);
  });

  test('--explain tells who one is then, and shows no token', async () => {
    const sandbox = await open();
    await sandbox.signIn();
    await sandbox.ageTokens(120 * minutes);
    const { exitStatus, stdout, stderr } = await sandbox.run(['--profile', 'web', '--explain']);
    expect(exitStatus).toBe(0);
    parseCredentials(stdout);
    for (const pattern of [
      /Discovery at 127\.0\.0\.1:\d+ .*status 200/,
      /Token at 127\.0\.0\.1:\d+ \(grant_type=refresh_token\): status 200/,
      /AssumeRoleWithWebIdentity at .*RoleSessionName=jane\.doe@example\.com/,
      /arn:aws:sts::111122223333:assumed-role\/WebDeveloper\/jane\.doe@example\.com; subject auth0\|\w+, provider .*, audience sso-cred/,
    ]) {
      expect(stderr).toMatch(pattern);
    }
  });
});

describe('both builds', () => {
  const [first] = builds();
  if (first === undefined) throw new Error('there is no build');
  const open = webSandboxes(first);

  test('50 at once with an expired id_token: one refresh, one call to STS, no family revoked', async () => {
    const sandbox = await open();
    await sandbox.signIn();
    await sandbox.ageTokens(120 * minutes);
    const { env } = sandbox;
    const present = builds();
    const all = await Promise.all(
      Array.from({ length: 50 }, (_, index) => {
        const { path = '' } = present[index % present.length] ?? {};
        const words = path.endsWith('.js') ? [process.execPath, path] : [path];
        const [program = '', ...args] = [...words, '--profile', 'web', '--timeout', '80'];
        return runProcess(program, args, { env });
      }),
    );
    const answers = new Set(all.map((finished) => expectCredentials(finished).AccessKeyId));
    expect(answers.size).toBe(1);
    expect(sandbox.newCalls()).toEqual({ Discovery: 1, Token: 1, AssumeRoleWithWebIdentity: 1 });
    expect(sandbox.provider.refreshReuseCount()).toBe(0);

    await ageAll(sandbox);
    expectCredentials(await sandbox.run());
  });
});
