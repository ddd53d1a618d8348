import {
  chmodSync,
  chownSync,
  mkdirSync,
  readdirSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { dirname, join } from 'node:path';
import { describe, expect, test } from '@jest/globals';
import { ensurePrivateDirectory, requireTrusted } from '../../src/store/private-directory.ts';
import { distrust } from '../../src/store/trust.ts';
import { effectiveUser } from '../../src/system/platform.ts';
import { testAsRoot } from '../support/as-root.ts';
import { freshDirectory } from '../support/fresh-directory.ts';
import { testWithMounts, withDisk } from '../support/mount.ts';

const user = effectiveUser();
const modeOf = (path: string) => statSync(path).mode & 0o777;

/** Directories that must not hold secrets, and why. */
const untrusted = [
  {
    name: 'a symbolic link to a directory',
    reason: 'it is a symbolic link',
    make: (path: string) => symlinkSync(freshDirectory(), path),
  },
  {
    name: 'a dangling symbolic link',
    reason: 'it is a symbolic link',
    make: (path: string) => symlinkSync(`${path}.none`, path),
  },
  {
    name: 'a file',
    reason: 'it is not a directory',
    make: (path: string) => writeFileSync(path, ''),
  },
  ...[0o777, 0o770, 0o720, 0o702, 0o1777].map((mode) => ({
    name: `a directory of mode ${mode.toString(8)}`,
    reason: 'others may write in it',
    make: (path: string) => {
      mkdirSync(path);
      chmodSync(path, mode);
    },
  })),
];

describe.each(untrusted)('$name', ({ reason, make }) => {
  test('is not trusted, and left as it is', () => {
    const path = join(freshDirectory(), 'cache');
    make(path);
    const before = readdirSync(dirname(path));
    expect(distrust(path, user)).toBe(reason);
    for (const use of [requireTrusted, ensurePrivateDirectory]) {
      expect(() => use(path, user)).toThrow(
        expect.objectContaining({
          code: 'StorageFailed',
          message: `Will not keep secrets in ${path}: ${reason}`,
          remedy: expect.stringContaining(path),
        }),
      );
    }
    expect(readdirSync(dirname(path))).toEqual(before);
  });
});

testAsRoot('the directory of another user is not trusted, also by root', () => {
  const path = freshDirectory();
  chownSync(path, 65_534, 65_534);
  expect(distrust(path, user)).toBe('it belongs to another user (uid 65534)');
  expect(() => ensurePrivateDirectory(path, user)).toThrow(path);
  expect(distrust(path, 65_534)).toBeUndefined();
});

testAsRoot('none is made in the directory of another user, also by root', () => {
  const home = freshDirectory();
  chownSync(home, 65_534, 65_534);
  const path = join(home, '.aws', 'sso-cred');
  expect(() => ensurePrivateDirectory(path, user)).toThrow(
    expect.objectContaining({
      code: 'StorageFailed',
      message: `Will not make ${join(home, '.aws')}: ${home} belongs to another user (uid 65534); is this sudo?`,
      remedy: 'sso-cred --cache-dir PATH …',
    }),
  );
  expect(readdirSync(home)).toEqual([]);
});

describe('a directory', () => {
  test.each([0o700, 0o755, 0o750, 0o500])('of mode %o is trusted', (mode) => {
    const path = freshDirectory();
    chmodSync(path, mode);
    expect(distrust(path, user)).toBeUndefined();
    ensurePrivateDirectory(path, user);
    expect(modeOf(path)).toBe(mode);
  });

  test('that is not there is nothing to distrust', () => {
    expect(distrust(join(freshDirectory(), 'none'), user)).toBeUndefined();
  });

  test('below a link to another disk is trusted: only the directory itself counts', () => {
    const home = join(freshDirectory(), 'home');
    const elsewhere = freshDirectory();
    symlinkSync(elsewhere, home);
    ensurePrivateDirectory(join(home, '.aws', 'sso-cred'), user);
    expect(readdirSync(elsewhere)).toEqual(['.aws']);
  });

  test('is made with its parents, all of mode 0700 whatever the umask', () => {
    const root = freshDirectory();
    const before = process.umask(0);
    try {
      ensurePrivateDirectory(join(root, 'a', 'b', 'c'), user);
    } finally {
      process.umask(before);
    }
    for (const path of ['a', 'a/b', 'a/b/c']) expect(modeOf(join(root, path))).toBe(0o700);
  });

  test('that cannot be made is named, with the reason', () => {
    const file = join(freshDirectory(), 'file');
    writeFileSync(file, '');
    const path = join(file, 'below', 'cache');
    expect(() => ensurePrivateDirectory(path, user)).toThrow(
      expect.objectContaining({ code: 'StorageFailed', message: expect.stringContaining(file) }),
    );
  });

  test('that cannot be made because a parent is a dangling link is named', () => {
    const link = join(freshDirectory(), 'link');
    symlinkSync(`${link}.none`, link);
    const path = join(link, 'a', 'cache');
    expect(() => ensurePrivateDirectory(path, user)).toThrow(
      expect.objectContaining({ code: 'StorageFailed', message: expect.stringContaining(link) }),
    );
  });

  test('below a file is not there', () => {
    const path = '/dev/null/.aws/sso-cred';
    expect(distrust(path, user)).toBeUndefined();
    expect(() => ensurePrivateDirectory(path, user)).toThrow(
      expect.objectContaining({
        code: 'StorageFailed',
        message: expect.stringMatching(/a part of the path is not a directory \(ENOTDIR\)$/),
      }),
    );
  });

  test('that the system does not let us look at is not trusted', () => {
    const path = join(freshDirectory(), 'x'.repeat(300));
    expect(distrust(path, user)).toBe('it cannot be looked at (ENAMETOOLONG)');
  });

  testWithMounts('that is there is good enough on a read-only disk, another is not made', () =>
    withDisk(64, (disk, remountReadOnly) => {
      const path = join(disk, 'cache');
      mkdirSync(path, { mode: 0o700 });
      remountReadOnly();
      ensurePrivateDirectory(path, user);
      for (const missing of [join(disk, 'other'), join(path, 'a', 'b')]) {
        expect(() => ensurePrivateDirectory(missing, user)).toThrow(
          expect.objectContaining({
            code: 'StorageFailed',
            message: expect.stringMatching(/the file system is read-only \(EROFS\)$/),
          }),
        );
      }
    }),
  );
});

test('a system without owners trusts every directory but a link', () => {
  const path = freshDirectory();
  chmodSync(path, 0o777);
  expect(distrust(path, undefined)).toBeUndefined();
  symlinkSync(path, join(path, 'link'));
  expect(distrust(join(path, 'link'), undefined)).toBe('it is a symbolic link');
});
