import {
  closeSync,
  fchmodSync,
  fchownSync,
  fstatSync,
  fsyncSync,
  ftruncateSync,
  linkSync,
  openSync,
  readdirSync,
  unlinkSync,
  writeFileSync,
  writeSync,
} from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { hasCode } from '../model/errors.ts';
import { replaceFile, syncDirectory } from '../system/platform.ts';
import type { World } from '../world.ts';
import { descriptorStamp } from './file-stamp.ts';
import { storageError } from './storage-error.ts';

type Effects = Pick<World, 'platform' | 'randomHex'>;

/** A file that has its space on disk, but not yet its text or its name. */
export interface ReservedFile {
  /** Where it lies until it is committed. */
  readonly temporary: string;
  /**
   * Writes the text and gives the file its name, all or nothing; returns the file's stamp (fileStamp).
   * @param isWanted asked last, when all is written: if not, nothing happens, and undefined is given
   * @throws StorageFailed; SupersededError when removeDrafts has removed the file meanwhile
   */
  commit(text: string | Uint8Array): string;
  commit(text: string | Uint8Array, isWanted: () => boolean): string | undefined;
  /** Gives the space back, unless it was committed. */
  discard(): void;
}

/** How a file that is not ours alone is to be. */
export interface FileManner {
  readonly mode: number;
  /** Undefined for whichever a new file gets. */
  readonly group: number | undefined;
}

/** Begins the name of each temporary file, so that strays can be told and swept. */
export const temporaryPrefix = '.sso-cred-';

/**
 * Begins the names of the temporary files for one target. Who ends a target for good (a sign-out, a
 * new sign-in) first makes isWanted false, then removes these: a writer that was stopped, even
 * between its last question and the rename, finds nothing to rename when it goes on.
 */
function draftPrefix(target: string): string {
  return `${temporaryPrefix}${basename(target).slice(0, 16)}-`;
}

/** What a commit says whose file was removed under it (removeDrafts). */
class SupersededError extends Error {
  override readonly name = 'SupersededError';
}

/** Whether a commit failed because its file was removed under it. */
export function isSuperseded(error: unknown): boolean {
  return error instanceof SupersededError;
}

/**
 * Opens a temporary file (mode 0600) beside the target and takes the space that the text may need.
 * What is spent for the text (a refresh token, say) is spent after this: a full or read-only disk
 * shows before.
 *
 * Temporary file, fsync, rename, fsync of the directory: a reader sees the old text or the new one,
 * also after a power cut, and never a part.
 * @param bytes how much to reserve
 * @param manner undefined for a file of mode 0600
 * @throws StorageFailed
 */
export function reserveFile(
  target: string,
  bytes: number,
  effects: Effects,
  manner?: FileManner,
): ReservedFile {
  const directory = dirname(target);
  const temporary = join(directory, `${draftPrefix(target)}${effects.randomHex(8)}.tmp`);
  let descriptor: number | undefined;

  const discard = () => {
    if (descriptor === undefined) return;
    closeSync(descriptor);
    descriptor = undefined;
    unlinkQuietly(temporary);
  };

  try {
    descriptor = openSync(temporary, 'wx', 0o600);
    if (bytes > 0) {
      // Random: a compressing file system would reserve nothing for zeros.
      writeFileSync(descriptor, effects.randomHex(Math.ceil(bytes / 2)));
      fsyncSync(descriptor);
    }
  } catch (error) {
    discard();
    throw storageError('write', target, error);
  }
  const open = descriptor;

  const commit = (text: string | Uint8Array, isWanted: () => boolean = () => true) => {
    const content = typeof text === 'string' ? Buffer.from(text, 'utf8') : text;
    try {
      writeAll(open, content);
      ftruncateSync(open, content.length);
      if (manner !== undefined) adopt(open, manner);
      fsyncSync(open);
      if (fstatSync(open).size !== content.length)
        throw Object.assign(new Error(), { code: 'EIO' });
      if (!isWanted()) {
        discard();
        return undefined;
      }
      replaceFile(temporary, target, effects.platform);
      syncDirectory(directory, effects.platform);
    } catch (error) {
      discard();
      if (hasCode(error, 'ENOENT')) throw new SupersededError();
      throw storageError('write', target, error);
    }
    // After the rename, which changes ctime.
    const stamp = descriptorStamp(open);
    closeSync(open);
    descriptor = undefined;
    return stamp;
  };

  return { temporary, commit: commit as ReservedFile['commit'], discard };
}

/** Gives a file that we own mode and group; where the group cannot be given, it gets no rights. */
function adopt(descriptor: number, { mode, group }: FileManner): void {
  const { uid, gid } = fstatSync(descriptor);
  let isOfGroup = group === undefined || group === gid;
  try {
    if (group !== undefined && !isOfGroup) fchownSync(descriptor, uid, group);
    isOfGroup = true;
  } catch {
    // Not a member of it.
  }
  fchmodSync(descriptor, isOfGroup ? mode : mode & ~0o070);
}

function writeAll(descriptor: number, content: Uint8Array): void {
  let written = 0;
  while (written < content.length) {
    written += writeSync(descriptor, content, written, content.length - written, written);
  }
}

/**
 * Writes a file of mode 0600, all or nothing; gives whether it was wanted to the end.
 * @param isWanted see ReservedFile
 * @throws StorageFailed naming the target
 */
export function writeFileAtomically(
  target: string,
  text: string | Uint8Array,
  effects: Effects,
  isWanted: () => boolean = () => true,
): boolean {
  for (let attempt = 1; ; attempt += 1) {
    try {
      return reserveFile(target, 0, effects).commit(text, isWanted) !== undefined;
    } catch (error) {
      // Removed for the sake of another file, or this one's folder was: once more, if still wanted.
      if (!isSuperseded(error)) throw error;
      if (attempt === 3) throw storageError('write', target, { code: 'ENOENT' });
    }
  }
}

/**
 * Makes a file of mode 0600 that must not be there yet, with its whole text at once; gives whether
 * it was made.
 * @throws StorageFailed naming the target
 */
export function createFile(target: string, text: string, effects: Effects): boolean {
  const draft = join(dirname(target), `${draftPrefix(target)}${effects.randomHex(8)}.tmp`);
  try {
    writeFileSync(draft, text, { flag: 'wx', mode: 0o600 });
    try {
      linkSync(draft, target);
    } catch (error) {
      if (hasCode(error, 'EEXIST')) return false;
      // A file system without hard links: there, a reader may find the file still empty.
      if (!hasCode(error, 'EPERM', 'ENOTSUP', 'EOPNOTSUPP', 'ENOSYS', 'EINVAL')) throw error;
      writeFileSync(target, text, { flag: 'wx', mode: 0o600 });
    }
    return true;
  } catch (error) {
    if (hasCode(error, 'EEXIST')) return false;
    throw storageError('write', target, error);
  } finally {
    unlinkQuietly(draft);
  }
}

/** Removes the temporary files for one target, but the one that is spared; see draftPrefix. */
export function removeDrafts(target: string, spared?: ReservedFile): void {
  removeByPrefix(dirname(target), draftPrefix(target), spared?.temporary);
}

/** Removes the temporary files for all targets in a folder; see draftPrefix. */
export function removeDraftsIn(folder: string): void {
  removeByPrefix(folder, temporaryPrefix);
}

function removeByPrefix(folder: string, prefix: string, spared?: string): void {
  let names: readonly string[];
  try {
    names = readdirSync(folder);
  } catch {
    return; // No folder, no drafts.
  }
  for (const name of names) {
    const path = join(folder, name);
    if (name.startsWith(prefix) && path !== spared) unlinkQuietly(path);
  }
}

function unlinkQuietly(path: string): void {
  try {
    unlinkSync(path);
  } catch {
    // Gone already; or swept by age.
  }
}

/** Whether a name is that of one of our temporary files. */
export function isTemporary(path: string): boolean {
  return basename(path).startsWith(temporaryPrefix);
}
