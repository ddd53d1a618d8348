import { createHash } from 'node:crypto';
import {
  appendFileSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  writeFileSync,
} from 'node:fs';
import { dirname, join } from 'node:path';
import { describe, expect, test } from '@jest/globals';
import type { Fault } from '../stand-in/faults.ts';
import { builds } from '../support/builds.ts';
import { type CliSandbox, cliSandboxes } from '../support/cli-sandbox.ts';
import { expectCredentials, expectFailure } from '../support/outcome.ts';
import { addSession, readTokenFile } from '../support/sign-in.ts';

const logout = ['logout', '--session', 'corp'];
const notSignedIn = /^Not signed in to the session "corp"\. Run: /;

/** The file in which AWS's tools keep a session's token. */
function tokenFileOf({ tokenFile }: CliSandbox, session: string): string {
  return join(dirname(tokenFile), `${sha1(session)}.json`);
}

/** Signs in to a session as another tool would, and caches the role of its profile. */
async function signInElsewhere(sandbox: CliSandbox, name: string): Promise<void> {
  const token = sandbox.standIn.issueToken({ sessionName: name });
  writeFileSync(tokenFileOf(sandbox, name), JSON.stringify(token), { mode: 0o600 });
  expectCredentials(await sandbox.run(['--profile', name]));
}

/** What is in a folder below our own. */
function records({ cacheDirectory }: CliSandbox, folder: string): readonly string[] {
  const path = join(cacheDirectory, folder);
  return existsSync(path) ? readdirSync(path) : [];
}

/** Role credentials as the AWS CLI caches them, under the name that it derives from a request. */
function cacheCliRole({ home }: CliSandbox, request: object, content: string = cliRole): string {
  const folder = join(home, '.aws', 'cli', 'cache');
  mkdirSync(folder, { recursive: true });
  const file = join(folder, `${sha1(JSON.stringify(request))}.json`);
  writeFileSync(file, content);
  return file;
}

const cliRole = JSON.stringify({
  ProviderType: 'sso',
  Credentials: { AccessKeyId: 'ASIAEXAMPLE', Expiration: '2099-01-01T00:00:00Z' },
});

function sha1(text: string): string {
  return createHash('sha1').update(text).digest('hex');
}

/** What is told after signing out of a session that was signed in to. */
function browserStill({ standIn }: CliSandbox): string {
  return `Your browser may still be signed in at ${standIn.startUrl} until you sign out there.\n`;
}

describe.each(builds())('$name', (build) => {
  const open = cliSandboxes(build);

  test('a role that was asked for while AWS was told of it is not kept, nor handed out', async () => {
    const sandbox = await open();
    const { standIn } = sandbox;
    const [logoutSent, roleSent] = [standIn.barrier('request'), standIn.barrier('reply')];
    standIn.fault('Logout', { holdRequest: logoutSent });
    standIn.fault('GetRoleCredentials', { hold: roleSent });
    const ending = sandbox.start(logout);
    await logoutSent.arrivals(1);
    const call = sandbox.start(['--profile', 'dev']);
    await roleSent.arrivals(1);
    logoutSent.release();
    expect(await ending.finished).toMatchObject({ exitStatus: 0 });
    roleSent.release();
    expectFailure(await call.finished, 3, notSignedIn);
    expect(records(sandbox, 'roles').filter((name) => name.endsWith('.json'))).toEqual([]);
  });

  test('tells AWS, and leaves nothing of the session here', async () => {
    const sandbox = await open({ extraProfiles: 2 });
    const { standIn, tokenFile } = sandbox;
    for (const profile of ['dev', 'role-1', 'role-2']) {
      expectCredentials(await sandbox.run(['--profile', profile]));
    }
    const { accessToken } = readTokenFile(tokenFile);
    sandbox.newCalls();
    expect(await sandbox.run(logout)).toMatchObject({
      exitStatus: 0,
      stdout: '',
      stderr: `Signed out of the session "corp", 3 cached roles deleted.\n${browserStill(sandbox)}`,
    });
    expect(sandbox.newCalls()).toEqual({ Logout: 1 });
    expect(standIn.calls('Logout')[0]?.input).toEqual({ accessToken });
    expect(standIn.liveSessions()).toEqual([]);
    expect(existsSync(tokenFile)).toBe(false);
    for (const folder of ['roles', 'failures', 'claims', 'pending']) {
      expect(records(sandbox, folder)).toEqual([]);
    }
    // What is left says that this was the end, and nothing of what was before.
    const [name = ''] = records(sandbox, 'sessions');
    const left = readFileSync(join(sandbox.cacheDirectory, 'sessions', name), 'utf8');
    expect(JSON.parse(left)).toEqual({ version: 1, generation: expect.stringMatching(/^\w{16}$/) });
    expectFailure(await sandbox.run(), 3, notSignedIn);
    expect(sandbox.newCalls()).toEqual({});
  });

  test('forgets failures, of roles that were never cached too', async () => {
    const sandbox = await open({ roleName: 'Devloper' });
    expectFailure(await sandbox.run(), 6, /^AWS refuses the role Devloper\b/);
    expect(records(sandbox, 'failures')).toHaveLength(1);
    expect((await sandbox.run(logout)).exitStatus).toBe(0);
    expect(records(sandbox, 'failures')).toEqual([]);
    expect((await sandbox.run(['status'])).stdout).not.toContain('REMEMBERED FAILURE');
  });

  test('leaves another session alone, on the same start URL too', async () => {
    const sandbox = await open();
    addSession(sandbox, 'second');
    await signInElsewhere(sandbox, 'second');
    expectCredentials(await sandbox.run());
    const before = await sandbox.run(['--profile', 'second']);
    expect((await sandbox.run(logout)).exitStatus).toBe(0);
    sandbox.newCalls();
    expect(await sandbox.run(['--profile', 'second'])).toEqual(before);
    expect(existsSync(tokenFileOf(sandbox, 'second'))).toBe(true);
    expect(sandbox.newCalls()).toEqual({});
    expect(sandbox.standIn.liveSessions()).toHaveLength(1);
  });

  test('with --all ends every session of the config', async () => {
    const sandbox = await open();
    addSession(sandbox, 'second');
    addSession(sandbox, 'third');
    await signInElsewhere(sandbox, 'second');
    expectCredentials(await sandbox.run());
    const { exitStatus, stderr } = await sandbox.run(['logout', '--all']);
    expect([exitStatus, stderr]).toEqual([
      0,
      [
        'Signed out of the session "corp", 1 cached role deleted.',
        'Signed out of the session "second", 1 cached role deleted.',
        'There was no sign-in to the session "third".',
        // Told once of both, as they are of one start URL.
        browserStill(sandbox),
      ].join('\n'),
    ]);
    expect(sandbox.standIn.liveSessions()).toEqual([]);
    expect(readdirSync(dirname(sandbox.tokenFile))).toEqual([]);
    expect(records(sandbox, 'roles')).toEqual([]);
  });

  test('with --all goes on where one session cannot be ended', async () => {
    const sandbox = await open();
    addSession(sandbox, 'second');
    await signInElsewhere(sandbox, 'second');
    const { accessToken } = readTokenFile(sandbox.tokenFile);
    sandbox.standIn.fault('Logout', {
      status: 500,
      times: Infinity,
      when: ({ input }) => input['accessToken'] === accessToken,
    });
    appendFileSync(sandbox.configFile, '\n[sso-session broken]\nsso_region = eu-west-1\n');
    const { exitStatus, stdout, stderr } = await sandbox.run(['logout', '--all']);
    expect([exitStatus, stdout]).toEqual([5, '']);
    expect(stderr.split('\n')).toEqual([
      'Signed out of the session "corp".',
      'Signed out of the session "second", 1 cached role deleted.',
      expect.stringMatching(/^\[sso-session broken\] \(\S+:\d+\) has no sso_start_url\.$/),
      browserStill(sandbox).trimEnd(),
      expect.stringMatching(/^Signed out here, but AWS could not be told: /),
      '',
    ]);
    expect(readdirSync(dirname(sandbox.tokenFile))).toEqual([]);
    expect(sandbox.standIn.liveSessions()).toHaveLength(1);
  });

  test.each<[string, Fault]>([
    ['fails', { status: 500 }],
    ['is not answered', { dropConnection: true }],
    ['is throttled', { status: 429, headers: { 'retry-after': '3600' } }],
  ])('deletes everything where Logout %s, and says so with status 5', async (_, fault) => {
    const sandbox = await open();
    expectCredentials(await sandbox.run());
    const cached = cacheCliRole(sandbox, corpRole);
    sandbox.standIn.fault('Logout', { ...fault, times: Infinity });
    const { exitStatus, stdout, stderr } = await sandbox.run(logout);
    expect([exitStatus, stdout]).toEqual([5, '']);
    expect(stderr).toMatch(
      /^Signed out of the session "corp", 2 cached roles deleted\.\nYour browser may [^\n]+\nSigned out here, but AWS could not be told: [^\n]+\n$/,
    );
    expect(existsSync(sandbox.tokenFile)).toBe(false);
    expect(existsSync(cached)).toBe(false);
    expect(records(sandbox, 'roles')).toEqual([]);
    expectFailure(await sandbox.run(), 3, notSignedIn);
    expect((await sandbox.run(logout)).exitStatus).toBe(0);
  });

  test('is done when AWS has ended the session already', async () => {
    const sandbox = await open();
    sandbox.standIn.endSession();
    expect(await sandbox.run(logout)).toMatchObject({
      exitStatus: 0,
      stderr: `Signed out of the session "corp".\n${browserStill(sandbox)}`,
    });
    expect(existsSync(sandbox.tokenFile)).toBe(false);
  });

  test('has nothing to do, and asks nobody, without a sign-in', async () => {
    const sandbox = await open({ token: false });
    expect(await sandbox.run(logout)).toMatchObject({
      exitStatus: 0,
      stdout: '',
      stderr: 'There was no sign-in to the session "corp".\n',
    });
    expect(sandbox.newCalls()).toEqual({});
  });

  test.each([
    ['is of another start URL', '{"startUrl":"https://other.awsapps.com/start",REST}'],
    ['is torn', '{"startUrl":"https'],
    ['holds no token', '{"clientId":"a","clientSecret":"b"}'],
  ])('leaves a file alone that %s', async (_, form) => {
    const sandbox = await open();
    const rest = JSON.stringify(readTokenFile(sandbox.tokenFile)).replace(/^.*?,/, '').slice(0, -1);
    const text = form.replace('REST', rest);
    writeFileSync(sandbox.tokenFile, text);
    expect((await sandbox.run(logout)).exitStatus).toBe(0);
    expect(readFileSync(sandbox.tokenFile, 'utf8')).toBe(text);
    expect(sandbox.newCalls()).toEqual({});
  });

  const corpRole = { accountId: '111122223333', roleName: 'Developer', sessionName: 'corp' };

  test('deletes what the AWS CLI cached of the session, and nothing else of its', async () => {
    const sandbox = await open();
    addSession(sandbox, 'second');
    const other = { ...corpRole, roleName: 'ReadOnly' };
    const kept = [
      cacheCliRole(sandbox, { ...corpRole, sessionName: 'second' }),
      cacheCliRole(sandbox, other),
      cacheCliRole(sandbox, { RoleArn: 'arn:aws:iam::111122223333:role/Other' }),
      cacheCliRole(sandbox, { accountId: '111122223333', roleName: 'Developer' }),
    ];
    const gone = cacheCliRole(sandbox, corpRole);
    const { stderr } = await sandbox.run(logout);
    expect(stderr).toMatch(/^Signed out of the session "corp", 1 cached role deleted\.\n/);
    expect(existsSync(gone)).toBe(false);
    expect(kept.filter(existsSync)).toEqual(kept);
  });

  test.each([
    ['is no JSON', 'Credentials'],
    ['is of another provider', '{"ProviderType":"assume-role"}'],
  ])('leaves a file of that name that %s', async (_, content) => {
    const sandbox = await open();
    const file = cacheCliRole(sandbox, corpRole, content);
    expect((await sandbox.run(logout)).exitStatus).toBe(0);
    expect(readFileSync(file, 'utf8')).toBe(content);
  });

  test('with --all ends a start URL that only profiles name, too', async () => {
    const sandbox = await open({ token: false });
    const { standIn, configFile } = sandbox;
    const { startUrl, region } = standIn;
    const legacy = (name: string, roleName: string) => `
[profile ${name}]
sso_start_url = ${startUrl}
sso_region = ${region}
sso_account_id = 111122223333
sso_role_name = ${roleName}
services = sandbox
`;
    appendFileSync(configFile, `${legacy('one', 'Developer')}${legacy('two', 'ReadOnly')}`);
    const file = tokenFileOf(sandbox, startUrl);
    writeFileSync(file, JSON.stringify(standIn.issueToken({ withRefreshToken: false })));
    for (const name of ['one', 'two']) expectCredentials(await sandbox.run(['--profile', name]));
    const { exitStatus, stderr } = await sandbox.run(['logout', '--all']);
    expect([exitStatus, ...stderr.split('\n')]).toEqual([
      0,
      'There was no sign-in to the session "corp".',
      `Signed out of the session of ${startUrl}, 2 cached roles deleted.`,
      browserStill(sandbox).trimEnd(),
      '',
    ]);
    expect(existsSync(file)).toBe(false);
    expect(standIn.liveSessions()).toEqual([]);
  });

  test('knows how the AWS CLI names the roles of a start URL without a session', async () => {
    const sandbox = await open();
    const { standIn, configFile } = sandbox;
    const { startUrl } = standIn;
    appendFileSync(
      configFile,
      `
[profile legacy]
sso_start_url = ${startUrl}
sso_region = ${standIn.region}
sso_account_id = 111122223333
sso_role_name = Developer
services = sandbox
`,
    );
    const file = tokenFileOf(sandbox, startUrl);
    writeFileSync(file, JSON.stringify(standIn.issueToken({ withRefreshToken: false })));
    const { sessionName: _, ...role } = corpRole;
    const gone = cacheCliRole(sandbox, { ...role, startUrl });
    expect((await sandbox.run(['logout', '--profile', 'legacy'])).exitStatus).toBe(0);
    expect([gone, file].filter(existsSync)).toEqual([]);
    expect(existsSync(sandbox.tokenFile)).toBe(true);
  });

  test('the session is that of the profile in the environment, where none is named', async () => {
    const sandbox = await open();
    expectFailure(await sandbox.run(['logout']), 2, /^There is no profile "default" in /);
    const { stderr } = await sandbox.run(['logout'], { AWS_PROFILE: 'dev' });
    expect(stderr).toBe(`Signed out of the session "corp".\n${browserStill(sandbox)}`);
  });
});
