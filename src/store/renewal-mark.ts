import { closeSync, lstatSync, mkdirSync, openSync, unlinkSync } from 'node:fs';
import { hasCode } from '../model/errors.ts';
import { distrust } from './trust.ts';

/** A renewal that has not come to its end by then has failed, and may be tried again; milliseconds. */
const markedForMs = 300_000;

/** Where the mark of a role's renewal is. */
export interface RenewalPlace {
  readonly cacheDirectory: string;
  /** File name of the role record. */
  readonly roleFile: string;
}

/**
 * Marks that a role is being renewed ahead; gives whether it was not marked yet, so that of a crowd one
 * process begins. A mark that is left behind is that of a renewal which failed.
 * @param user the uid that our files must belong to; undefined on systems without owners
 * @param now epoch milliseconds
 */
export function markRenewal(place: RenewalPlace, user: number | undefined, now: number): boolean {
  const folder = folderOf(place);
  const file = fileOf(place);
  if (distrust(folder, user) !== undefined) return false;
  for (let attempt = 1; attempt <= 2; attempt += 1) {
    try {
      closeSync(openSync(file, 'wx', 0o600));
      return true;
    } catch (error) {
      if (hasCode(error, 'ENOENT')) mkdirSync(folder, { mode: 0o700 });
      else if (!hasCode(error, 'EEXIST')) return false;
      else if (Math.abs(now - lstatSync(file).mtimeMs) < markedForMs) return false;
      else unlinkSync(file);
    }
  }
  return false;
}

/** Removes the mark: the role has been renewed. */
export function unmarkRenewal(place: RenewalPlace): void {
  try {
    unlinkSync(fileOf(place));
  } catch {
    // Swept by age.
  }
}

function folderOf({ cacheDirectory }: RenewalPlace): string {
  return `${cacheDirectory}/pending`;
}

function fileOf(place: RenewalPlace): string {
  return `${folderOf(place)}/renewal-${place.roleFile.slice(0, 64)}`;
}
