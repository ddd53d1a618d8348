import { spawnSync } from 'node:child_process';
import {
  chmodSync,
  chownSync,
  existsSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  statSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { describe, expect, test } from '@jest/globals';
import { editUserFile, type UserFileEdit } from '../../src/store/edit-user-file.ts';
import { fileStamp } from '../../src/store/file-stamp.ts';
import { openStore } from '../../src/store/store.ts';
import { isTemporary } from '../../src/store/write-file.ts';
import { testAsRoot } from '../support/as-root.ts';
import { fakeWorld } from '../support/fake-world.ts';
import { freshDirectory } from '../support/fresh-directory.ts';
import { testWithMounts, withDisk } from '../support/mount.ts';
import { node, runTypeScript } from '../support/run-typescript.ts';

const world = fakeWorld();

/** A file with a text, in a directory of its own; and our records elsewhere. */
function fileWith(text: string | Uint8Array) {
  const path = join(freshDirectory(), 'config');
  writeFileSync(path, text);
  return { path, records: freshDirectory() };
}

function edit(
  { path, records }: { path: string; records: string },
  change: UserFileEdit['edit'],
  more: Partial<UserFileEdit> = {},
): Promise<boolean> {
  const deadline = world.clock.monotonicMs() + 1_000;
  const request = { path, shownPath: '~/.aws/config', deadline, edit: change, ...more };
  return editUserFile(openStore(records, world), request, world);
}

const add = (text: string) => `${text}new\n`;

describe('a file that is edited', () => {
  test('holds what was made of its text, and nothing is left beside it', async () => {
    const file = fileWith('old\n');
    expect(await edit(file, add)).toBe(true);
    expect(readFileSync(file.path, 'utf8')).toBe('old\nnew\n');
    expect(readdirSync(dirname(file.path))).toEqual(['config']);
    expect(readdirSync(join(file.records, 'locks'))).toEqual([]);
  });

  test('is made, with its directory, where there is none; for its owner alone', async () => {
    const path = join(freshDirectory(), 'a', 'b', 'config');
    const before = process.umask(0);
    try {
      await edit({ path, records: freshDirectory() }, add, { backup: `${path}.backup` });
    } finally {
      process.umask(before);
    }
    expect(readFileSync(path, 'utf8')).toBe('new\n');
    expect(statSync(path).mode & 0o777).toBe(0o600);
    expect(statSync(dirname(path)).mode & 0o777).toBe(0o700);
    expect(readdirSync(dirname(path))).toEqual(['config']);
  });

  test.each([0o600, 0o644, 0o664, 0o640])('keeps the mode %i', async (mode) => {
    const file = fileWith('old\n');
    chmodSync(file.path, mode);
    await edit(file, add);
    expect(statSync(file.path).mode & 0o7777).toBe(mode);
  });

  testAsRoot('keeps its group', async () => {
    const file = fileWith('old\n');
    chownSync(file.path, 0, 12_345);
    await edit(file, add);
    expect(statSync(file.path)).toMatchObject({ uid: 0, gid: 12_345 });
  });

  test('is not touched when its text stays, and nothing is kept of it', async () => {
    const file = fileWith('old\n');
    const before = fileStamp(file.path);
    expect(await edit(file, (text) => text, { backup: `${file.path}.backup` })).toBe(false);
    expect(fileStamp(file.path)).toBe(before);
    expect(readdirSync(dirname(file.path))).toEqual(['config']);
  });

  test('is kept as it was beside itself where that is asked for, for its owner alone', async () => {
    const file = fileWith('old \xff\n');
    chmodSync(file.path, 0o644);
    const bytes = readFileSync(file.path);
    const backup = `${file.path}.backup`;
    writeFileSync(backup, 'older');
    await edit(file, add, { backup });
    expect(readFileSync(backup)).toEqual(bytes);
    expect(statSync(backup).mode & 0o777).toBe(0o600);
  });

  test('is found through links, which stay', async () => {
    const file = fileWith('old\n');
    const folder = freshDirectory();
    symlinkSync(file.path, join(folder, 'one'));
    symlinkSync('one', join(folder, 'two'));
    await edit({ ...file, path: join(folder, 'two') }, add);
    expect(readFileSync(file.path, 'utf8')).toBe('old\nnew\n');
    expect(lstatSync(join(folder, 'two')).isSymbolicLink()).toBe(true);
    expect(readdirSync(folder).sort()).toEqual(['one', 'two']);
  });

  test('is made where a link leads to nothing yet', async () => {
    const folder = freshDirectory();
    const path = join(folder, 'config');
    symlinkSync(join('dotfiles', 'aws-config'), path);
    await edit({ path, records: freshDirectory() }, add);
    expect(readFileSync(join(folder, 'dotfiles', 'aws-config'), 'utf8')).toBe('new\n');
    expect(lstatSync(path).isSymbolicLink()).toBe(true);
  });

  test.each([
    ['UTF-8', Buffer.from('# München 😂\n')],
    ['UTF-8 with a byte order mark', Buffer.from('\uFEFF# ü\r\n')],
    ['Latin-1', Buffer.from('# M\xfcnchen\n', 'latin1')],
    ['neither', Buffer.from([0xff, 0xfe, 0x00, 0x80, 0xe2, 0x82, 0x0a])],
  ])('keeps its bytes when it is in %s', async (_encoding, bytes) => {
    const file = fileWith(bytes);
    await edit(file, add);
    expect(readFileSync(file.path)).toEqual(Buffer.concat([bytes, Buffer.from('new\n')]));
  });

  test('is left alone when it has no place in its encoding for what is to be written', async () => {
    const bytes = Buffer.from('# M\xfcnchen\n', 'latin1');
    const file = fileWith(bytes);
    await expect(edit(file, (text) => `${text}😂\n`)).rejects.toMatchObject({
      code: 'InvalidConfig',
      message: expect.stringMatching(/^~\/\.aws\/config is not in UTF-8, /),
    });
    expect(readFileSync(file.path)).toEqual(bytes);
  });

  test('is read again when another program changes it meanwhile', async () => {
    const file = fileWith('old\n');
    let calls = 0;
    const isChanged = await edit(file, (text) => {
      calls += 1;
      if (calls < 3) writeFileSync(file.path, `${text}theirs ${calls}\n`);
      return add(text);
    });
    expect(isChanged).toBe(true);
    expect(readFileSync(file.path, 'utf8')).toBe('old\ntheirs 1\ntheirs 2\nnew\n');
  });

  test('is left to a program that changes it all the time', async () => {
    const file = fileWith('');
    const changing = edit(file, (text) => {
      writeFileSync(file.path, `${text}theirs\n`);
      return add(text);
    });
    await expect(changing).rejects.toMatchObject({
      code: 'LockBusy',
      message: 'Another program is changing ~/.aws/config just now; nothing was written',
    });
    expect(readFileSync(file.path, 'utf8')).toBe('theirs\n'.repeat(5));
    expect(readdirSync(dirname(file.path))).toEqual(['config']);
  });

  test('is as it was when the edit fails', async () => {
    const file = fileWith('old\n');
    const failure = new Error('no');
    const failing = edit(file, () => {
      throw failure;
    });
    await expect(failing).rejects.toBe(failure);
    expect(readFileSync(file.path, 'utf8')).toBe('old\n');
    expect(readdirSync(dirname(file.path))).toEqual(['config']);
  });
});

describe('what is not replaced', () => {
  async function expectRefusal(path: string, reason: string): Promise<void> {
    await expect(edit({ path, records: freshDirectory() }, add)).rejects.toMatchObject({
      code: 'StorageFailed',
      message: expect.stringContaining(`Will not replace ${path}: ${reason}`),
    });
  }

  testAsRoot('a file of another user', async () => {
    const { path } = fileWith('old\n');
    chownSync(path, 12_345, 0);
    await expectRefusal(path, 'it belongs to another user (uid 12345)');
    expect(readFileSync(path, 'utf8')).toBe('old\n');
  });

  test('a file that its owner made read-only', async () => {
    const { path } = fileWith('old\n');
    chmodSync(path, 0o444);
    await expectRefusal(path, 'it is read-only');
    expect(readFileSync(path, 'utf8')).toBe('old\n');
  });

  test('what is no file', async () => {
    const path = join(freshDirectory(), 'config');
    mkdirSync(path);
    await expectRefusal(path, 'it is no regular file');
    const pipe = join(freshDirectory(), 'config');
    spawnSync('mkfifo', [pipe]);
    await expectRefusal(pipe, 'it is no regular file');
  });

  test('links that go round in a circle', async () => {
    const folder = freshDirectory();
    const path = join(folder, 'config');
    symlinkSync('config', path);
    await expect(edit({ path, records: freshDirectory() }, add)).rejects.toMatchObject({
      code: 'StorageFailed',
      message: `Cannot read ${path}: its symbolic links lead in a circle (ELOOP)`,
    });
  });

  testWithMounts('a file on a read-only or a full disk', () =>
    withDisk(64, async (disk, remountReadOnly) => {
      const path = join(disk, 'config');
      writeFileSync(path, 'old\n');
      const records = freshDirectory();
      await expect(edit({ path, records }, () => 'x'.repeat(100_000))).rejects.toMatchObject({
        code: 'StorageFailed',
        message: `Cannot write ${path}: no space left on the device (ENOSPC)`,
      });
      expect(readFileSync(path, 'utf8')).toBe('old\n');
      remountReadOnly();
      await expect(edit({ path, records }, add)).rejects.toMatchObject({
        code: 'StorageFailed',
        message: `Cannot write ${path}: the file system is read-only (EROFS)`,
      });
      expect(readdirSync(disk)).toEqual(['config']);
    }),
  );
});

test('temporary files that a killed process left are removed when they are old', async () => {
  const file = fileWith('old\n');
  const folder = dirname(file.path);
  const old = join(folder, '.sso-cred-00.tmp');
  const young = join(folder, '.sso-cred-01.tmp');
  const now = world.clock.now() / 1000;
  for (const [path, ageS] of [
    [old, 4_000],
    [young, 60],
  ] as const) {
    writeFileSync(path, '');
    utimesSync(path, now - ageS, now - ageS);
  }
  await edit(file, add);
  expect(existsSync(old)).toBe(false);
  expect(existsSync(young)).toBe(true);
});

test('twenty processes at once lose nothing', async () => {
  const file = fileWith('old\n');
  const lines = Array.from({ length: 20 }, (_, index) => `line ${index}`);
  const all = await Promise.all(
    lines.map((line) =>
      runTypeScript('tests/store/edit-user-file-child.ts', file.records, file.path, line),
    ),
  );
  for (const finished of all) expect(finished).toMatchObject({ exitStatus: 0, stderr: '' });
  const written = readFileSync(file.path, 'utf8').trimEnd().split('\n');
  expect(written[0]).toBe('old');
  expect(written.slice(1).sort()).toEqual([...lines].sort());
}, 120_000);

const hasStrace = spawnSync('strace', ['-V']).status === 0;
const testWithStrace = hasStrace ? test : test.skip;
if (!hasStrace) process.stderr.write('SKIPPED: no strace, no process is killed while it writes\n');

// What writing a file is made of, in its order: the backup, then the file itself.
testWithStrace.each([
  ['before the backup has its bytes', 'pwrite64', 1, 'old'],
  ['before the backup is on disk', 'fsync', 1, 'old'],
  ['before the backup has its name', 'rename', 1, 'old'],
  ['before the bytes are written', 'pwrite64', 2, 'old'],
  ['before the size is set', 'ftruncate', 2, 'old'],
  ['before the mode is set', 'fchmod', 1, 'old'],
  ['before the bytes are on disk', 'fsync', 3, 'old'],
  ['before the file has its name', 'rename', 2, 'old'],
  ['before the name is on disk', 'fsync', 4, 'new'],
  ['before the lock is released', 'rmdir', 1, 'new'],
])('a process killed %s leaves a whole file', (_when, call, count, left) => {
  const old = '[profile a]\n'.repeat(2_000);
  const file = fileWith(old);
  chmodSync(file.path, 0o640);
  const inject = ['-f', '-o', '/dev/null', '-e', `inject=${call}:signal=SIGKILL:when=${count}`];
  const child = [resolve('tests/store/edit-user-file-child.ts'), file.records, file.path, 'line'];
  const { signal } = spawnSync('strace', [...inject, ...node.command, ...child], {
    timeout: 60_000,
  });
  expect(signal).toBe('SIGKILL');
  const text = readFileSync(file.path, 'utf8');
  expect(text === old ? 'old' : text === `${old}line\n` ? 'new' : text).toBe(left);
  expect(statSync(file.path).mode & 0o777).toBe(0o640);
  const backup = `${file.path}.backup`;
  if (existsSync(backup)) expect(readFileSync(backup, 'utf8')).toBe(old);
  for (const name of readdirSync(dirname(file.path))) {
    expect(['config', 'config.backup'].includes(name) || isTemporary(name)).toBe(true);
  }
});
