import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';

/** A bun that runs on this machine. */
export interface Bun {
  readonly path: string;
  readonly version: string;
}

/**
 * The bun that the dev dependency of the same name brings, of exactly its version; undefined when
 * this machine has none. Its platform packages hold the binary as it is; where npm lets the
 * package's install script run, that moves it to `bun/bin/bun.exe`.
 */
export function findBun(): Bun | undefined {
  const version = wantedVersion();
  if (version === undefined) return undefined;
  const path = [
    ...runtimePackages(process.platform, process.arch).map(runtimePath),
    resolve('node_modules/bun/bin/bun.exe'),
  ].find((candidate) => versionOf(candidate) === version);
  return path === undefined ? undefined : { path, version };
}

/** Where the runtime of a platform package lies, such as `bun-windows-x64`. */
function runtimePath(packageName: string): string {
  const file = packageName.startsWith('bun-windows') ? 'bun.exe' : 'bun';
  return resolve('node_modules/@oven', packageName, 'bin', file);
}

/** An environment in which bun does what its command line says and nothing else. */
export function bunEnvironment(): NodeJS.ProcessEnv {
  const entries = Object.entries(process.env).filter(([name]) => !/^(BUN|NODE)_/i.test(name));
  return Object.fromEntries(entries);
}

/** The packages that may hold a bun for a platform, the best first; not each of them exists. */
function runtimePackages(platform: NodeJS.Platform, arch: string): readonly string[] {
  const system = platform === 'win32' ? 'windows' : platform;
  const name = `bun-${system}-${arch === 'arm64' ? 'aarch64' : arch}`;
  const libraries = platform === 'linux' ? ['', '-musl'] : [''];
  return libraries.flatMap((library) => [name + library, `${name}${library}-baseline`]);
}

function wantedVersion(): string | undefined {
  try {
    const text = readFileSync('node_modules/bun/package.json', 'utf8');
    return (JSON.parse(text) as { version: string }).version;
  } catch {
    return undefined;
  }
}

/** The version that a bun prints; undefined for one that is not there or does not run here. */
function versionOf(path: string): string | undefined {
  const { status, stdout } = spawnSync(path, ['--version'], {
    encoding: 'utf8',
    env: bunEnvironment(),
    timeout: 20_000,
  });
  return status === 0 ? stdout.trim() : undefined;
}
