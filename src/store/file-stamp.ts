import { type BigIntStats, fstatSync, statSync } from 'node:fs';
import { codeOf, hasCode } from '../model/errors.ts';
import { absentStamp } from '../model/profile-index.ts';

/** What tells whether a file is still the one we saw: device, inode, size, mtime and ctime in ns. */
export function stampOf(stats: BigIntStats): string {
  return `${stats.dev}:${stats.ino}:${stats.size}:${stats.mtimeNs}:${stats.ctimeNs}`;
}

/**
 * The stamp of the file at a path, links followed; `absent` when there is none. One that cannot be
 * looked at has a stamp like no other: whoever reads it finds out why.
 */
export function fileStamp(path: string): string {
  try {
    const stats = statSync(path, { bigint: true, throwIfNoEntry: false });
    return stats === undefined ? absentStamp : stampOf(stats);
  } catch (error) {
    return hasCode(error, 'ENOTDIR') ? absentStamp : `unseen ${codeOf(error)}`;
  }
}

/** The stamp of an open file. */
export function descriptorStamp(descriptor: number): string {
  return stampOf(fstatSync(descriptor, { bigint: true }));
}
