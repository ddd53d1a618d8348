import { spawn, spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from '@jest/globals';
import type { Fields } from '../stand-in/wire.ts';
import { builds } from '../support/builds.ts';
import { type CliSandbox, cliSandboxes } from '../support/cli-sandbox.ts';
import { expectCredentials } from '../support/outcome.ts';
import { type Finished, runProcess } from '../support/run-process.ts';

const args = ['--profile', 'dev'];
const canTrace = spawnSync('strace', ['-o', '/dev/null', 'true']).status === 0;
if (!canTrace) process.stderr.write('SKIPPED: strace cannot run here, writes are not counted\n');

const hasPython = spawnSync('python3', ['-c', 'import os']).status === 0;
if (!hasPython) process.stderr.write('SKIPPED: no python3, no pipe is filled\n');

/** Runs a program with a pipe that does not block as its stdout, and begins to read late. */
const lateReader = `
import os, subprocess, sys, time
reader, writer = os.pipe()
os.set_blocking(writer, False)
process = subprocess.Popen(sys.argv[1:], stdout=writer)
os.close(writer)
time.sleep(0.5)
with os.fdopen(reader, 'rb') as answer:
    sys.stdout.buffer.write(answer.read())
sys.exit(process.wait())
`;

/** Makes the stand-in issue these credentials. */
function issue({ standIn }: CliSandbox, changes: Fields): void {
  standIn.fault('GetRoleCredentials', {
    times: Infinity,
    transform: ({ roleCredentials }) => ({
      roleCredentials: { ...Object(roleCredentials), ...changes },
    }),
  });
}

describe.each(builds())('$name', (build) => {
  const open = cliSandboxes(build);

  test('is the contract to the byte, cold and cached', async () => {
    const sandbox = await open();
    const expiration = (Math.floor(Date.now() / 1000) + 3600) * 1000 + 999;
    issue(sandbox, {
      accessKeyId: 'ASIAEXAMPLE0EXAMPLE0',
      secretAccessKey: 'secret/of+the=role',
      sessionToken: 'token/of+the=role',
      expiration,
    });
    const floored = `${new Date(expiration).toISOString().slice(0, 19)}Z`;
    const cold = await sandbox.run();
    expect(cold).toEqual({
      exitStatus: 0,
      signal: null,
      stdout:
        '{"Version":1,"AccessKeyId":"ASIAEXAMPLE0EXAMPLE0",' +
        '"SecretAccessKey":"secret/of+the=role","SessionToken":"token/of+the=role",' +
        `"Expiration":"${floored}","AccountId":"111122223333"}\n`,
      stderr: '',
    });
    expect(await sandbox.run()).toEqual(cold);
    expect(sandbox.newCalls()).toEqual({ GetRoleCredentials: 1 });
  });

  test.each([
    { name: '20 KB', sessionToken: 'IQoJb3JpZ2lu'.repeat(1_700) },
    { name: 'characters that JSON escapes', sessionToken: '"\\\b\n\t\u0000/\u2028 \u007f' },
    { name: 'characters of several bytes', sessionToken: 'é€𝄞\ufeff' },
  ])('passes on a session token of $name as it is', async ({ sessionToken }) => {
    const sandbox = await open();
    issue(sandbox, { sessionToken });
    const cold = await sandbox.run();
    expect(expectCredentials(cold).SessionToken).toBe(sessionToken);
    expect(await sandbox.run()).toEqual(cold);
    expect(sandbox.newCalls()).toEqual({ GetRoleCredentials: 1 });
  });

  (canTrace ? test : test.skip)('is written at once', async () => {
    const sandbox = await open();
    issue(sandbox, { sessionToken: 'IQoJb3JpZ2lu'.repeat(1_700) });
    const log = join(sandbox.home, 'writes');
    const traced = ['-f', '-e', 'trace=write,writev,pwrite64', '-o', log, sandbox.program, ...args];
    for (const expectedCalls of [{ GetRoleCredentials: 1 }, {}]) {
      const finished = await runProcess('strace', traced, { env: sandbox.env });
      expectCredentials(finished);
      expect(sandbox.newCalls()).toEqual(expectedCalls);
      const writes = readFileSync(log, 'utf8').match(/p?writev?(64)?\([12], .*/g);
      expect(writes).toEqual([
        expect.stringMatching(`^write\\(1, .* = ${finished.stdout.length}$`),
      ]);
    }
  });

  (hasPython ? test : test.skip)(
    'arrives whole where a pipe is full and does not block',
    async () => {
      const sandbox = await open();
      issue(sandbox, { sessionToken: 'é'.repeat(100_000) });
      const answer = await sandbox.run();
      for (const more of [[], ['--refresh']]) {
        const late = ['-c', lateReader, sandbox.program, ...args, ...more];
        const finished = await runProcess('python3', late, { env: sandbox.env });
        expect(finished).toMatchObject({ exitStatus: 0, stderr: '' });
        expect(expectCredentials(finished).SessionToken).toBe(
          expectCredentials(answer).SessionToken,
        );
      }
    },
  );

  test('comes whatever stdin is, of which nothing is read', async () => {
    const sandbox = await open();
    const shell = (script: string) => runProcess('sh', ['-c', script], { env: sandbox.env });
    const call = `sso-cred ${args.join(' ')}`;
    const cold = await shell(`printf unread | { ${call}; cat; }`);
    expect(cold).toMatchObject({ exitStatus: 0, stderr: '' });
    expect(cold.stdout).toMatch(/^\{.*\}\nunread$/);
    const line = cold.stdout.replace('unread', '');
    expect(await shell(`printf unread | { ${call}; cat; }`)).toEqual(cold);
    expect(await shell(`exec ${call} <&-`)).toEqual({ ...cold, stdout: line });
    expect(await shell(`exec ${call} </dev/null`)).toEqual({ ...cold, stdout: line });
  });

  test('is no success when it cannot be written, but is kept for the next caller', async () => {
    const sandbox = await open();
    for (const expectedCalls of [{ GetRoleCredentials: 1 }, {}]) {
      const { exitStatus, stderr } = await runUnread(sandbox);
      expect(exitStatus).toBeGreaterThan(0);
      expect(stderr).toMatch(/^([^\n]+\n)?$/);
      expect(stderr).not.toMatch(/EPIPE|:\d+:\d+/);
      expect(sandbox.newCalls()).toEqual(expectedCalls);
    }
    const full = await runProcess('sh', ['-c', `exec sso-cred ${args.join(' ')} >/dev/full`], {
      env: sandbox.env,
    });
    expect(full.exitStatus).toBeGreaterThan(0);
    expectCredentials(await sandbox.run());
    expect(sandbox.newCalls()).toEqual({});
  });
});

/** Runs sso-cred with a stdout that nobody reads. */
function runUnread({ program, env }: CliSandbox): Promise<Pick<Finished, 'exitStatus' | 'stderr'>> {
  return new Promise((resolve, reject) => {
    const child = spawn(program, args, { env: { ...env }, stdio: ['ignore', 'pipe', 'pipe'] });
    child.stdout.destroy();
    let stderr = '';
    child.stderr.setEncoding('utf8').on('data', (text: string) => {
      stderr += text;
    });
    child.on('error', reject);
    child.on('close', (exitStatus) => resolve({ exitStatus, stderr }));
  });
}
