import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, test } from '@jest/globals';
import { decodePendingRecord } from '../../src/model/pending-record.ts';
import { holdFailures } from '../support/age-records.ts';
import { builds } from '../support/builds.ts';
import { type CliSandbox, cliSandboxes } from '../support/cli-sandbox.ts';
import { expectCredentials, expectFailure } from '../support/outcome.ts';
import { readTokenFile } from '../support/sign-in.ts';

const expired = { token: { expiresInS: -1 } };

/** A call that has no time for a refresh of its own. */
const hurried = ['--profile', 'dev', '--timeout', '10'];

/** The process that works for others, once it does. */
function workerOf({ cacheDirectory }: CliSandbox) {
  const folder = join(cacheDirectory, 'pending');
  const [name = ''] = readdirSync(folder);
  return decodePendingRecord(readFileSync(join(folder, name), 'utf8'))?.owner.pid ?? 0;
}

const entriesOf = (pid: number, what: 'cmdline' | 'environ') =>
  readFileSync(`/proc/${pid}/${what}`, 'utf8').split('\0').slice(0, -1);

const onLinux = process.platform === 'linux' ? test : test.skip;

describe.each(builds())('$name', (build) => {
  const open = cliSandboxes(build);

  onLinux('leaves a refresh to a process of its own when there is little time for it', async () => {
    const sandbox = await open(expired);
    const { standIn } = sandbox;
    const before = readTokenFile(sandbox.tokenFile);
    const hold = standIn.barrier('reply');
    standIn.fault('CreateToken', { hold });
    const variables = { NODE_OPTIONS: '--no-warnings', BUN_OPTIONS: '--silent' };
    const running = sandbox.start(hurried, build.name === 'executable' ? {} : variables);
    await hold.arrivals(1);
    const pid = workerOf(sandbox);
    const words = entriesOf(pid, 'cmdline');
    const environment = entriesOf(pid, 'environ');
    hold.release();

    expectCredentials(await running.finished);
    expect(sandbox.newCalls()).toEqual({ CreateToken: 1, GetRoleCredentials: 1 });
    expect(pid).not.toBe(running.pid);
    const own = words.slice(words.indexOf('worker'));
    expect(own).toEqual([
      'worker',
      '--task=refresh',
      expect.stringMatching(/^--id=[0-9a-f]{16}$/),
      '--profile=dev',
      expect.stringMatching(/^--config-file=\//),
      expect.stringMatching(/^--credentials-file=\//),
      `--cache-dir=${sandbox.cacheDirectory}`,
    ]);
    for (const text of [...words, ...environment]) {
      expect(text).not.toMatch(/^(NODE_OPTIONS|BUN_OPTIONS|BUN_BE_BUN)=/);
      for (const name of ['accessToken', 'refreshToken', 'clientSecret']) {
        expect(text).not.toContain(before[name] ?? '');
      }
    }
  });

  test('has its refresh finished by that process when a caller gives it up', async () => {
    const sandbox = await open(expired);
    const { standIn, tokenFile } = sandbox;
    const before = readTokenFile(tokenFile)['refreshToken'];
    const hold = standIn.barrier('reply');
    standIn.fault('CreateToken', { hold });
    const running = sandbox.start(hurried);
    await hold.arrivals(1);
    running.kill('SIGKILL');
    await running.finished;
    hold.release();
    while (readTokenFile(tokenFile)['refreshToken'] === before) await sleep(20);

    expectCredentials(await sandbox.run(hurried));
    expect(sandbox.newCalls()).toEqual({ CreateToken: 1, GetRoleCredentials: 1 });
    expect(standIn.refreshReuseCount()).toBe(0);
  });

  test('asks again on --refresh, whatever failed before, by that process too', async () => {
    const sandbox = await open(expired);
    const { standIn } = sandbox;
    standIn.fault('CreateToken', { status: 500, times: 2 });
    expectFailure(await sandbox.run(hurried), 5, /CreateToken/);
    holdFailures(sandbox);
    expectFailure(await sandbox.run(hurried), 5, /next try in/);
    expectCredentials(await sandbox.run([...hurried, '--refresh']));
    expect(sandbox.newCalls()).toEqual({ CreateToken: 3, GetRoleCredentials: 1 });
  });

  test('does nothing as that process for work that nobody has begun', async () => {
    const sandbox = await open(expired);
    for (const task of ['refresh', 'sign-in']) {
      const args = ['worker', '--task', task, '--id', '0123456789abcdef', '--session', 'corp'];
      expect(await sandbox.run(args)).toMatchObject({ exitStatus: 0, stdout: '', stderr: '' });
    }
    expectFailure(await sandbox.run(['worker', '--session', 'corp']), 2, /--task and --id/);
    expect(sandbox.newCalls()).toEqual({});
  });
});
