import { type BigIntStats, closeSync, constants, fstatSync, openSync, readFileSync } from 'node:fs';
import { codeOf } from '../model/errors.ts';
import { stampOf } from './file-stamp.ts';

/** A record is at most this long; more is damage. */
const maxBytes = 1024 * 1024;

/** What came of reading a file that must be ours alone. */
export type PrivateRead =
  | {
      readonly kind: 'read';
      readonly text: string;
      /** See fileStamp. */
      readonly stamp: string;
      /** When it was written; epoch milliseconds. */
      readonly writtenAt: number;
      /** Whether others may read or write it. */
      readonly loose: boolean;
    }
  | { readonly kind: 'absent' }
  | { readonly kind: 'damaged'; readonly reason: string }
  | {
      readonly kind: 'refused';
      readonly reason: string;
      readonly errno?: string;
      /** Whether all that is wrong is that the file has two names. */
      readonly hasOtherName?: boolean;
    };

/**
 * Reads a file that holds secrets: never through a link, and only if it is a regular file of the
 * owner given (CWE-59, CWE-367: what is checked is what is read).
 * @param owner the uid that must own it; undefined on systems without owners
 */
export function readPrivateFile(path: string, owner: number | undefined): PrivateRead {
  let descriptor: number;
  try {
    descriptor = openSync(
      path,
      constants.O_RDONLY | (constants.O_NOFOLLOW ?? 0) | (constants.O_NONBLOCK ?? 0),
    );
  } catch (error) {
    return whyNotOpened(error);
  }
  try {
    const stats = fstatSync(descriptor, { bigint: true });
    const refusal = refusalOf(stats, owner);
    if (refusal !== undefined) return { kind: 'refused', reason: refusal };
    if (owner !== undefined && stats.nlink > 1n) {
      return { kind: 'refused', reason: 'it has another name (hard link)', hasOtherName: true };
    }
    if (stats.size > maxBytes) return { kind: 'damaged', reason: `it is ${stats.size} bytes long` };
    return {
      kind: 'read',
      // In one call: a Buffer of ours would take an executable longer than all else here.
      text: readFileSync(descriptor, 'utf8'),
      stamp: stampOf(stats),
      writtenAt: Number(stats.mtimeMs),
      loose: owner !== undefined && (stats.mode & 0o077n) !== 0n,
    };
  } catch (error) {
    return {
      kind: 'refused',
      reason: `it cannot be read (${codeOf(error)})`,
      errno: codeOf(error) ?? '',
    };
  } finally {
    closeSync(descriptor);
  }
}

function whyNotOpened(error: unknown): PrivateRead {
  const errno = codeOf(error) ?? '';
  switch (errno) {
    case 'ENOENT':
    case 'ENOTDIR':
      return { kind: 'absent' };
    case 'ELOOP':
    case 'EMLINK':
      return { kind: 'refused', reason: 'it is a symbolic link' };
    case 'ENXIO':
      return { kind: 'refused', reason: 'it is not a regular file' };
    default:
      return { kind: 'refused', reason: `it cannot be opened (${errno})`, errno };
  }
}

function refusalOf(stats: BigIntStats, owner: number | undefined): string | undefined {
  if (!stats.isFile()) return 'it is not a regular file';
  if (owner === undefined) return undefined;
  if (stats.uid !== BigInt(owner)) return `it belongs to another user (uid ${stats.uid})`;
  return undefined;
}
