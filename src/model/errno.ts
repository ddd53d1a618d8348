import { codeOf } from './errors.ts';

const inWords: ReadonlyMap<string, string> = new Map([
  ['EACCES', 'permission denied'],
  ['EPERM', 'permission denied'],
  ['EROFS', 'the file system is read-only'],
  ['ENOSPC', 'no space left on the device'],
  ['EDQUOT', 'the disk quota is used up'],
  ['EMFILE', 'too many files are open'],
  ['ENFILE', 'too many files are open'],
  ['EIO', 'the disk or the network reports an error'],
  ['EBUSY', 'it is in use, or a file system is mounted on it'],
  ['EISDIR', 'it is a directory'],
  ['ENOTDIR', 'a part of the path is not a directory'],
  ['ELOOP', 'its symbolic links lead in a circle'],
  ['ENAMETOOLONG', 'its path is too long'],
  ['ENXIO', 'it is a socket'],
  ['EAGAIN', 'it is a pipe or a terminal with nothing in it'],
]);

/** The reason that a system call gave, in words and with its name: `permission denied (EACCES)`. */
export function describeErrno(error: unknown): string {
  const errno = codeOf(error) ?? 'unknown error';
  const words = inWords.get(errno);
  return words === undefined ? errno : `${words} (${errno})`;
}
