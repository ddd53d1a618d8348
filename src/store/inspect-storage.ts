import { lstatSync, readdirSync, realpathSync, type Stats, statfsSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { describeErrno } from '../model/errno.ts';
import { hasCode } from '../model/errors.ts';
import type { Finding } from '../model/finding.ts';
import { quoted } from '../model/shell-word.ts';
import { distrust } from './trust.ts';
import { isTemporary } from './write-file.ts';

/** Whose the files must be, and what time it is (epoch milliseconds). */
interface Surroundings {
  readonly user: number | undefined;
  readonly now: number;
}

/** A temporary file is of no use to anybody after this; milliseconds. */
const strayMs = 3_600_000;

/** Less than this, and nothing can be written safely; bytes. */
const scarceBytes = 1024 * 1024;

/** What is wrong with our own directory and what lies in it, locks apart; nothing is read or changed. */
export function inspectOwnDirectory(
  directory: string,
  surroundings: Surroundings,
): readonly Finding[] {
  const findings = [...inspectDirectory(directory, surroundings.user)];
  for (const name of namesIn(directory)) {
    const path = join(directory, name);
    const stats = lstat(path);
    if (stats === undefined) continue;
    if (!stats.isDirectory()) findings.push(...inspectFile(path, stats, surroundings));
    else if (name === 'locks') findings.push(...inspectDirectory(path, surroundings.user));
    else findings.push(...inspectFolder(path, surroundings));
  }
  return [...findings, ...freeSpace(directory)];
}

function inspectFolder(folder: string, surroundings: Surroundings): readonly Finding[] {
  const files = namesIn(folder).flatMap((name) => {
    const path = join(folder, name);
    const stats = lstat(path);
    return stats === undefined || stats.isDirectory() ? [] : inspectFile(path, stats, surroundings);
  });
  return [...inspectDirectory(folder, surroundings.user), ...files];
}

function inspectDirectory(path: string, user: number | undefined): readonly Finding[] {
  const reason = distrust(path, user);
  const fix = { kind: 'set-mode', path, mode: 0o700 } as const;
  if (reason !== undefined) {
    const isMode = reason === 'others may write in it';
    return [
      {
        code: 'distrusted-directory',
        severity: 'error',
        message: `${path} is not used: ${reason}`,
        file: path,
        affected: [{ who: 'sso-cred', how: 'every call ends with exit status 7' }],
        ...(isMode
          ? { command: `chmod 700 ${quoted(path)}`, fix }
          : { advice: 'Remove it, or choose another place with --cache-dir' }),
      },
    ];
  }
  const mode = lstat(path)?.mode ?? 0;
  if (user === undefined || (mode & 0o077) === 0) return [];
  const message = `Others may look into ${path}`;
  const command = `chmod 700 ${quoted(path)}`;
  return [{ code: 'loose-mode', severity: 'warning', message, file: path, command, fix }];
}

function inspectFile(path: string, stats: Stats, { user, now }: Surroundings): readonly Finding[] {
  const refusal = refusalOf(stats, user);
  if (refusal !== undefined) {
    const message = `${path} is not used: ${refusal}`;
    const advice = 'Remove it';
    return [{ code: 'distrusted-file', severity: 'error', message, file: path, advice }];
  }
  const remove = {
    file: path,
    command: `rm ${quoted(path)}`,
    fix: { kind: 'remove-file', path },
  } as const;
  if (path.endsWith('.bad')) {
    const message = `${path} was damaged, and has been moved aside`;
    return [{ code: 'damaged-record', severity: 'note', message, ...remove }];
  }
  if (isTemporary(path)) {
    if (now - stats.mtimeMs < strayMs) return [];
    const message = `${path} was left behind by a process that was ended`;
    return [{ code: 'stray-file', severity: 'note', message, ...remove }];
  }
  return looseFile(path, stats, user);
}

function refusalOf(stats: Stats, user: number | undefined): string | undefined {
  if (stats.isSymbolicLink()) return 'it is a symbolic link';
  // Sockets and the like are no records.
  if (!stats.isFile() || user === undefined) return undefined;
  if (stats.uid !== user) return `it belongs to another user (uid ${stats.uid})`;
  return stats.nlink > 1 ? 'it has another name (hard link)' : undefined;
}

function looseFile(path: string, stats: Stats, user: number | undefined): readonly Finding[] {
  if (user === undefined || !stats.isFile() || (stats.mode & 0o077) === 0) return [];
  return [
    {
      code: 'loose-mode',
      severity: 'warning',
      message: `Others may read or write ${path}`,
      file: path,
      command: `chmod 600 ${quoted(path)}`,
      fix: { kind: 'set-mode', path, mode: 0o600 },
    },
  ];
}

/** A token file of AWS's own tools: some of them let everybody read it. */
export function inspectTokenFile(path: string, user: number | undefined): readonly Finding[] {
  const stats = lstat(path);
  // Links and foreign files are told of when the token is read.
  if (stats === undefined || !stats.isFile() || stats.uid !== user) return [];
  return looseFile(path, stats, user);
}

/** A file or directory that decides what is run as the person: nobody else may write to it. */
export function inspectConfigPath(
  path: string,
  user: number | undefined,
  holdsSecrets: boolean,
): readonly Finding[] {
  if (user === undefined) return [];
  let stats: Stats;
  try {
    stats = statSync(path);
  } catch {
    return []; // What cannot be read is told of with the config.
  }
  if (stats.uid !== user) {
    if (stats.uid === 0) return [];
    const message = `${path} belongs to another user (uid ${stats.uid}), who decides what is run as you`;
    return [{ code: 'foreign-config', severity: 'warning', message, file: path }];
  }
  const unwanted = holdsSecrets ? 0o077 : 0o022;
  if ((stats.mode & unwanted) === 0) return [];
  const isWritable = (stats.mode & 0o022) !== 0;
  return [
    {
      code: 'loose-config',
      severity: isWritable ? 'error' : 'warning',
      message: isWritable
        ? `Others may write to ${path}, and decide what is run as you`
        : `Others may read ${path}`,
      file: path,
      command: `chmod ${holdsSecrets ? 'go-rwx' : 'go-w'} ${quoted(path)}`,
      fix: { kind: 'set-mode', path: realpathSync(path), mode: stats.mode & 0o777 & ~unwanted },
    },
  ];
}

function freeSpace(directory: string): readonly Finding[] {
  try {
    const { bavail, bsize } = statfsSync(directory);
    if (bavail * bsize >= scarceBytes) return [];
  } catch {
    return []; // There is no such directory yet.
  }
  const message = `Less than 1 MiB is free where ${directory} is: nothing can be kept`;
  const affected = [
    { who: 'sso-cred', how: 'AWS is asked at each call, and no token is refreshed' },
  ];
  return [{ code: 'disk-full', severity: 'error', message, file: directory, affected }];
}

/** Why a directory cannot be listed, as a finding; nothing when it can, or is absent. */
export function unlistable(path: string): readonly Finding[] {
  try {
    readdirSync(path);
    return [];
  } catch (error) {
    if (hasCode(error, 'ENOENT', 'ENOTDIR')) return [];
    const message = `${path} cannot be read: ${describeErrno(error)}`;
    return [{ code: 'unreadable', severity: 'error', message, file: path }];
  }
}

function namesIn(folder: string): readonly string[] {
  try {
    return readdirSync(folder).sort();
  } catch {
    return [];
  }
}

function lstat(path: string): Stats | undefined {
  try {
    return lstatSync(path, { throwIfNoEntry: false });
  } catch {
    return undefined;
  }
}
