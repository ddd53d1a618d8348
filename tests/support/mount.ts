import { execFileSync } from 'node:child_process';
import { test } from '@jest/globals';
import { freshDirectory } from './fresh-directory.ts';

const canMount = process.platform === 'linux' && process.geteuid?.() === 0;

/** A test that needs to mount a file system; says so where it is left out. */
export const testWithMounts: typeof test | typeof test.skip = canMount ? test : test.skip;

if (!canMount) {
  process.stderr.write('SKIPPED: full and read-only disks are tested as root on Linux only\n');
}

/** A file system in memory, for as long as `use` takes. */
export async function withDisk<T>(
  sizeKiB: number,
  use: (path: string, remountReadOnly: () => void) => T | Promise<T>,
): Promise<T> {
  const path = freshDirectory();
  mount('-t', 'tmpfs', '-o', `size=${sizeKiB}k,mode=0700`, 'sso-cred-test', path);
  try {
    return await use(path, () => mount('-o', 'remount,ro', path));
  } finally {
    // Lazily: also while something in it is still open.
    execFileSync('umount', ['--lazy', path]);
  }
}

function mount(...args: readonly string[]): void {
  execFileSync('mount', [...args]);
}
