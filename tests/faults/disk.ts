import { spawnSync } from 'node:child_process';
import { cpSync, mkdtempSync, rmSync, statfsSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** A file system in memory, in place of a directory. */
export interface Disk {
  readonly remount: (options: string) => void;
  /** Takes all space but this much. */
  readonly fill: (exceptBytes: number) => void;
  readonly unmount: () => void;
}

/** Why no file system can be mounted; undefined where it can. */
export function noMounts(): string | undefined {
  if (process.geteuid?.() !== 0) return 'only root can mount';
  try {
    const path = mkdtempSync(join(tmpdir(), 'sso-cred-mount-'));
    try {
      run('mount', '-t', 'tmpfs', 'sso-cred-test', path);
      run('umount', path);
    } finally {
      rmSync(path, { recursive: true });
    }
  } catch (error) {
    return String(error);
  }
  return undefined;
}

/** Mounts one over a directory, with what is in it. @param options of tmpfs, such as `size=1m` */
export function mountOver(path: string, options: string): Disk {
  const copy = mkdtempSync(join(tmpdir(), 'sso-cred-copy-'));
  cpSync(path, copy, { recursive: true, preserveTimestamps: true });
  run('mount', '-t', 'tmpfs', '-o', `mode=0700,${options}`, 'sso-cred-test', path);
  cpSync(copy, path, { recursive: true, preserveTimestamps: true });
  rmSync(copy, { recursive: true });
  return {
    remount: (changes) => run('mount', '-o', `remount,${changes}`, path),
    fill: (exceptBytes) => {
      const { bavail, bsize } = statfsSync(path);
      writeFileSync(join(path, 'ballast'), Buffer.alloc(bavail * bsize - exceptBytes));
    },
    // Lazily: also while something in it is still open.
    unmount: () => run('umount', '--lazy', path),
  };
}

function run(command: string, ...args: readonly string[]): void {
  const { status, stderr } = spawnSync(command, [...args], { encoding: 'utf8' });
  if (status !== 0) throw new Error(`${command} fails: ${stderr.trim()}`);
}
