import { lstatSync, type Stats } from 'node:fs';
import { codeOf, hasCode } from '../model/errors.ts';

/**
 * Why a directory cannot be trusted with secrets; undefined when it can, or is absent. Never
 * through a link: whoever owns the link decides where secrets go.
 * @param owner the uid that must own it; undefined on systems without owners
 */
export function distrust(path: string, owner: number | undefined): string | undefined {
  let stats: Stats;
  try {
    stats = lstatSync(path);
  } catch (error) {
    // ENOTDIR: below a home such as /dev/null, which service accounts have.
    if (hasCode(error, 'ENOENT', 'ENOTDIR')) return undefined;
    return `it cannot be looked at (${codeOf(error)})`;
  }
  if (stats.isSymbolicLink()) return 'it is a symbolic link';
  if (!stats.isDirectory()) return 'it is not a directory';
  if (owner === undefined) return undefined;
  if (stats.uid !== owner) return `it belongs to another user (uid ${stats.uid})`;
  if ((stats.mode & 0o022) !== 0) return 'others may write in it';
  return undefined;
}
