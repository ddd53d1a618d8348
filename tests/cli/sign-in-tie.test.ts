import {
  chmodSync,
  chownSync,
  mkdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { dirname, join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { describe, expect, test } from '@jest/globals';
import { ageToken } from '../support/age-records.ts';
import { builds } from '../support/builds.ts';
import { type CliSandbox, cliSandboxes } from '../support/cli-sandbox.ts';
import { expectCredentials, expectFailure } from '../support/outcome.ts';

const minutes = 60_000;
const signInNeeded = /"corp"[^\n]* Run: .*\blogin\b/;
const isRoot = process.geteuid?.() === 0;
if (!isRoot) process.stderr.write('SKIPPED: not root, files of other users are not tested\n');

type TokenFile = Readonly<Record<string, string>>;

function readToken({ tokenFile }: CliSandbox): TokenFile {
  return JSON.parse(readFileSync(tokenFile, 'utf8'));
}

function writeToken({ tokenFile }: CliSandbox, token: Readonly<Record<string, unknown>>): void {
  writeFileSync(tokenFile, JSON.stringify(token));
}

describe.each(builds())('$name', (build) => {
  const open = cliSandboxes(build);

  test('nothing cached is handed out once the token file is gone', async () => {
    const sandbox = await open();
    expectCredentials(await sandbox.run());
    rmSync(sandbox.tokenFile);
    expectFailure(await sandbox.run(), 3, signInNeeded);
    expect(sandbox.newCalls()).toEqual({ GetRoleCredentials: 1 });
  });

  test('roles stay good when we refresh the token of their sign-in, not under a foreign one', async () => {
    const sandbox = await open({ extraProfiles: 1 });
    const dev = await sandbox.run();
    ageToken(sandbox, 120 * minutes);
    expectCredentials(await sandbox.run(['--profile', 'role-1']));
    expect(sandbox.newCalls()).toEqual({ CreateToken: 1, GetRoleCredentials: 2 });
    expect(await sandbox.run()).toEqual(dev);
    expect(sandbox.newCalls()).toEqual({});

    writeToken(sandbox, {
      ...sandbox.standIn.issueToken({ userName: 'someone.else@example.com' }),
    });
    const other = await sandbox.run();
    expect(expectCredentials(other)).not.toEqual(expectCredentials(dev));
    expect(sandbox.newCalls()).toEqual({ GetRoleCredentials: 1 });
    expect(await sandbox.run()).toEqual(other);
  });

  test('a token that the portal refuses is refreshed once', async () => {
    const sandbox = await open();
    sandbox.standIn.revokeAccessToken(readToken(sandbox)['accessToken'] ?? '');
    expectCredentials(await sandbox.run());
    expect(sandbox.newCalls()).toEqual({ CreateToken: 1, GetRoleCredentials: 2 });
  });

  test('a portal that refuses the refreshed token as well means a sign-in, and is not asked again', async () => {
    const sandbox = await open();
    sandbox.standIn.fault('GetRoleCredentials', { status: 401, times: Infinity });
    expectFailure(await sandbox.run(), 3, signInNeeded);
    expect(sandbox.newCalls()).toEqual({ CreateToken: 1, GetRoleCredentials: 2 });
    expectFailure(await sandbox.run(), 3, signInNeeded);
    expect(sandbox.newCalls()).toEqual({});
  });

  test.each([
    { name: 'of another start URL', changes: { startUrl: 'https://other.awsapps.com/start' } },
    { name: 'of another region', changes: { region: 'us-east-1' } },
    { name: 'without an access token', changes: { accessToken: undefined } },
    { name: 'with an empty access token', changes: { accessToken: '' } },
    { name: 'without an end', changes: { expiresAt: undefined } },
    { name: 'with an end that has no zone', changes: { expiresAt: '2099-01-01T00:00:00' } },
  ])('a token $name counts as absent, and its file is left alone', async ({ changes }) => {
    const sandbox = await open();
    writeToken(sandbox, { ...readToken(sandbox), ...changes });
    const before = readFileSync(sandbox.tokenFile, 'utf8');
    expectFailure(await sandbox.run(), 3, signInNeeded);
    expect(sandbox.newCalls()).toEqual({});
    expect(readFileSync(sandbox.tokenFile, 'utf8')).toBe(before);
  });

  test.each([
    { name: 'with the four keys of old', token: { withRefreshToken: false }, changes: {} },
    { name: 'with a start URL of another form', changes: { startUrl: 'STARTURL/#/' } },
    {
      name: 'with a date that ends in UTC',
      changes: { expiresAt: '2099-01-01T00:00:00UTC', registrationExpiresAt: undefined },
    },
  ])('a token $name is used', async ({ token = {}, changes }) => {
    const sandbox = await open({ token });
    const text = JSON.stringify({ ...readToken(sandbox), ...changes });
    writeFileSync(sandbox.tokenFile, text.replace('STARTURL', sandbox.standIn.startUrl));
    expectCredentials(await sandbox.run());
    expect(sandbox.newCalls()).toEqual({ GetRoleCredentials: 1 });
  });

  test('a token without the end of its registration is refreshed, and gets no empty key', async () => {
    const sandbox = await open({ token: { expiresInS: -1 } });
    const { registrationExpiresAt: _, expiresAt, ...token } = readToken(sandbox);
    writeToken(sandbox, { ...token, expiresAt: expiresAt?.replace(/Z$/, 'UTC') });
    expectCredentials(await sandbox.run());
    expect(sandbox.newCalls()).toEqual({ CreateToken: 1, GetRoleCredentials: 1 });
    expect(Object.keys(readToken(sandbox))).toEqual([
      'startUrl',
      'region',
      'accessToken',
      'expiresAt',
      'clientId',
      'clientSecret',
      'refreshToken',
    ]);
  });

  test('an expired token whose registration has expired is not sent', async () => {
    const sandbox = await open({ token: { expiresInS: -1, registrationExpiresInS: -1 } });
    expectFailure(await sandbox.run(), 3, signInNeeded);
    expect(sandbox.newCalls()).toEqual({});
  });

  test('a token file that is being written is waited for', async () => {
    const sandbox = await open();
    const whole = readFileSync(sandbox.tokenFile, 'utf8');
    let isOver = false;
    const finished = sandbox.run().finally(() => {
      isOver = true;
    });
    while (!isOver) {
      writeFileSync(sandbox.tokenFile, whole.slice(0, 300));
      // Not a timer: on a busy machine it would be late, and the file torn for too long.
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 15);
      writeFileSync(sandbox.tokenFile, whole);
      await delay(30);
    }
    expectCredentials(await finished);
  });

  test('a token file that stays torn counts as absent, and is left alone', async () => {
    const sandbox = await open();
    const torn = readFileSync(sandbox.tokenFile, 'utf8').slice(0, 300);
    writeFileSync(sandbox.tokenFile, torn);
    expectFailure(await sandbox.run(), 3, signInNeeded);
    expect(readFileSync(sandbox.tokenFile, 'utf8')).toBe(torn);
  });

  test('a token file that others can read is used silently, and is private once we write it', async () => {
    const sandbox = await open();
    chmodSync(sandbox.tokenFile, 0o644);
    expectCredentials(await sandbox.run());
    expect(statSync(sandbox.tokenFile).mode & 0o777).toBe(0o644);
    ageToken(sandbox, 120 * minutes);
    expectCredentials(await sandbox.run(['--profile', 'dev', '--refresh']));
    expect(sandbox.newCalls()).toEqual({ CreateToken: 1, GetRoleCredentials: 2 });
    expect(statSync(sandbox.tokenFile).mode & 0o777).toBe(0o600);
  });

  test('a folder of tokens that is a link is followed', async () => {
    const sandbox = await open({ token: { expiresInS: -1 } });
    const folder = dirname(sandbox.tokenFile);
    const elsewhere = join(sandbox.home, 'elsewhere');
    renameSync(folder, elsewhere);
    symlinkSync(elsewhere, folder);
    expectCredentials(await sandbox.run());
    expect(sandbox.newCalls()).toEqual({ CreateToken: 1, GetRoleCredentials: 1 });
    expect(readToken(sandbox)['refreshToken']).toEqual(expect.any(String));
    expectCredentials(await sandbox.run());
  });

  test('a token file that is a link or a folder is status 7, and nothing cached is handed out', async () => {
    const sandbox = await open();
    expectCredentials(await sandbox.run());
    const elsewhere = join(sandbox.home, 'elsewhere');
    renameSync(sandbox.tokenFile, elsewhere);
    symlinkSync(elsewhere, sandbox.tokenFile);
    expectFailure(await sandbox.run(['--profile', 'dev', '--refresh']), 7, /is a symbolic link\.$/);
    rmSync(sandbox.tokenFile);
    mkdirSync(sandbox.tokenFile);
    expectFailure(await sandbox.run(), 7, /is not a regular file\.$/);
    expect(sandbox.newCalls()).toEqual({ GetRoleCredentials: 1 });
  });

  (isRoot ? test : test.skip)("another user's token file is status 7", async () => {
    const sandbox = await open();
    chownSync(sandbox.tokenFile, 12345, 12345);
    expectFailure(await sandbox.run(), 7, /it belongs to another user \(uid 12345\)\.$/);
    expect(sandbox.newCalls()).toEqual({});
  });

  (isRoot ? test : test.skip)(
    "root reads the token in its owner's folder, but writes nothing there",
    async () => {
      const sandbox = await open();
      const folder = dirname(sandbox.tokenFile);
      chownSync(folder, 12345, 12345);
      chownSync(sandbox.tokenFile, 12345, 12345);
      expectCredentials(await sandbox.run());
      ageToken(sandbox, 120 * minutes);
      const before = readFileSync(sandbox.tokenFile, 'utf8');
      const finished = await sandbox.run(['--profile', 'dev', '--refresh']);
      expectFailure(finished, 7, /belongs to another user \(uid 12345\); is this sudo\?/);
      expect(sandbox.newCalls()).toEqual({ GetRoleCredentials: 1 });
      expect(readFileSync(sandbox.tokenFile, 'utf8')).toBe(before);
    },
  );
});
