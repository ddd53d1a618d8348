import {
  closeSync,
  fstatSync,
  fsyncSync,
  ftruncateSync,
  openSync,
  unlinkSync,
  writeFileSync,
  writeSync,
} from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { replaceFile, syncDirectory } from '../system/platform.ts';
import type { World } from '../world.ts';
import { descriptorStamp } from './file-stamp.ts';
import { storageError } from './storage-error.ts';

type Effects = Pick<World, 'platform' | 'randomHex'>;

/** A file that has its space on disk, but not yet its text or its name. */
export interface ReservedFile {
  /**
   * Writes the text and gives the file its name, all or nothing; returns the file's stamp (fileStamp).
   * @throws StorageFailed
   */
  commit(text: string): string;
  /** Gives the space back, unless it was committed. */
  discard(): void;
}

/** Begins the name of each temporary file, so that strays can be told and swept. */
export const temporaryPrefix = '.sso-cred-';

/**
 * Opens a temporary file (mode 0600) beside the target and takes the space that the text may need.
 * What is spent for the text (a refresh token, say) is spent after this: a full or read-only disk
 * shows before.
 *
 * Temporary file, fsync, rename, fsync of the directory: a reader sees the old text or the new one,
 * also after a power cut, and never a part.
 * @param bytes how much to reserve
 * @throws StorageFailed
 */
export function reserveFile(target: string, bytes: number, effects: Effects): ReservedFile {
  const directory = dirname(target);
  const temporary = join(directory, `${temporaryPrefix}${effects.randomHex(8)}.tmp`);
  let descriptor: number | undefined;

  const discard = () => {
    if (descriptor === undefined) return;
    closeSync(descriptor);
    descriptor = undefined;
    try {
      unlinkSync(temporary);
    } catch {
      // Swept by age.
    }
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

  const commit = (text: string) => {
    const content = Buffer.from(text, 'utf8');
    try {
      writeAll(open, content);
      ftruncateSync(open, content.length);
      fsyncSync(open);
      if (fstatSync(open).size !== content.length)
        throw Object.assign(new Error(), { code: 'EIO' });
      replaceFile(temporary, target, effects.platform);
      syncDirectory(directory, effects.platform);
    } catch (error) {
      discard();
      throw storageError('write', target, error);
    }
    // After the rename, which changes ctime.
    const stamp = descriptorStamp(open);
    closeSync(open);
    descriptor = undefined;
    return stamp;
  };

  return { commit, discard };
}

function writeAll(descriptor: number, content: Buffer): void {
  let written = 0;
  while (written < content.length) {
    written += writeSync(descriptor, content, written, content.length - written, written);
  }
}

/** Writes a file of mode 0600, all or nothing. @throws StorageFailed naming the target */
export function writeFileAtomically(target: string, text: string, effects: Effects): void {
  reserveFile(target, 0, effects).commit(text);
}

/** Whether a name is that of one of our temporary files. */
export function isTemporary(path: string): boolean {
  return basename(path).startsWith(temporaryPrefix);
}
