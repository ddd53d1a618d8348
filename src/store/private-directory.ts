import { lstatSync, mkdirSync, statSync } from 'node:fs';
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
  makeDirectory(path, owner);
  requireTrusted(path, owner);
}

/**
 * Makes a directory (mode 0700) and its parents; what is there already stays as it is. None is made in
 * another user's directory: root can, by sudo or in a container, and its owner could not use it.
 * @param owner whom it is for; undefined on systems without owners
 * @throws StorageFailed
 */
export function makeDirectory(path: string, owner: number | undefined): void {
  // Not mkdir's own recursion, which on a read-only file system says ENOENT.
  if (isThere(path)) return;
  const parent = dirname(path);
  if (isThere(parent)) requireOwn(parent, path, owner);
  else makeDirectory(parent, owner);
  try {
    mkdirSync(path, { mode: 0o700 });
  } catch (error) {
    if (!hasCode(error, 'EEXIST')) throw storageError('make the directory', path, error);
  }
}

function requireOwn(parent: string, path: string, owner: number | undefined): void {
  const uid = ownerOf(parent);
  // What is root's is everybody's, as /tmp is, where the system lets us write in it.
  if (owner === undefined || uid === undefined || uid === owner || uid === 0) return;
  const reason = `${parent} belongs to another user (uid ${uid}); is this sudo?`;
  throw new SsoCredError('StorageFailed', `Will not make ${path}: ${reason}`, {
    remedy: 'sso-cred --cache-dir PATH …',
  });
}

function ownerOf(path: string): number | undefined {
  try {
    return statSync(path).uid;
  } catch {
    // Making the directory tells why.
    return undefined;
  }
}

function isThere(path: string): boolean {
  try {
    return lstatSync(path, { throwIfNoEntry: false }) !== undefined;
  } catch {
    return false;
  }
}
