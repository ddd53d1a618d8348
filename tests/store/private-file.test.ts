import { execFileSync } from 'node:child_process';
import {
  chmodSync,
  chownSync,
  linkSync,
  mkdirSync,
  readdirSync,
  statSync,
  symlinkSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { describe, expect, test } from '@jest/globals';
import { fileStamp } from '../../src/store/file-stamp.ts';
import { readPrivateFile } from '../../src/store/private-file.ts';
import { effectiveUser } from '../../src/system/platform.ts';
import { testAsRoot } from '../support/as-root.ts';
import { freshDirectory } from '../support/fresh-directory.ts';

const user = effectiveUser();
const asAnotherThanRoot = user === 0 ? test.skip : test;
const mib = 1024 * 1024;

function write(name: string, text = 'secret', mode = 0o600): string {
  const path = join(freshDirectory(), name);
  writeFileSync(path, text, { mode });
  chmodSync(path, mode);
  return path;
}

describe('a private file', () => {
  test('is read whole, with the stamp that says when it changes', () => {
    const path = write('file', 'Grüße\u0000\n');
    expect(readPrivateFile(path, user)).toEqual({
      kind: 'read',
      text: 'Grüße\u0000\n',
      stamp: fileStamp(path),
      writtenAt: Math.floor(statSync(path).mtimeMs),
      loose: false,
    });
  });

  test.each([0o644, 0o640, 0o604, 0o666, 0o620, 0o700 | 0o001])(
    'of mode %o is read, and said to be loose',
    (mode) => {
      expect(readPrivateFile(write('file', 'text', mode), user)).toMatchObject({
        kind: 'read',
        text: 'text',
        loose: true,
      });
    },
  );

  test.each([0o600, 0o400, 0o700])('of mode %o is not loose', (mode) => {
    expect(readPrivateFile(write('file', 'text', mode), user)).toMatchObject({ loose: false });
  });

  test('may be empty', () => {
    expect(readPrivateFile(write('file', ''), user)).toMatchObject({ kind: 'read', text: '' });
  });

  test('is read up to 1 MiB, and is damaged beyond', () => {
    const path = write('file', 'x'.repeat(mib));
    expect(readPrivateFile(path, user)).toMatchObject({ kind: 'read', text: 'x'.repeat(mib) });
    truncateSync(path, mib + 1);
    expect(readPrivateFile(path, user)).toEqual({
      kind: 'damaged',
      reason: 'it is 1048577 bytes long',
    });
  });

  test('of any size costs no memory when it is too long', () => {
    const path = write('file');
    truncateSync(path, 1024 * 1024 * mib);
    const before = process.memoryUsage().rss;
    expect(readPrivateFile(path, user)).toMatchObject({ kind: 'damaged' });
    expect(process.memoryUsage().rss - before).toBeLessThan(64 * mib);
  });
});

describe('what is not there', () => {
  test('is absent', () => {
    expect(readPrivateFile(join(freshDirectory(), 'none'), user)).toEqual({ kind: 'absent' });
  });

  test('is absent where a part of the path is a file', () => {
    expect(readPrivateFile(join(write('file'), 'below'), user)).toEqual({ kind: 'absent' });
  });

  test('is absent where a part of the path is missing', () => {
    const path = join(freshDirectory(), 'no', 'folder', 'file');
    expect(readPrivateFile(path, user)).toEqual({ kind: 'absent' });
  });
});

describe('refused is', () => {
  const link = 'it is a symbolic link';
  const irregular = 'it is not a regular file';

  test('a symbolic link, wherever it leads', () => {
    const target = write('target');
    const folder = freshDirectory();
    for (const [name, to] of Object.entries({
      own: target,
      dangling: join(folder, 'none'),
      loop: join(folder, 'loop'),
      directory: folder,
      device: '/dev/zero',
    })) {
      const path = join(folder, name);
      symlinkSync(to, path);
      expect(readPrivateFile(path, user)).toEqual({ kind: 'refused', reason: link });
    }
  });

  test('a named pipe, at once', () => {
    const path = join(freshDirectory(), 'pipe');
    execFileSync('mkfifo', [path]);
    const startedAt = performance.now();
    expect(readPrivateFile(path, user)).toEqual({ kind: 'refused', reason: irregular });
    expect(performance.now() - startedAt).toBeLessThan(1_000);
  });

  test('a directory', () => {
    expect(readPrivateFile(freshDirectory(), user)).toEqual({ kind: 'refused', reason: irregular });
  });

  test.each(['/dev/null', '/dev/zero', '/dev/tty'])('the device %s', (path) => {
    expect(readPrivateFile(path, user)).toMatchObject({ kind: 'refused' });
  });

  test('a socket', async () => {
    const path = join(freshDirectory(), 'socket');
    const server = createServer();
    await new Promise<void>((resolve) => server.listen(path, resolve));
    try {
      expect(readPrivateFile(path, user)).toEqual({ kind: 'refused', reason: irregular });
    } finally {
      server.close();
    }
  });

  test('a file that has another name', () => {
    const path = write('file');
    linkSync(path, `${path}.other`);
    expect(readPrivateFile(path, user)).toEqual({
      kind: 'refused',
      reason: 'it has another name (hard link)',
      hasOtherName: true,
    });
  });

  testAsRoot('the file of another user, also for root', () => {
    const path = write('file');
    chownSync(path, 65_534, 65_534);
    expect(readPrivateFile(path, user)).toEqual({
      kind: 'refused',
      reason: 'it belongs to another user (uid 65534)',
    });
    expect(readPrivateFile(path, 65_534)).toMatchObject({ kind: 'read', text: 'secret' });
  });

  asAnotherThanRoot('a file that the system does not open', () => {
    expect(readPrivateFile(write('file', 'x', 0o000), user)).toEqual({
      kind: 'refused',
      reason: 'it cannot be opened (EACCES)',
      errno: 'EACCES',
    });
  });

  test('a path that is too long for the system', () => {
    expect(readPrivateFile(join(freshDirectory(), 'x'.repeat(300)), user)).toMatchObject({
      kind: 'refused',
      errno: 'ENAMETOOLONG',
    });
  });
});

test('a system without owners reads any regular file of any mode', () => {
  const path = write('file', 'text', 0o666);
  linkSync(path, `${path}.other`);
  expect(readPrivateFile(path, undefined)).toMatchObject({ text: 'text', loose: false });
});

test('no descriptor stays open, whatever came of it', () => {
  const fds = '/proc/self/fd';
  if (process.platform !== 'linux') return;
  const folder = freshDirectory();
  mkdirSync(join(folder, 'directory'));
  execFileSync('mkfifo', [join(folder, 'pipe')]);
  writeFileSync(join(folder, 'file'), 'x', { mode: 0o600 });
  writeFileSync(join(folder, 'long'), 'x'.repeat(mib + 1), { mode: 0o600 });
  const before = readdirSync(fds).length;
  for (let round = 0; round < 20; round += 1) {
    for (const name of ['directory', 'pipe', 'file', 'long', 'none']) {
      readPrivateFile(join(folder, name), user);
    }
  }
  expect(readdirSync(fds).length).toBe(before);
});
