import { spawn } from 'node:child_process';
import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, test } from '@jest/globals';
import { realProcesses } from '../../src/system/processes.ts';
import { freshDirectory } from '../support/fresh-directory.ts';
import { inPidNamespace, testInNamespaces } from '../support/namespaces.ts';
import { isInState, orderedChild } from '../support/ordered-child.ts';
import { node, type Runtime, runtimes } from '../support/run-typescript.ts';

const child = (runtime: Runtime) => orderedChild(runtime, 'tests/system/processes-child.ts');
const socketIn = (folder = freshDirectory()) => join(folder, 'a.sock');
const onLinux = process.platform === 'linux' ? describe : describe.skip;

describe.each(runtimes())('on a socket, $name', (runtime) => {
  test('is seen to live while it listens, also by itself, and to be dead once it was killed', async () => {
    const path = socketIn();
    const [owner, other] = await Promise.all([child(runtime), child(runtime)]);
    expect(await owner.tell('listen', path)).toBe(true);
    expect(await other.tell('probe', path)).toBe('alive');
    expect(await owner.tell('probe', path)).toBe('alive');
    await owner.end('SIGKILL');
    expect(existsSync(path)).toBe(true);
    expect(await other.tell('probe', path)).toBe('dead');
  });

  test('removes it at its end, and is dead where there is none', async () => {
    const path = socketIn();
    const [owner, other] = await Promise.all([child(runtime), child(runtime)]);
    await owner.tell('listen', path);
    owner.order('exit');
    expect(await owner.finished).toMatchObject({ exitStatus: 0 });
    expect(existsSync(path)).toBe(false);
    expect(await other.tell('probe', path)).toBe('dead');
  });

  test('does not live on for it', async () => {
    const owner = await child(runtime);
    await owner.tell('listen', socketIn());
    owner.order('leave');
    expect(await owner.finished).toMatchObject({ exitStatus: 0, signal: null });
  });

  test('cannot listen where the path is too long, or there is no folder: nothing is known of it', async () => {
    const long = join(freshDirectory(), 'x'.repeat(80));
    mkdirSync(long);
    const owner = await child(runtime);
    expect(await owner.tell('listen', socketIn(long))).toBe(false);
    expect(await owner.tell('probe', socketIn(long))).toBe('unknown');
    expect(await owner.tell('listen', socketIn(join(freshDirectory(), 'none')))).toBe(false);
  });
});

onLinux('a process that is stopped', () => {
  test.each(runtimes())('lives, as $name asks', async (runtime) => {
    const path = socketIn();
    const [owner, other] = await Promise.all([child(runtime), child(runtime)]);
    await owner.tell('listen', path);
    await owner.stop();
    expect(await other.tell('probe', path)).toBe('alive');
  });

  test('lives also when its queue is full: what Node.js is told then is another error', async () => {
    const path = socketIn();
    const [owner, other] = await Promise.all([child(node), child(node)]);
    await owner.tell('listen', path);
    await owner.stop();
    expect(await other.tell('fill', path, 600)).toEqual(['alive']);
  });
});

describe('on a system where a refused connection may come from a full queue', () => {
  const processes = realProcesses('darwin');

  test('a process is dead only when its number is nobody’s', async () => {
    const path = socketIn();
    const owner = await child(node);
    await owner.tell('listen', path);
    expect(await processes.probe(path, owner.pid)).toBe('alive');
    await owner.end('SIGKILL');
    expect(await processes.probe(path, owner.pid)).toBe('dead');
    expect(await processes.probe(path, process.pid)).toBe('unknown');
    expect(await processes.probe(path)).toBe('unknown');
  });
});

onLinux('the list of processes', () => {
  const processes = realProcesses('linux');

  test('tells when a process started, the same to itself and to others, and nothing once it ended', async () => {
    const other = await child(node);
    const self = (await other.tell('self')) as ReturnType<typeof processes.self>;
    expect(self).toEqual({
      pid: other.pid,
      startTime: processes.startTimeOf(other.pid),
      kernel: processes.self().kernel,
      pidNamespace: processes.self().pidNamespace,
    });
    expect(self.startTime).toMatch(/^\d+$/);
    expect(await other.tell('start-time-of', process.pid)).toBe(processes.self().startTime);
    await other.end('SIGKILL');
    expect(processes.startTimeOf(other.pid)).toBeUndefined();
  });

  test('has a process no longer that has ended and was not waited for', async () => {
    // The shell becomes a program that does not wait for what it had started, which ends then.
    const shell = '(while grep -q sh /proc/$$/comm; do :; done) & echo $!; exec sleep 60';
    const parent = spawn('sh', ['-c', shell], { stdio: 'pipe' });
    try {
      const [text] = await new Promise<[Buffer]>((resolve) =>
        parent.stdout.once('data', (data: Buffer) => resolve([data])),
      );
      const pid = Number(text.toString());
      while (!isInState(pid, 'Z')) await sleep(5);
      expect(processes.startTimeOf(pid)).toBeUndefined();
    } finally {
      parent.kill('SIGKILL');
    }
  });

  test('is read right whatever a program is called', async () => {
    const folder = freshDirectory();
    const program = join(folder, ') Z 0 (x');
    writeFileSync(program, '#!/bin/sh\nread line\n', { mode: 0o755 });
    const named = spawn(program, { stdio: ['pipe', 'ignore', 'ignore'] });
    try {
      await new Promise((resolve) => named.once('spawn', resolve));
      expect(processes.startTimeOf(named.pid ?? 0)).toMatch(/^\d+$/);
    } finally {
      named.kill('SIGKILL');
    }
  });
});

describe('a process of another pid namespace', () => {
  testInNamespaces.each(runtimes())('is known by its socket, as $name', async (runtime) => {
    const path = socketIn();
    const processes = realProcesses(process.platform);
    const owner = await child(inPidNamespace(runtime));
    const self = (await owner.tell('self')) as ReturnType<typeof processes.self>;
    expect(self.kernel).toBe(processes.self().kernel);
    expect(self.pidNamespace).not.toBe(processes.self().pidNamespace);
    expect(self.pid).toBeLessThan(10);
    expect(await owner.tell('listen', path)).toBe(true);
    expect(await processes.probe(path)).toBe('alive');
    await owner.end('SIGKILL');
    // The kernel ends the namespace's first process, and all others, by itself.
    while ((await processes.probe(path)) !== 'dead') await sleep(5);
  });
});
