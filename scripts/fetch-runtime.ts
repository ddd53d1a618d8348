import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, renameSync, rmSync } from 'node:fs';
import { join, resolve } from 'node:path';
import type { Bun } from './find-bun.ts';
import { runNpm } from './run-npm.ts';

/**
 * The path of Bun's runtime for another system, fetched as an npm package into build/runtimes. It is
 * what package-lock.json says by its hash, or this throws.
 * @param runtime such as `bun-linux-aarch64`
 */
export function fetchRuntime(runtime: string, { version }: Bun): string {
  const directory = resolve('build', 'runtimes', `${runtime}-${version}`);
  const binary = join(directory, 'bin', runtime.startsWith('bun-windows') ? 'bun.exe' : 'bun');
  if (existsSync(binary)) return binary;
  const fresh = `${directory}.new`;
  rmSync(fresh, { recursive: true, force: true });
  mkdirSync(fresh, { recursive: true });
  const packed = runNpm([
    'pack',
    '--silent',
    `--pack-destination=${fresh}`,
    `@oven/${runtime}@${version}`,
  ]);
  const archive = join(fresh, packed.trim().split('\n').at(-1) ?? '');
  const hash = `sha512-${createHash('sha512').update(readFileSync(archive)).digest('base64')}`;
  if (hash !== lockedIntegrity(runtime, version)) {
    throw new Error(`@oven/${runtime} ${version} is not what package-lock.json says: ${hash}`);
  }
  const { status, stderr } = spawnSync(
    'tar',
    ['-xzf', archive, '-C', fresh, '--strip-components=1'],
    { encoding: 'utf8' },
  );
  if (status !== 0) throw new Error(`tar cannot unpack ${archive}: ${stderr}`);
  rmSync(archive);
  renameSync(fresh, directory);
  return binary;
}

function lockedIntegrity(runtime: string, version: string): string | undefined {
  const { packages } = JSON.parse(readFileSync('package-lock.json', 'utf8')) as {
    packages: Readonly<Record<string, { version?: string; integrity?: string }>>;
  };
  const entry = packages[`node_modules/@oven/${runtime}`];
  return entry?.version === version ? entry.integrity : undefined;
}
