import { accessSync, constants, statSync } from 'node:fs';
import { posix, win32 } from 'node:path';
import { hasCode, SsoCredError } from '../model/errors.ts';
import type { Environment } from '../world.ts';

/**
 * The file that a command's name means, found as a shell finds it: by PATH, or where the name says if
 * it has a slash. On Windows by PATHEXT too, and not in the current directory unless that is named.
 * @throws CommandNotFound, CommandNotExecutable
 */
export function findProgram(name: string, env: Environment, platform: NodeJS.Platform): string {
  let found: Kind = 'absent';
  for (const path of candidates(name, env, platform)) {
    const kind = kindOf(path, platform);
    if (kind === 'program') return path;
    // A directory that only has the name, somewhere on PATH, is not what is meant.
    if (kind === 'forbidden' || path === name) found = kind;
  }
  if (found === 'absent') {
    throw new SsoCredError('CommandNotFound', `${name || '""'}: there is no such command`);
  }
  const why = found === 'directory' ? 'it is a directory' : 'permission denied';
  throw new SsoCredError('CommandNotExecutable', `${name} cannot be run: ${why}`);
}

function candidates(name: string, env: Environment, platform: NodeJS.Platform): readonly string[] {
  if (name === '') return [];
  if (platform === 'win32') {
    const known = (variable('PATHEXT', env) || '.COM;.EXE;.BAT;.CMD').split(';').filter(Boolean);
    const hasKnown = known.some((each) => name.toLowerCase().endsWith(each.toLowerCase()));
    const endings = hasKnown ? ['', ...known] : known;
    const names = endings.map((ending) => `${name}${ending}`);
    if (/[\\/:]/.test(name)) return names;
    const folders = (variable('PATH', env) ?? '').split(';').map((each) => each.replace(/"/g, ''));
    return folders
      .filter(Boolean)
      .flatMap((folder) => names.map((each) => win32.join(folder, each)));
  }
  if (name.includes('/')) return [name];
  // An empty part of PATH is the current directory (POSIX, 8.3).
  const folders = (env['PATH'] || '/usr/bin:/bin').split(':');
  return folders.map((folder) => posix.join(folder || '.', name));
}

/** A variable by its name; Windows does not tell upper case from lower, and calls it Path. */
function variable(name: string, env: Environment): string | undefined {
  const spelled = Object.keys(env).find((each) => each.toUpperCase() === name);
  return spelled === undefined ? undefined : env[spelled];
}

/** Whether a path is a file that may be run. */
export function isProgram(path: string, platform: NodeJS.Platform): boolean {
  return kindOf(path, platform) === 'program';
}

type Kind = 'program' | 'forbidden' | 'directory' | 'absent';

function kindOf(path: string, platform: NodeJS.Platform): Kind {
  try {
    const stat = statSync(path, { throwIfNoEntry: false });
    if (stat === undefined) return 'absent';
    if (stat.isDirectory()) return 'directory';
    if (platform !== 'win32') accessSync(path, constants.X_OK);
    return 'program';
  } catch (error) {
    return hasCode(error, 'EACCES', 'EPERM') ? 'forbidden' : 'absent';
  }
}
