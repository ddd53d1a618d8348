import { posix, win32 } from 'node:path';

/** The process that runs, as the system started it. */
export interface RunningProgram {
  /** The runtime, or the executable itself. */
  readonly execPath: string;
  /** What Node.js runs; undefined in an executable. */
  readonly script: string | undefined;
}

/** What is on disk. */
export interface Programs {
  /** Whether a path is a program that may be run. */
  readonly isRunnable: (path: string) => boolean;
  /** Whether a program is a script for Node.js, found by `env` on the PATH. */
  readonly needsNode: (path: string) => boolean;
}

type Environment = Readonly<Record<string, string | undefined>>;

/** Where even a program that was started by a click or at boot looks: launchd's, systemd's PATH. */
const systemDirectories: Readonly<Partial<Record<NodeJS.Platform, readonly string[]>>> = {
  linux: ['/usr/local/bin', '/usr/bin', '/bin'],
  darwin: ['/usr/bin', '/bin'],
};

/**
 * The words with which other programs run this one: its bare name, where all of them find it, else its
 * path, as the PATH has it, links unresolved, so that an update does not break it; with the path of
 * Node.js before it, where not all would find that.
 */
export function ownCommand(
  { execPath, script }: RunningProgram,
  env: Environment,
  platform: NodeJS.Platform,
  programs: Programs,
): readonly string[] {
  const find = (names: readonly string[]) => findOnPath(names, env, platform, programs);
  const isWindows = platform === 'win32';
  const found = find(isWindows ? ['sso-cred.exe', 'sso-cred.cmd'] : ['sso-cred']);
  const own = found ?? (script === undefined ? { path: execPath, bare: undefined } : undefined);
  if (own !== undefined && !programs.needsNode(own.path)) return [own.bare ?? own.path];
  const node = find([isWindows ? 'node.exe' : 'node']);
  if (own !== undefined && node?.bare !== undefined) return [own.bare ?? own.path];
  return [node?.bare ?? node?.path ?? execPath, own?.path ?? script ?? execPath];
}

interface Found {
  readonly path: string;
  /** Its name, where it lies in a directory of the system's. */
  readonly bare: string | undefined;
}

function findOnPath(
  names: readonly string[],
  env: Environment,
  platform: NodeJS.Platform,
  { isRunnable }: Programs,
): Found | undefined {
  const { isAbsolute, join, delimiter, normalize } = platform === 'win32' ? win32 : posix;
  const pathName = Object.keys(env).find((name) =>
    platform === 'win32' ? /^path$/i.test(name) : name === 'PATH',
  );
  const root = env['SystemRoot'] ?? 'C:\\Windows';
  const ofSystem =
    systemDirectories[platform] ?? (platform === 'win32' ? [root, `${root}\\System32`] : []);
  for (const directory of (env[pathName ?? ''] ?? '').split(delimiter)) {
    if (!isAbsolute(directory)) continue;
    for (const name of names) {
      const path = join(directory, name);
      if (!isRunnable(path)) continue;
      const place = normalize(directory)
        .replace(/[/\\]$/, '')
        .toLowerCase();
      const isOfSystem = ofSystem.some((each) => each.toLowerCase() === place);
      return { path, bare: isOfSystem ? name : undefined };
    }
  }
  return undefined;
}
