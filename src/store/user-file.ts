import {
  closeSync,
  constants,
  fstatSync,
  lstatSync,
  openSync,
  readFileSync,
  readlinkSync,
  realpathSync,
} from 'node:fs';
import { dirname, resolve } from 'node:path';
import { hasCode, isSsoCredError, SsoCredError } from '../model/errors.ts';
import { storageError } from './storage-error.ts';

/** A file of the person's own, as it is on disk; empty where there is none. */
export interface UserFile {
  readonly exists: boolean;
  readonly bytes: Uint8Array;
  readonly text: string;
  /** The mode to keep; 0600 for a new file. */
  readonly mode: number;
  /** The group to keep; undefined for a new file. */
  readonly group: number | undefined;
  /** A text in the file's encoding; undefined where it cannot be said in that. */
  readonly encode: (text: string) => Uint8Array | undefined;
}

/** As loadConfig has it: no SDK would read what is larger. */
const sizeLimit = 64 * 1024 * 1024;

/** Where a path leads, through links; also where nothing is there yet. @throws StorageFailed */
export function throughLinks(path: string): string {
  let at = resolve(path);
  try {
    return realpathSync(at);
  } catch (error) {
    if (!hasCode(error, 'ENOENT')) throw storageError('read', path, error);
  }
  // A link that leads to nothing cannot go round in a circle: that would have been another error.
  while (lstatSync(at, { throwIfNoEntry: false })?.isSymbolicLink() === true) {
    at = resolve(dirname(at), readlinkSync(at));
  }
  return at;
}

/**
 * Reads a file that is to be replaced.
 * @param user who must own it; undefined on systems without owners
 * @throws StorageFailed for one that cannot be read, or that we should not replace
 */
export function readUserFile(path: string, user: number | undefined): UserFile {
  let descriptor: number;
  try {
    // Not to wait for ever where the path is a pipe. Windows has no such flag.
    descriptor = openSync(path, constants.O_RDONLY | (constants.O_NONBLOCK ?? 0));
  } catch (error) {
    if (!hasCode(error, 'ENOENT')) throw storageError('read', path, error);
    return { exists: false, mode: 0o600, group: undefined, ...decoded(Buffer.alloc(0)) };
  }
  try {
    const { mode, uid, gid, size } = fstatSync(descriptor);
    const refuse = (why: string, remedy?: string) => {
      const details = remedy === undefined ? {} : { remedy };
      throw new SsoCredError('StorageFailed', `Will not replace ${path}: ${why}`, details);
    };
    if ((mode & constants.S_IFMT) !== constants.S_IFREG) refuse('it is no regular file');
    if (user !== undefined && uid !== user) refuse(`it belongs to another user (uid ${uid})`);
    if ((mode & 0o200) === 0) refuse('it is read-only', `chmod u+w ${path}`);
    if (size > sizeLimit) refuse('it is larger than 64 MiB');
    const bytes = readFileSync(descriptor);
    return { exists: true, mode: mode & 0o7777, group: gid, ...decoded(bytes) };
  } catch (error) {
    throw isSsoCredError(error) ? error : storageError('read', path, error);
  } finally {
    closeSync(descriptor);
  }
}

/** Byte for byte: what is not UTF-8 is taken for Latin-1, in which each byte is a character. */
function decoded(bytes: Buffer): Pick<UserFile, 'bytes' | 'text' | 'encode'> {
  const text = bytes.toString('utf8');
  if (Buffer.from(text, 'utf8').equals(bytes)) {
    return { bytes, text, encode: (changed) => Buffer.from(changed, 'utf8') };
  }
  const encode = (changed: string) => {
    const encoded = Buffer.from(changed, 'latin1');
    return encoded.toString('latin1') === changed ? encoded : undefined;
  };
  return { bytes, text: bytes.toString('latin1'), encode };
}
