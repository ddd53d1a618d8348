import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import type { Readable } from 'node:stream';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, describe, expect, test } from '@jest/globals';
import { freshDirectory } from '../support/fresh-directory.ts';
import { type Runtime, runtimes } from '../support/run-typescript.ts';

/** Says what it sees of itself, and lives on. */
const program = `#!/bin/sh
{
  echo "words $*"
  echo "cwd $(readlink /proc/$$/cwd)"
  echo "umask $(umask)"
  echo "stat $(cat /proc/$$/stat)"
  env | sed 's/^/env /'
} > "$SEEN.part"
mv "$SEEN.part" "$SEEN"
exec sleep 60
`;

const pids: number[] = [];

afterEach(() => {
  for (const pid of pids.splice(0)) process.kill(pid, 'SIGKILL');
});

/** Has a runtime start the program; what the program saw, and the ends of what it might have inherited. */
async function start(runtime: Runtime, words: readonly string[], variables = {}) {
  const folder = freshDirectory();
  const path = join(folder, 'program');
  const seenFile = join(folder, 'seen');
  writeFileSync(path, program, { mode: 0o755 });
  const [command, ...before] = runtime.command;
  const child = spawn(
    command,
    [...before, resolve('tests/system/start-self-child.ts'), path, ...words],
    {
      cwd: folder,
      env: { ...runtime.env, SEEN: seenFile, ...variables },
      // A caller may leave open whatever it has, with whatever number.
      stdio: Array.from({ length: 64 }, (_, fd) =>
        fd < 3 || fd === 5 || fd === 63 ? 'pipe' : 'ignore',
      ),
    },
  );
  const ends = [1, 2, 5, 63].map(async (fd) => {
    const stream = child.stdio[fd] as Readable;
    let text = '';
    stream.on('data', (data: Buffer) => {
      text += data;
    });
    await once(stream, 'end');
    return text;
  });
  await once(child, 'exit');
  while (!existsSync(seenFile)) await sleep(5);
  const lines = readFileSync(seenFile, 'utf8').split('\n');
  const seen = (name: string) =>
    lines.flatMap((line) => (line.startsWith(`${name} `) ? [line.slice(name.length + 1)] : []));
  const [pid, stat = ''] = /^(\d+) .*\) (.*)$/.exec(seen('stat')[0] ?? '')?.slice(1) ?? [];
  pids.push(Number(pid));
  return { pid, seen, stat: stat.split(' '), ends, folder, starter: child.pid };
}

const onLinux = process.platform === 'linux' ? describe : describe.skip;

onLinux.each(runtimes())('what $name starts in its place', (runtime) => {
  test('has the words, its own session and no terminal, the root for its directory, and a tight umask', async () => {
    const words = ['worker', '--task=refresh', '--session=two words'];
    const { pid, seen, stat, ends } = await start(runtime, words);
    expect(seen('words')[0]).toMatch(/worker --task=refresh --session=two words$/);
    expect(seen('cwd')).toEqual(['/']);
    expect(seen('umask')).toEqual(['0077']);
    // proc_pid_stat(5): process group, session and terminal, the third to the fifth after the name.
    expect(stat.slice(2, 5)).toEqual([pid, pid, '0']);
    expect(await ends[0]).toMatch(/^true (?!77)/);
  });

  test('holds nothing open that its starter was given: all of it is at its end while it lives', async () => {
    const { pid, ends } = await start(runtime, []);
    await Promise.all(ends);
    expect(() => process.kill(Number(pid), 0)).not.toThrow();
  });

  test('has the environment, but for what would change what runs', async () => {
    const variables = {
      HOME: '/home/dev',
      NODE_OPTIONS: '--no-warnings',
      BUN_OPTIONS: '--silent',
      AWS_PROFILE: 'dev',
    };
    const { seen } = await start(runtime, [], variables);
    const env = seen('env');
    expect(env).toEqual(expect.arrayContaining(['HOME=/home/dev', 'AWS_PROFILE=dev']));
    expect(env.filter((line) => /^(NODE_OPTIONS|BUN_OPTIONS|BUN_BE_BUN)=/.test(line))).toEqual([]);
  });
});

test.each(runtimes())('what cannot be started is said to be so, by $name', async (runtime) => {
  const [command, ...before] = runtime.command;
  const file = resolve('tests/system/start-self-child.ts');
  const child = spawn(command, [...before, file, '/nowhere/program'], {
    env: runtime.env,
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  let text = '';
  child.stdout.on('data', (data: Buffer) => {
    text += data;
  });
  const [status] = await once(child, 'close');
  expect(status).toBe(0);
  expect(text).toMatch(/^false /);
});
