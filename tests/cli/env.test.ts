import { spawnSync } from 'node:child_process';
import { describe, expect, test } from '@jest/globals';
import { builds } from '../support/builds.ts';
import { cliSandboxes } from '../support/cli-sandbox.ts';
import { expectCredentials, expectFailure } from '../support/outcome.ts';
import { runProcess } from '../support/run-process.ts';

/** The line that a person types in each shell, by what docs/command-line.md says. */
const lines = {
  sh: 'eval "$(sso-cred env --profile dev)"',
  bash: 'eval "$(sso-cred env --profile dev)"',
  zsh: 'eval "$(sso-cred env --profile dev)"',
  fish: 'sso-cred env --profile dev --format fish | source',
  pwsh: 'sso-cred env --profile dev --format powershell | Out-String | Invoke-Expression',
} as const;

describe.each(builds())('$name', (build) => {
  const open = cliSandboxes(build);

  test.each(Object.entries(lines))('%s takes on the role', async (shell, line) => {
    if (spawnSync(shell, ['-c', 'exit 0']).status !== 0) {
      process.stderr.write(`SKIPPED: no ${shell}\n`);
      return;
    }
    const sandbox = await open();
    const credentials = expectCredentials(await sandbox.run());
    const print = `'${process.execPath}' -p 'JSON.stringify(process.env)'`;
    const script = `${line}\n${shell === 'pwsh' ? `& ${print}` : print}`;
    const env = { ...sandbox.env, AWS_PROFILE: 'other', AWS_ROLE_ARN: 'other' };
    const finished = await runProcess(shell, ['-c', script], { env });
    expect(finished).toMatchObject({ exitStatus: 0, stderr: '' });
    const environment = JSON.parse(finished.stdout);
    expect(environment).toMatchObject({
      AWS_ACCESS_KEY_ID: credentials.AccessKeyId,
      AWS_SECRET_ACCESS_KEY: credentials.SecretAccessKey,
      AWS_SESSION_TOKEN: credentials.SessionToken,
      AWS_CREDENTIAL_EXPIRATION: credentials.Expiration,
      AWS_REGION: 'eu-west-1',
    });
    expect(environment).not.toHaveProperty('AWS_PROFILE');
    expect(environment).not.toHaveProperty('AWS_ROLE_ARN');
  });

  test('dotenv and json are files with the same', async () => {
    const sandbox = await open();
    const { AccessKeyId } = expectCredentials(await sandbox.run());
    const dotenv = await sandbox.run(['env', '--profile', 'dev', '--format', 'dotenv']);
    const json = await sandbox.run(['env', '--profile', 'dev', '--format', 'json']);
    const read = Object.fromEntries(
      dotenv.stdout
        .trimEnd()
        .split('\n')
        .map((each) => [each.slice(0, each.indexOf('=')), each.slice(each.indexOf('=') + 1)]),
    );
    expect(read).toMatchObject({ AWS_ACCESS_KEY_ID: AccessKeyId, AWS_REGION: 'eu-west-1' });
    expect(JSON.parse(json.stdout)).toEqual(read);
    expect([dotenv.stderr, json.stderr]).toEqual(['', '']);
  });

  test('a region of the caller that no file can hold is refused, and nothing is printed', async () => {
    const sandbox = await open();
    const args = ['env', '--profile', 'dev', '--format', 'dotenv'];
    expectFailure(
      await sandbox.run(args, { AWS_REGION: 'a b' }),
      2,
      /^AWS_REGION has characters that the format dotenv cannot hold: take another --format\.$/,
    );
    const sh = await sandbox.run(['env', '--profile', 'dev'], { AWS_REGION: "'; touch x #" });
    expect(sh.stdout).toContain(`export AWS_REGION=''\\''; touch x #'\n`);
  });

  test('an unknown format is refused, and a failure prints nothing', async () => {
    const sandbox = await open({ token: false });
    const csh = await sandbox.run(['env', '--profile', 'dev', '--format', 'csh']);
    expectFailure(csh, 2, /^--format takes one of sh, fish, powershell, cmd, dotenv, json\.$/);
    const signedOut = await sandbox.run(['env', '--profile', 'dev']);
    expectFailure(signedOut, 3, /^Not signed in to the session "corp"\. Run: sso-cred login /);
  });
});
