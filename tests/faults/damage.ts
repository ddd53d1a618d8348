import { lstatSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { type FaultWorld, pathsBelow } from './fault-world.ts';

/** The most that may lie in the cache directory beside tokens, roles and indexes, whatever happened. */
const maxOthers = 20;

/**
 * What no fault may ever leave: a file that is torn or open to others, a directory full of strays. And
 * what nobody may have sent: what no correct client sends.
 */
export function findDamage(world: FaultWorld): readonly string[] {
  const { cacheDirectory, tokenFile } = world;
  const ours = pathsBelow(cacheDirectory).map((name) => join(cacheDirectory, name));
  const others = othersIn(world);
  return [
    ...[...ours, tokenFile].flatMap(faultsOf),
    ...(others.length > maxOthers
      ? [`${others.length} files beside tokens and roles: ${others.join(' ')}`]
      : []),
    ...world.violations(),
  ];
}

/**
 * All files that are no token, no role and no profile's index; temporary files among these, and beside
 * the token too.
 */
export function othersIn({ cacheDirectory, tokenFile }: FaultWorld): readonly string[] {
  const ours = pathsBelow(cacheDirectory)
    .filter((name) => !/^(tokens|roles|profiles)\/[\w.-]+\.json$/.test(name))
    .map((name) => join(cacheDirectory, name));
  const folder = dirname(tokenFile);
  const besideToken = folder.startsWith(cacheDirectory)
    ? []
    : pathsBelow(folder).map((name) => join(folder, name));
  return [...ours, ...besideToken].filter(
    (path) =>
      path !== tokenFile && lstatSync(path, { throwIfNoEntry: false })?.isDirectory() === false,
  );
}

function faultsOf(path: string): readonly string[] {
  const stats = lstatSync(path, { throwIfNoEntry: false });
  if (stats === undefined || stats.isSocket()) return [];
  const loose = (stats.mode & 0o077) === 0 ? [] : [`${path} is open to others`];
  if (!stats.isFile()) return loose;
  if (path.endsWith('.bad')) return [...loose, `${path} was found to be damaged`];
  // A lock comes into being by a rename; what was to become one is no lock.
  if (/\.lock\.[^/]+\/[^/]+$/.test(path)) return loose;
  const texts = path.endsWith('.jsonl')
    ? readFileSync(path, 'utf8').trimEnd().split('\n')
    : path.endsWith('.json')
      ? [readFileSync(path, 'utf8')]
      : [];
  return [...loose, ...(texts.every(isJson) ? [] : [`${path} is torn`])];
}

function isJson(text: string): boolean {
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
}
