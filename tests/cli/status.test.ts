import { appendFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from '@jest/globals';
import { ageRoles, ageToken } from '../support/age-records.ts';
import { builds } from '../support/builds.ts';
import { type CliSandbox, cliSandboxes } from '../support/cli-sandbox.ts';
import { expectCredentials, expectFailure } from '../support/outcome.ts';
import type { Finished } from '../support/run-process.ts';
import { addSession, readTokenFile } from '../support/sign-in.ts';

const hours = 3_600_000;
/** As a person reads it, on this day or another. */
const time = expect.stringMatching(/^(?:\d{4}-\d\d-\d\d )?\d\d:\d\d$/);
const anHour = expect.stringMatching(/^until (?:\d{4}-\d\d-\d\d )?\d\d:\d\d \((?:59|60) min\)$/);
const timestamp = expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/);

/** What `status --json` prints; the keys are documented in docs/command-line.md. */
interface Report {
  readonly sessions: readonly Readonly<Record<string, unknown>>[];
  readonly roles: readonly Readonly<Record<string, unknown>>[];
  readonly failures: readonly Readonly<Record<string, unknown>>[];
  readonly lastErrors: readonly Readonly<Record<string, unknown>>[];
}

async function reportOf(sandbox: CliSandbox, ...args: readonly string[]): Promise<Report> {
  const finished = await sandbox.run(['status', '--json', ...args]);
  expect(finished.stderr).toBe('');
  return JSON.parse(finished.stdout);
}

/** The cells of the table whose heading begins so. */
function table({ stdout }: Finished, heading: string): readonly (readonly string[])[] {
  const [found = ''] = stdout.split('\n\n').filter((part) => part.startsWith(heading));
  return found
    .trimEnd()
    .split('\n')
    .slice(1)
    .map((line) => line.split(/ {2,}/));
}

/** Adds a profile wrong, whose role AWS refuses. */
function addWrongRole({ configFile }: CliSandbox): void {
  appendFileSync(
    configFile,
    `
[profile wrong]
sso_cred_session = corp
sso_cred_account_id = 111122223333
sso_cred_role_name = Wrong
services = sandbox
`,
  );
}

describe.each(builds())('$name', (build) => {
  const open = cliSandboxes(build);

  test('shows sessions, roles, failures and the last errors, and asks nobody', async () => {
    const sandbox = await open({ extraProfiles: 1 });
    addSession(sandbox, 'second');
    appendFileSync(
      sandbox.configFile,
      '\n[oidc-session acme]\nissuer = https://acme.eu.auth0.com/\nclient_id = abc123\n',
    );
    expectCredentials(await sandbox.run());
    addWrongRole(sandbox);
    expectFailure(await sandbox.run(['--profile', 'wrong']), 6, /^AWS refuses the role Wrong\b/);
    sandbox.newCalls();

    const finished = await sandbox.run(['status']);
    expect(finished).toMatchObject({ exitStatus: 0, stderr: '' });
    const { region } = sandbox.standIn;
    expect(table(finished, 'SESSION')).toEqual([
      ['corp', 'signed in', 'until its limit', anHour, region],
      ['second', 'not signed in', '–', '–', region],
      ['acme', 'not signed in', '–', '–', 'acme.eu.auth0.com'],
    ]);
    expect(table(finished, 'ACCOUNT')).toEqual([['111122223333', 'Developer', 'corp', anHour]]);
    expect(table(finished, 'REMEMBERED FAILURE')).toEqual([
      ['RoleRefused', time, expect.stringMatching(/^AWS refuses the role Wrong\b/)],
    ]);
    expect(table(finished, 'LAST ERRORS')).toEqual([
      [time, 'wrong', expect.stringMatching(/^AWS refuses the role Wrong\b/)],
    ]);
    expect(sandbox.newCalls()).toEqual({});
  });

  test('shows as JSON what docs/command-line.md describes, and no secret', async () => {
    const sandbox = await open();
    const { standIn, tokenFile } = sandbox;
    const printed = expectCredentials(await sandbox.run());
    addWrongRole(sandbox);
    await sandbox.run(['--profile', 'wrong']);
    const token = readTokenFile(tokenFile);

    const report = await reportOf(sandbox);
    expect(report).toEqual({
      sessions: [
        {
          kind: 'sso',
          session: 'corp',
          url: standIn.startUrl,
          region: standIn.region,
          tokenFile,
          state: 'signed-in',
          tokenExpiresAt: token['expiresAt'],
          refreshable: true,
          signInEndsAt: null,
          reason: null,
          signInCommand: 'sso-cred login --session corp',
        },
      ],
      pendingSignIns: [],
      profile: null,
      roles: [
        {
          session: 'corp',
          url: standIn.startUrl,
          accountId: '111122223333',
          roleName: 'Developer',
          expiration: printed.Expiration,
          secondsLeft: expect.any(Number),
        },
      ],
      failures: [
        {
          code: 'RoleRefused',
          message: expect.stringMatching(/^AWS refuses the role Wrong\b/),
          count: 1,
          failedAt: timestamp,
          nextTryAt: timestamp,
          isOver: false,
        },
      ],
      clocks: [],
      lastErrors: [
        {
          time: timestamp,
          profile: 'wrong',
          message: expect.stringMatching(/^AWS refuses the role Wrong\b/),
        },
      ],
      for: null,
    });
    const text = JSON.stringify(report) + (await sandbox.run(['status'])).stdout;
    const { AccessKeyId, SecretAccessKey, SessionToken } = printed;
    const { accessToken, refreshToken, clientSecret, clientId } = token;
    const secrets = [accessToken, refreshToken, clientSecret, clientId];
    for (const secret of [...secrets, AccessKeyId, SecretAccessKey, SessionToken]) {
      expect(text).not.toContain(String(secret).slice(0, 20));
    }
  });

  test('tells by its exit status whether a session is good', async () => {
    const sandbox = await open();
    const { standIn } = sandbox;
    const session = ['--session', 'corp'];
    const expectState = async (state: string, exitStatus: number) => {
      for (const args of [session, ['--profile', 'dev']]) {
        const finished = await sandbox.run(['status', '--json', ...args]);
        const [{ state: found, reason } = {}] = (JSON.parse(finished.stdout) as Report).sessions;
        expect([found, finished.exitStatus, finished.stderr]).toEqual([state, exitStatus, '']);
        // What is not good says why.
        expect(typeof reason).toBe(exitStatus === 0 ? 'object' : 'string');
      }
      expect((await sandbox.run(['status'])).exitStatus).toBe(0);
    };
    await expectState('signed-in', 0);
    ageToken(sandbox, 2 * hours);
    await expectState('refreshable', 0);
    standIn.endSession();
    sandbox.newCalls();
    expectFailure(await sandbox.run(), 3, /^The session "corp" has ended: /);
    sandbox.newCalls();
    await expectState('ended', 3);
    expect(sandbox.newCalls()).toEqual({});

    writeFileSync(sandbox.tokenFile, JSON.stringify(standIn.issueToken({ expiresInS: -60 })));
    await expectState('refreshable', 0);
    const old = standIn.issueToken({ expiresInS: -60, withRefreshToken: false });
    writeFileSync(sandbox.tokenFile, JSON.stringify(old));
    await expectState('ended', 3);
    await sandbox.run(['logout', ...session]);
    await expectState('none', 3);
  });

  test('shows a denial as what it is, until the next sign-in', async () => {
    const sandbox = await open({ token: false, browser: 'deny' });
    expectFailure(await sandbox.run(['--profile', 'dev', '--sign-in', 'browser']), 4, /was denied/);
    const { failures } = await reportOf(sandbox);
    expect(failures).toEqual([
      {
        code: 'SignInDenied',
        message: expect.stringMatching(/^The sign-in to the session "corp" was denied/),
        count: 1,
        failedAt: timestamp,
        nextTryAt: timestamp,
        isOver: false,
      },
    ]);
    const [{ failedAt, nextTryAt } = {}] = failures;
    expect(Date.parse(String(nextTryAt)) - Date.parse(String(failedAt))).toBe(600_000);
  });

  test('shows roles that have expired, and the last five errors', async () => {
    const sandbox = await open();
    expectCredentials(await sandbox.run());
    ageRoles(sandbox, 2 * hours);
    for (let n = 1; n <= 6; n += 1) await sandbox.run(['--profile', `nosuch-${n}`]);
    const finished = await sandbox.run(['status']);
    expect(table(finished, 'ACCOUNT')).toEqual([['111122223333', 'Developer', 'corp', 'expired']]);
    const profiles = table(finished, 'LAST ERRORS').map(([, profile]) => profile);
    expect(profiles).toEqual(['nosuch-2', 'nosuch-3', 'nosuch-4', 'nosuch-5', 'nosuch-6']);
    const [{ secondsLeft } = {}] = (await reportOf(sandbox)).roles;
    expect(secondsLeft).toBe(0);
  });

  test('shows one session, and its roles alone', async () => {
    const sandbox = await open();
    addSession(sandbox, 'second');
    expectCredentials(await sandbox.run());
    const { sessions, roles } = await reportOf(sandbox, '--session', 'second');
    expect(sessions.map(({ session }) => session)).toEqual(['second']);
    expect(roles).toEqual([]);
    expect((await reportOf(sandbox, '--session', 'corp')).roles).toHaveLength(1);
  });

  test('knows start URLs without a session, from profiles and flags', async () => {
    const sandbox = await open();
    const { startUrl, region } = sandbox.standIn;
    const legacy = `sso_start_url = ${startUrl}\nsso_region = ${region}\n`;
    appendFileSync(sandbox.configFile, `\n[profile one]\n${legacy}\n[profile two]\n${legacy}`);
    const { sessions } = await reportOf(sandbox);
    expect(sessions).toMatchObject([{ session: 'corp' }, { session: null, url: startUrl }]);
    const flags = ['--start-url', startUrl, '--sso-region', region];
    const [byFlags] = (await reportOf(sandbox, ...flags)).sessions;
    const { signInCommand, ...others } = sessions[1] ?? {};
    expect(signInCommand).toBe('sso-cred login --profile one');
    expect(byFlags).toMatchObject(others);
  });

  test('shows what is good in a config that is partly wrong, or not there', async () => {
    const sandbox = await open();
    appendFileSync(sandbox.configFile, '\n[sso-session broken]\nsso_region = eu-west-1\n');
    const { sessions } = await reportOf(sandbox);
    expect(sessions.map(({ session }) => session)).toEqual(['corp']);
    const broken = await sandbox.run(['status', '--session', 'broken']);
    expectFailure(broken, 2, /^\[sso-session broken\].*~\/\.aws\/config:\d+.*sso_start_url/);
    const mistyped = await sandbox.run(['status', '--session', 'crop']);
    expectFailure(mistyped, 2, /^There is no session "crop" .*\(did you mean "corp"\?\)/);
    const nowhere = join(sandbox.home, 'nowhere');
    const empty = await sandbox.run(['status', '--config-file', nowhere, '--cache-dir', nowhere]);
    expect(empty).toMatchObject({
      exitStatus: 0,
      stdout: 'No sessions in the config. Run: sso-cred configure\n',
    });
  });
});
