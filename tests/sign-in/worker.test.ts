import { spawn } from 'node:child_process';
import { existsSync, readdirSync, readFileSync, readlinkSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { describe, expect, test } from '@jest/globals';
import { notInherited } from '../../src/system/not-inherited.ts';
import { isRunning } from '../stand-in/is-running.ts';
import { builds } from '../support/builds.ts';
import { type CliSandbox, cliSandboxes } from '../support/cli-sandbox.ts';
import { expectCredentials } from '../support/outcome.ts';
import { pendingShown, pendingWhen, userCodeOf } from '../support/pending.ts';
import { blindBrowser, readTokenFile } from '../support/sign-in.ts';

const testOnLinux = process.platform === 'linux' ? test : test.skip;

const signedOut = { aws: { deviceIntervalS: 0.2 }, token: false } as const;
const dev = ['--profile', 'dev'];

/** What stands in a file of /proc, a line for each text that ends in a null byte. */
function procLines(pid: number, name: string): readonly string[] {
  return readFileSync(`/proc/${pid}/${name}`, 'utf8').split('\0').filter(Boolean);
}

/** What a process has open. */
function openFiles(pid: number): readonly string[] {
  const folder = `/proc/${pid}/fd`;
  return readdirSync(folder).map((name) => readlinkSync(join(folder, name)));
}

/** User and system time that a process has used; milliseconds. */
function cpuMs(pid: number): number {
  const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  const ticksPerSecond = 100; // USER_HZ of every Linux there is.
  return ((Number(fields[11]) + Number(fields[12])) * 1000) / ticksPerSecond;
}

/** The locks that are held. */
function heldLocks({ cacheDirectory }: CliSandbox): readonly string[] {
  const folder = join(cacheDirectory, 'locks');
  return existsSync(folder) ? readdirSync(folder).filter((name) => name.endsWith('.lock')) : [];
}

describe.each(builds())('the process that waits for the person, $name', (build) => {
  const open = cliSandboxes(build);

  testOnLinux.each(['browser', 'device'])(
    'keeps no pipe of the call that began it by %s: all end with that call',
    async (flow) => {
      const sandbox = await open(signedOut);
      const { variables } = blindBrowser(sandbox);
      // A number beyond a gap is what runtimes overlook.
      const command = 'exec 40>&5; exec "$@"';
      const words = [sandbox.program, ...dev, '--sign-in', flow, '--timeout', '3'];
      const child = spawn('bash', ['-c', command, 'bash', ...words], {
        env: { ...sandbox.env, ...variables },
        stdio: ['ignore', 'pipe', 'pipe', 'ignore', 'ignore', 'pipe'],
      });
      const read: string[] = [];
      for (const stream of child.stdio) stream?.on('data', (data) => read.push(String(data)));
      const exited = new Promise<number | null>((resolve) => child.once('exit', resolve));
      const allEnded = new Promise<true>((resolve) => child.once('close', () => resolve(true)));
      const { owner } = await pendingShown(sandbox);
      const opened = openFiles(owner.pid);
      expect(await exited).toBe(3);
      expect(await Promise.race([allEnded, delay(20_000, 'still open', { ref: false })])).toBe(
        true,
      );
      expect(isRunning(owner.pid)).toBe(true);
      expect(read.join('')).toMatch(/^A sign-in to the session "corp" [^\n]+\n$/);
      expect(opened.filter((name) => name === '/dev/null').length).toBeGreaterThanOrEqual(3);
    },
  );

  testOnLinux("is told no secret, and stands in nobody's way", async () => {
    const sandbox = await open({ ...signedOut, token: { expiresInS: -1 } });
    sandbox.standIn.endSession();
    const { variables } = blindBrowser(sandbox);
    const given = { ...variables, NODE_OPTIONS: '--no-deprecation', BUN_OPTIONS: '--smol' };
    const call = sandbox.start([...dev, '--sign-in', 'device'], given);
    const pending = await pendingShown(sandbox);
    const { pid } = pending.owner;

    const told = [...procLines(pid, 'cmdline'), ...procLines(pid, 'environ')].join('\n');
    const { accessToken, refreshToken, clientSecret } = readTokenFile(sandbox.tokenFile);
    const shown = pending.shown?.kind === 'device' ? pending.shown : undefined;
    const secrets = [accessToken, refreshToken, clientSecret, shown?.deviceCode, shown?.userCode];
    for (const secret of secrets) {
      expect(secret).toBeDefined();
      expect(told).not.toContain(secret);
    }
    // Nothing but what the caller had, without what would change the program.
    const had = Object.entries({ ...sandbox.env, ...given }).map((entry) => entry.join('='));
    const kept = had.filter((entry) => !notInherited.includes(entry.split('=')[0] ?? ''));
    expect([...procLines(pid, 'environ')].sort()).toEqual(kept.sort());

    expect(readlinkSync(`/proc/${pid}/cwd`)).toBe('/');
    expect(readFileSync(`/proc/${pid}/status`, 'utf8')).toMatch(/^Umask:\s+0077$/m);
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    const [, , group, session, terminal] = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    expect([group, session, terminal]).toEqual([String(pid), String(pid), '0']);

    sandbox.standIn.approveDevice(userCodeOf(pending));
    expectCredentials(await call.finished);
  });

  testOnLinux('lets those who wait for it sleep, without a lock', async () => {
    const sandbox = await open(signedOut);
    const { variables } = blindBrowser(sandbox);
    const args = [...dev, '--sign-in', 'browser', '--explain'];
    const first = sandbox.start(args, variables);
    await first.says(/^sign-in .*browser opened/m);
    const others = [1, 2, 3].map(() => sandbox.start(args, variables));
    await Promise.all(others.map((other) => other.says(/^sign-in +waiting for that of/m)));
    const { owner } = await pendingWhen(sandbox, ({ shown }) => shown !== undefined);
    // What was begun, a timer of the loading say, comes to its end first.
    await delay(1_000);
    expect(heldLocks(sandbox)).toEqual([]);
    const pids = [owner.pid, ...[first, ...others].map(({ pid }) => pid ?? 0)];
    const before = pids.map(cpuMs);
    const startedAt = Date.now();
    await delay(6_000);
    const shares = pids.map(
      (pid, at) => (cpuMs(pid) - (before[at] ?? 0)) / (Date.now() - startedAt),
    );
    process.stderr.write(
      `${build.name}: waiting takes ${shares.map((each) => `${(each * 100).toFixed(1)} %`).join(', ')} of a core\n`,
    );
    // Under 1 % where nothing else runs; a busy machine's caches are cold.
    expect(Math.max(...shares)).toBeLessThan(0.04);
    expect(heldLocks(sandbox)).toEqual([]);
  });
});
