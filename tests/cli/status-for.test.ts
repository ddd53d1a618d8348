import { writeFileSync } from 'node:fs';
import { describe, expect, test } from '@jest/globals';
import { ageRoles, ageToken } from '../support/age-records.ts';
import { builds } from '../support/builds.ts';
import { type CliSandbox, cliSandboxes } from '../support/cli-sandbox.ts';
import { expectCredentials, expectFailure } from '../support/outcome.ts';

const minutes = 60_000;
const session = ['--session', 'corp'];
const profile = ['--profile', 'dev'];

/** What `status --json` says to `--for`. */
interface Answer {
  readonly seconds: number;
  readonly isGood: boolean;
  readonly reason: string | null;
  readonly command: string | null;
}

/** Asks, and holds exit status and both forms of the answer against each other. */
async function ask(sandbox: CliSandbox, duration: string, of: readonly string[]): Promise<Answer> {
  const args = ['status', ...of, '--for', duration];
  const asJson = await sandbox.run([...args, '--json']);
  expect(asJson.stderr).toBe('');
  const answer: Answer = JSON.parse(asJson.stdout).for;
  expect(asJson.exitStatus).toBe(answer.isGood ? 0 : 3);
  return answer;
}

describe.each(builds())('$name', (build) => {
  const open = cliSandboxes(build);

  test('a session that can be refreshed is good, and is refreshed to know it', async () => {
    const sandbox = await open();
    expect(await ask(sandbox, '3h', session)).toEqual({
      seconds: 10_800,
      isGood: true,
      reason: null,
      command: null,
    });
    // The token is new.
    expect(sandbox.newCalls()).toEqual({});
    ageToken(sandbox, 10 * minutes);
    expect(await ask(sandbox, '30m', session)).toMatchObject({ isGood: true });
    expect(sandbox.newCalls()).toEqual({});
    expect(await ask(sandbox, '1h30m', session)).toMatchObject({ isGood: true, seconds: 5400 });
    expect(sandbox.newCalls()).toEqual({ CreateToken: 1 });
    ageToken(sandbox, 2 * 60 * minutes);
    expect(await ask(sandbox, '60', session)).toMatchObject({ isGood: true });
    expect(sandbox.newCalls()).toEqual({ CreateToken: 1 });
  });

  test('a session that nobody can prolong is good for as long as its token', async () => {
    const sandbox = await open({ token: { withRefreshToken: false } });
    expect(await ask(sandbox, '50m', session)).toMatchObject({ isGood: true });
    expect(await ask(sandbox, '3h', session)).toMatchObject({
      isGood: false,
      reason: expect.stringMatching(/^The session "corp" ends in (59|60) min: .*refresh token/),
      command: 'sso-cred login --session corp --force',
    });
    expect(sandbox.newCalls()).toEqual({});
  });

  test('a session that has ended, or never began, is not good', async () => {
    const sandbox = await open({ token: false });
    const login = 'sso-cred login --session corp';
    expect(await ask(sandbox, '1m', session)).toMatchObject({ isGood: false, command: login });
    const token = sandbox.standIn.issueToken();
    writeFileSync(sandbox.tokenFile, JSON.stringify(token), { mode: 0o600 });
    ageToken(sandbox, 10 * minutes);
    sandbox.standIn.endSession();
    // Its token does not show that AWS has ended it; a refresh does.
    expect(await ask(sandbox, '5m', session)).toMatchObject({ isGood: true });
    expect(await ask(sandbox, '2h', session)).toMatchObject({
      isGood: false,
      reason: expect.stringMatching(/^The session "corp" has ended: /),
      command: login,
    });
    const finished = await sandbox.run(['status', ...session, '--for', '2h']);
    expect(finished).toMatchObject({ exitStatus: 3, stderr: '' });
    expect(finished.stdout).toMatch(
      /\nNot good for 2 h\.\nThe session "corp" has ended: .*\nRun: /,
    );
  });

  test('with a profile its role must last as long, and is renewed where that helps', async () => {
    const sandbox = await open();
    expect(await ask(sandbox, '50m', profile)).toMatchObject({ isGood: true });
    expect(sandbox.newCalls()).toMatchObject({ GetRoleCredentials: 1 });
    ageRoles(sandbox, 30 * minutes);
    expect(await ask(sandbox, '20m', profile)).toMatchObject({ isGood: true });
    expect(sandbox.newCalls()).not.toHaveProperty('GetRoleCredentials');
    expect(await ask(sandbox, '50m', profile)).toMatchObject({ isGood: true });
    expect(sandbox.newCalls()).toMatchObject({ GetRoleCredentials: 1 });

    expect(await ask(sandbox, '3h', profile)).toMatchObject({
      isGood: false,
      reason: expect.stringMatching(
        /^The credentials of the role Developer in account 111122223333 last (59|60) min, /,
      ),
      command: null,
    });
    expect(sandbox.newCalls()).not.toHaveProperty('GetRoleCredentials');
  });

  test('without a name it is about the profile that the environment names', async () => {
    const sandbox = await open();
    const args = ['status', '--for', '10m'];
    expect(await sandbox.run(args, { AWS_PROFILE: 'dev' })).toMatchObject({ exitStatus: 0 });
    expectFailure(await sandbox.run(args), 2, /^There is no profile "default"/);
  });

  test('where AWS cannot be asked, or refuses, there is no answer', async () => {
    const sandbox = await open();
    expectCredentials(await sandbox.run());
    sandbox.standIn.fault('GetRoleCredentials', { status: 403, times: 9 });
    ageRoles(sandbox, 55 * minutes);
    const refused = await sandbox.run(['status', ...profile, '--for', '30m']);
    expectFailure(refused, 6, /^AWS refuses the role Developer/);
    ageToken(sandbox, 10 * minutes);
    sandbox.standIn.fault('CreateToken', { status: 503, times: 9 });
    const failed = await sandbox.run(['status', ...session, '--for', '3h']);
    expectFailure(failed, 5, /^CreateToken failed with status 503/);
  });

  test.each(['', '0', '3', 'h', '3 h', '-1h', '1.5h', '3w'].map((text) => [text]))(
    'is no duration unless it is one: "%s"',
    async (text) => {
      const sandbox = await open();
      const finished = await sandbox.run(['status', ...session, `--for=${text}`]);
      // Seconds alone are a duration.
      if (text === '3') expect(finished.exitStatus).toBe(0);
      else expectFailure(finished, 2, /^--for (?:is empty|takes a duration such as 3h)/);
    },
  );
});
