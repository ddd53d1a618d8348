import { closeSync, constants, fchmodSync, fstatSync, openSync, unlinkSync } from 'node:fs';
import { isSsoCredError, SsoCredError } from '../model/errors.ts';
import type { Fix } from '../model/finding.ts';
import { breakHold } from './lock-directory.ts';
import { storageError } from './storage-error.ts';

/** Mends what was found, if it is still as it was found. @throws StorageFailed */
export function applyFix(fix: Fix, user: number | undefined): void {
  try {
    if (fix.kind === 'remove-file') unlinkSync(fix.path);
    else if (fix.kind === 'end-hold') breakHold(fix.path, fix.file);
    else setMode(fix.path, fix.mode, user);
  } catch (error) {
    if (isSsoCredError(error)) throw error;
    throw storageError('mend', fix.path, error);
  }
}

/** Of the file itself, never of what a link was put in its place for. */
function setMode(path: string, mode: number, user: number | undefined): void {
  const flags = constants.O_RDONLY | (constants.O_NOFOLLOW ?? 0) | (constants.O_NONBLOCK ?? 0);
  const descriptor = openSync(path, flags);
  try {
    const { uid } = fstatSync(descriptor);
    if (uid !== user) {
      throw new SsoCredError('StorageFailed', `${path} belongs to another user (uid ${uid})`);
    }
    fchmodSync(descriptor, mode);
  } finally {
    closeSync(descriptor);
  }
}
