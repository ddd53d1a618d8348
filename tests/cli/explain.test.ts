import { readFileSync, writeFileSync } from 'node:fs';
import { describe, expect, test } from '@jest/globals';
import { ageRoles, ageToken, holdFailures } from '../support/age-records.ts';
import { builds } from '../support/builds.ts';
import { type CliSandbox, cliSandboxes } from '../support/cli-sandbox.ts';
import { parseCredentials } from '../support/outcome.ts';

const minutes = 60_000;
const explain = ['--profile', 'dev', '--explain'];

/** What a call tells with --explain, beside what it does without. */
async function explained(sandbox: CliSandbox, exitStatus: number): Promise<string> {
  const { stdout, stderr, ...rest } = await sandbox.run(explain);
  expect(rest).toEqual({ exitStatus, signal: null });
  if (exitStatus === 0) {
    const { AccessKeyId } = parseCredentials(stdout);
    expect(stderr).toContain(`${AccessKeyId.slice(0, 4)}…${AccessKeyId.slice(-4)}`);
  } else {
    expect(stdout).toBe('');
  }
  expect(stderr).toMatch(/^version +sso-cred \d/);
  expect(stderr).toMatch(/^total +\d+ ms$/m);
  return stderr;
}

// That no secret is told is checked after each test, for each call: see cliSandboxes.
describe.each(builds())('$name', (build) => {
  const open = cliSandboxes(build);

  test('tells each step of a call that answers, and its stdout is the contract', async () => {
    const sandbox = await open();
    const cold = await explained(sandbox, 0);
    expect(cold).toMatch(/^setting +sso_cred_session = corp \(~\/\.aws\/config:4\)$/m);
    expect(cold).toMatch(/^setting +sso_region = eu-west-1 \(~\/\.aws\/config:\d+\)$/m);
    expect(cold).toMatch(/^setting +endpoint of sso\b.*127\.0\.0\.1/m);
    expect(cold).toMatch(/^cache .*\.json: nothing cached$/m);
    expect(cold).toMatch(
      /^lock .*the role Developer in account 111122223333: taken after \d+ ms$/m,
    );
    expect(cold).toMatch(/^token .*\.json: its token is good for \d+ min$/m);
    const [call] = sandbox.standIn.calls('GetRoleCredentials');
    expect(cold).toMatch(
      new RegExp(
        `^network +GetRoleCredentials at 127\\.0\\.0\\.1:\\d+ \\(accountId=111122223333, roleName=Developer\\): status 200, request id ${call?.requestId}, \\d+ ms$`,
        'm',
      ),
    );

    const cached = await explained(sandbox, 0);
    expect(cached).toMatch(/^cache .*\.json: cached, 59 min left, renewed below \d+ min\b/m);
    expect(cached).not.toMatch(/^(network|lock|token) /m);

    ageRoles(sandbox, 61 * minutes);
    ageToken(sandbox, 120 * minutes);
    const renewed = await explained(sandbox, 0);
    expect(renewed).toMatch(/^cache .*: cached, but expired$/m);
    expect(renewed).toMatch(/^token .*its token has expired$/m);
    expect(renewed).toMatch(
      /^network +CreateToken at \S+ \(grantType=refresh_token\): status 200, request id /m,
    );
    expect(renewed).toMatch(/^token +refreshed: good until \S+Z, refresh token replaced$/m);
  });

  test('tells no secret, whatever goes wrong', async () => {
    const sandbox = await open();
    const { standIn, tokenFile } = sandbox;
    const token = (): { readonly accessToken: string; readonly refreshToken: string } =>
      JSON.parse(readFileSync(tokenFile, 'utf8'));
    const again = ['--profile', 'dev', '--explain', '--refresh'];

    standIn.revokeAccessToken(token().accessToken);
    expect(parseCredentials((await sandbox.run(again)).stdout).AccountId).toBe('111122223333');
    const message = `Bearer ${token().accessToken} may not`;
    for (const fault of [
      { status: 403, message },
      { status: 400, error: 'InvalidRequestException', message },
      { status: 429, message, headers: { 'retry-after': '3600' } },
      { body: `<html>${message}</html>`, times: 3 },
      { transform: () => ({ accessToken: token().accessToken }), times: 3 },
    ]) {
      standIn.fault('GetRoleCredentials', fault);
      expect(await sandbox.run(again)).toMatchObject({ stdout: '' });
    }
    ageToken(sandbox, 120 * minutes);
    standIn.fault('CreateToken', {
      status: 400,
      error: 'InvalidGrantException',
      message: `Refresh token ${token().refreshToken} was used before`,
    });
    expect(await sandbox.run(again)).toMatchObject({ exitStatus: 3, stdout: '' });
    writeFileSync(tokenFile, readFileSync(tokenFile, 'utf8').slice(0, -5));
    expect(await sandbox.run(again)).toMatchObject({ exitStatus: 3, stdout: '' });
  });

  test('tells the steps of a call that fails, and what would help', async () => {
    const sandbox = await open({ roleName: 'Devloper' });
    const refused = await explained(sandbox, 6);
    expect(refused).toMatch(/^network +ListAccountRoles at /m);
    expect(refused).toMatch(
      /^decision +in account 111122223333 you have Developer, ReadOnly\b.*did you mean Developer\?/m,
    );
    expect(refused).toMatch(/^AWS refuses the role Devloper in account 111122223333: /m);
    holdFailures(sandbox);
    expect(await explained(sandbox, 6)).toMatch(/^failure +remembered: AWS refuses the role\b/m);

    sandbox.standIn.fault('GetRoleCredentials', { status: 500, times: Infinity });
    writeFileSync(sandbox.tokenFile, JSON.stringify(sandbox.standIn.issueToken()));
    const failed = await explained(sandbox, 5);
    expect(failed.match(/^network +GetRoleCredentials .*: status 500, /gm)).toHaveLength(3);
    expect(failed.match(/^network .*; trying again in \d+ ms$/gm)).toHaveLength(2);

    sandbox.standIn.endSession();
    writeFileSync(
      sandbox.tokenFile,
      JSON.stringify({
        ...sandbox.standIn.issueToken({ expiresInS: -1 }),
        refreshToken: 'aorAAAAAspent',
      }),
    );
    const ended = await explained(sandbox, 3);
    expect(ended).toMatch(/^network +CreateToken at .*: status 400, /m);
    expect(ended).toMatch(/^The session "corp" has ended\b.* Run: /m);

    writeFileSync(sandbox.configFile, '[profile dev]\nsso_session = none\n');
    expect(await explained(sandbox, 2)).toMatch(/^sso_session at ~\/\.aws\/config:2 names /m);
  });
});
