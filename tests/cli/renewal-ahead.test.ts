import { appendFileSync, existsSync, readdirSync, utimesSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, test } from '@jest/globals';
import { ageFailures, ageRoles } from '../support/age-records.ts';
import { builds } from '../support/builds.ts';
import { type CliSandbox, cliSandboxes } from '../support/cli-sandbox.ts';
import { expectCredentials } from '../support/outcome.ts';

const minutes = 60_000;

/** The marks of renewals that are going on, or have failed. */
function marks({ cacheDirectory }: CliSandbox): readonly string[] {
  const folder = join(cacheDirectory, 'pending');
  return existsSync(folder) ? readdirSync(folder).map((name) => join(folder, name)) : [];
}

/** Waits for something that a process in the background does. */
async function until(isSo: () => boolean): Promise<void> {
  for (const deadline = Date.now() + 60_000; !isSo(); await sleep(20)) {
    if (Date.now() > deadline) throw new Error('it never came to that');
  }
}

/** So long after a call, with an index of its profile: the next call needs no config. */
async function openAfter(
  open: ReturnType<typeof cliSandboxes>,
  ageMs: number,
  settings = '',
): Promise<{ readonly sandbox: CliSandbox; readonly key: string }> {
  const sandbox = await open();
  if (settings !== '') appendFileSync(sandbox.configFile, `\n[sso-cred settings]\n${settings}\n`);
  await settle(sandbox);
  expectCredentials(await sandbox.run());
  const { AccessKeyId: key } = expectCredentials(await sandbox.run());
  ageRoles(sandbox, ageMs);
  sandbox.newCalls();
  return { sandbox, key };
}

/** Config that was written a while ago: such as is indexed at once. */
async function settle({ configFile }: CliSandbox): Promise<void> {
  const before = Date.now() / 1000 - 60;
  utimesSync(configFile, before, before);
  // The time of the change of the file's own record cannot be set.
  await sleep(2_100);
}

const asked = { GetRoleCredentials: 1 };

describe.each(builds())('$name', (build) => {
  const open = cliSandboxes(build);

  test('a crowd that is past half of the lifetime is served, and one process renews', async () => {
    const { sandbox, key } = await openAfter(open, 31 * minutes);
    const crowd = await Promise.all(Array.from({ length: 10 }, () => sandbox.run()));
    const keys = new Set(crowd.map((each) => expectCredentials(each).AccessKeyId));
    expect(keys).toContain(key);
    // Who comes late may have what is new already.
    expect(keys.size).toBeLessThanOrEqual(2);
    await until(() => sandbox.standIn.calls('GetRoleCredentials').length === 2);
    await until(() => marks(sandbox).length === 0);
    expect(expectCredentials(await sandbox.run()).AccessKeyId).not.toBe(key);
    expect(sandbox.newCalls()).toEqual(asked);
  });

  test('--explain tells it, and takes part in it', async () => {
    const { sandbox } = await openAfter(open, 31 * minutes);
    const { exitStatus, stderr } = await sandbox.run(['--profile', 'dev', '--explain']);
    expect(exitStatus).toBe(0);
    expect(stderr).toMatch(/^renewal +ahead: a process of its own renews what was handed out$/m);
    await until(() => sandbox.standIn.calls('GetRoleCredentials').length === 2);
    await until(() => marks(sandbox).length === 0);
  });

  test('what failed is not tried again at once, and asks nobody to sign in', async () => {
    const { sandbox, key } = await openAfter(open, 31 * minutes);
    sandbox.standIn.fault('GetRoleCredentials', { status: 400, times: Infinity });
    expect(expectCredentials(await sandbox.run()).AccessKeyId).toBe(key);
    await until(() => sandbox.newCalls()['GetRoleCredentials'] !== undefined);
    for (let call = 0; call < 3; call += 1) {
      expect(expectCredentials(await sandbox.run()).AccessKeyId).toBe(key);
    }
    const [mark = ''] = marks(sandbox);
    await sleep(500);
    expect(sandbox.newCalls()).toEqual({});

    sandbox.standIn.clearFaults();
    const longAgo = Date.now() / 1000 - 301;
    utimesSync(mark, longAgo, longAgo);
    ageFailures(sandbox, 10 * minutes);
    expect(expectCredentials(await sandbox.run()).AccessKeyId).toBe(key);
    await until(() => marks(sandbox).length === 0);
    expect(expectCredentials(await sandbox.run()).AccessKeyId).not.toBe(key);
  });

  test.each([
    ['before half of the lifetime', 29 * minutes, '', {}],
    ['where CI is set', 31 * minutes, '', { CI: 'true' }],
    ['where the settings say no', 31 * minutes, 'renew_ahead = false', {}],
  ])('nothing is renewed ahead %s', async (_, ageMs, settings, variables) => {
    const { sandbox, key } = await openAfter(open, ageMs, settings);
    const { AccessKeyId } = expectCredentials(await sandbox.run(undefined, variables));
    expect(AccessKeyId).toBe(key);
    expect(marks(sandbox)).toEqual([]);
    await sleep(300);
    expect(sandbox.newCalls()).toEqual({});
  });
});
