import { lstatSync, mkdirSync } from 'node:fs';
import { dirname } from 'node:path';
import { hasCode, SsoCredError } from '../model/errors.ts';
import { storageError } from './storage-error.ts';
import { distrust } from './trust.ts';

/** @throws StorageFailed naming the path when the directory is there and cannot be trusted */
export function requireTrusted(path: string, owner: number | undefined): void {
  const reason = distrust(path, owner);
  if (reason === undefined) return;
  const remedy =
    reason === 'others may write in it'
      ? `chmod 700 ${path}`
      : `sso-cred --cache-dir PATH …, or remove ${path}`;
  throw new SsoCredError('StorageFailed', `Will not keep secrets in ${path}: ${reason}`, {
    remedy,
  });
}

/**
 * Makes a directory (mode 0700) and its parents where they are missing.
 * @throws StorageFailed when it cannot be made or trusted
 */
export function ensurePrivateDirectory(path: string, owner: number | undefined): void {
  makeDirectory(path);
  requireTrusted(path, owner);
}

/**
 * Makes a directory (mode 0700) and its parents; what is there already stays as it is. Not mkdir's
 * own recursion, which on a read-only file system says ENOENT.
 * @throws StorageFailed
 */
export function makeDirectory(path: string): void {
  try {
    mkdirSync(path, { mode: 0o700 });
  } catch (error) {
    if (hasCode(error, 'EEXIST')) return;
    const parent = dirname(path);
    if (hasCode(error, 'ENOENT') && !isThere(parent)) {
      makeDirectory(parent);
      makeDirectory(path);
      return;
    }
    // A read-only file system says EROFS before it says that the directory exists.
    if (!isThere(path)) throw storageError('make the directory', path, error);
  }
}

function isThere(path: string): boolean {
  try {
    return lstatSync(path, { throwIfNoEntry: false }) !== undefined;
  } catch {
    return false;
  }
}
