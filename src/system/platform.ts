import { closeSync, fsyncSync, openSync, renameSync } from 'node:fs';
import { hasCode } from '../model/errors.ts';

/** The user that this process acts as; undefined on systems without numeric users (Windows). */
export function effectiveUser(): number | undefined {
  return process.geteuid?.();
}

/**
 * Makes a rename durable. Windows cannot open a directory, and needs no such call; some network
 * file systems refuse it, which only weakens the promise after a power cut.
 */
export function syncDirectory(path: string, platform: NodeJS.Platform): void {
  if (platform === 'win32') return;
  let descriptor: number | undefined;
  try {
    descriptor = openSync(path, 'r');
    fsyncSync(descriptor);
  } catch (error) {
    if (!hasCode(error, 'EINVAL', 'ENOTSUP', 'EPERM', 'EACCES', 'EBADF', 'EISDIR')) throw error;
  } finally {
    if (descriptor !== undefined) closeSync(descriptor);
  }
}

/**
 * Renames over an existing file. On Windows a reader or a virus scanner that has the target open
 * makes this fail for a moment: tried again for up to a second.
 */
export function replaceFile(from: string, to: string, platform: NodeJS.Platform): void {
  for (let attempt = 1; ; attempt += 1) {
    try {
      renameSync(from, to);
      return;
    } catch (error) {
      if (platform !== 'win32' || attempt >= 20) throw error;
      if (!hasCode(error, 'EPERM', 'EACCES', 'EBUSY')) throw error;
      pauseSync(50);
    }
  }
}

/**
 * Whether a directory could not be renamed because there is one with something in it already. POSIX
 * allows two codes for that; Windows replaces no directory, not even an empty one.
 */
export function saysTargetIsThere(error: unknown, platform: NodeJS.Platform): boolean {
  if (hasCode(error, 'ENOTEMPTY', 'EEXIST')) return true;
  return platform === 'win32' && hasCode(error, 'EPERM', 'EACCES');
}

/** Blocks this thread for some milliseconds. */
function pauseSync(ms: number): void {
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, ms);
}
