import { execFileSync } from 'node:child_process';
import {
  appendFileSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from '@jest/globals';
import { type LastError, readLastErrors, recordLastError } from '../../src/store/last-errors.ts';
import { fakeWorld } from '../support/fake-world.ts';
import { freshDirectory } from '../support/fresh-directory.ts';
import { testWithMounts, withDisk } from '../support/mount.ts';
import { runTypeScript } from '../support/run-typescript.ts';

const world = fakeWorld();
const fileOf = (directory: string) => join(directory, 'last-errors.jsonl');
const failure = (message: string): LastError => ({
  code: 'NetworkFailed',
  exitStatus: 5,
  profile: 'dev',
  message,
});
const linesOf = (directory: string) =>
  readFileSync(fileOf(directory), 'utf8').split('\n').slice(0, -1);

test('a failure is one line of JSON, with its time, in a file of ours alone', () => {
  const directory = join(freshDirectory(), 'sso-cred');
  recordLastError(directory, failure('one\ntwo'), world);
  expect(statSync(fileOf(directory)).mode & 0o777).toBe(0o600);
  expect(statSync(directory).mode & 0o777).toBe(0o700);
  expect(linesOf(directory).map((line) => JSON.parse(line))).toEqual([
    { time: '2020-01-01T12:00:00Z', ...failure('one\ntwo') },
  ]);
  expect(readLastErrors(directory, world)).toEqual([
    { time: '2020-01-01T12:00:00Z', profile: 'dev', message: 'one\ntwo' },
  ]);
});

test('the record is bounded, and keeps what came last', () => {
  const directory = freshDirectory();
  const long = 'x'.repeat(1_000);
  for (let number = 1; number <= 300; number += 1) {
    recordLastError(directory, failure(`${number} ${long}`), world);
    expect(statSync(fileOf(directory)).size).toBeLessThan(120 * 1024);
  }
  const numbers = readLastErrors(directory, world).map(({ message }) =>
    Number.parseInt(message, 10),
  );
  expect(numbers.at(-1)).toBe(300);
  expect(numbers.length).toBeGreaterThanOrEqual(50);
  expect(numbers).toEqual(numbers.map((_, at) => 301 - numbers.length + at));
});

test.each([
  { count: 60, least: 180, when: 'all of them while there is room' },
  { count: 150, least: 60, when: 'also while the record is shortened' },
])('lines of several processes stay whole, $when', async ({ count, least }) => {
  const directory = freshDirectory();
  const write = (who: string) =>
    runTypeScript('tests/store/last-errors-child.ts', directory, who, String(count));
  for (const finished of await Promise.all(['a', 'b', 'c'].map(write))) {
    expect(finished).toMatchObject({ exitStatus: 0, stderr: '' });
  }
  // One who appends while another's line is on its way may see that line without its end, and begin
  // with a line break of its own.
  const lines = linesOf(directory).filter((line) => line !== '');
  for (const line of lines) {
    expect(JSON.parse(line)).toMatchObject({
      message: expect.stringMatching(/^[abc]-\d+-x{200}$/),
    });
  }
  expect(lines.length).toBeGreaterThanOrEqual(least);
  expect(readdirSync(directory)).toEqual(['last-errors.jsonl']);
});

describe('nothing is written, and nothing fails, where the record', () => {
  test('is a link', () => {
    const directory = freshDirectory();
    const victim = join(freshDirectory(), 'victim');
    writeFileSync(victim, 'as it was');
    symlinkSync(victim, fileOf(directory));
    recordLastError(directory, failure('x'), world);
    expect(readFileSync(victim, 'utf8')).toBe('as it was');
    expect(readLastErrors(directory, world)).toEqual([]);
  });

  test('is a named pipe that nobody reads', async () => {
    const directory = freshDirectory();
    execFileSync('mkfifo', [fileOf(directory)]);
    // In a process of its own, which can be ended should it hang.
    const finished = await runTypeScript('tests/store/last-errors-child.ts', directory, 'a', '1');
    expect(finished).toMatchObject({ exitStatus: 0, stderr: '' });
    expect(readLastErrors(directory, world)).toEqual([]);
  });

  test('is a directory', () => {
    const directory = freshDirectory();
    mkdirSync(fileOf(directory));
    recordLastError(directory, failure('x'), world);
    expect(readLastErrors(directory, world)).toEqual([]);
  });

  test('would be in a directory that is not to be trusted', () => {
    const victim = freshDirectory();
    const directory = join(freshDirectory(), 'sso-cred');
    symlinkSync(victim, directory);
    recordLastError(directory, failure('x'), world);
    expect(readdirSync(victim)).toEqual([]);
  });

  test('would be below a file', () => {
    recordLastError('/dev/null/.aws/sso-cred', failure('x'), world);
    expect(readLastErrors('/dev/null/.aws/sso-cred', world)).toEqual([]);
  });

  testWithMounts('would be on a read-only disk', () =>
    withDisk(64, (disk, remountReadOnly) => {
      const directory = join(disk, 'sso-cred');
      remountReadOnly();
      recordLastError(directory, failure('x'), world);
      expect(existsSync(directory)).toBe(false);
    }),
  );
});

testWithMounts('on a full disk no half line spoils those that come after', () =>
  withDisk(64, (disk) => {
    const directory = join(disk, 'sso-cred');
    recordLastError(directory, failure('first'), world);
    const filler = join(disk, 'filler');
    writeFileSync(filler, '');
    try {
      for (;;) appendFileSync(filler, Buffer.alloc(1024, 1));
    } catch {
      // Full: what is left is the rest of the record's own page.
    }
    for (let count = 0; count < 20; count += 1) {
      recordLastError(directory, failure('y'.repeat(700)), world);
    }
    writeFileSync(filler, '');
    recordLastError(directory, failure('last'), world);
    const messages = readLastErrors(directory, world).map(({ message }) => message);
    expect(messages[0]).toBe('first');
    expect(messages.at(-1)).toBe('last');
  }),
);

test('lines of no meaning are passed over', () => {
  const directory = freshDirectory();
  recordLastError(directory, failure('one'), world);
  appendFileSync(fileOf(directory), 'torn {"time":\n[]\n{"time":1,"message":"x"}\n\n');
  recordLastError(directory, failure('two'), world);
  expect(readLastErrors(directory, world).map(({ message }) => message)).toEqual(['one', 'two']);
});
