import { lstatSync, readdirSync, statSync, unlinkSync, utimesSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import type { World } from '../world.ts';
import type { Folder, Store } from './store.ts';
import { isTemporary } from './write-file.ts';

const hourMs = 3_600_000;
const dayMs = 24 * hourMs;

/** How long a record is kept that nobody has written since; no role lives longer than 12 hours. */
const keptMs: Readonly<Record<Exclude<Folder, 'locks'>, number>> = {
  roles: 2 * dayMs,
  profiles: 90 * dayMs,
  sessions: 90 * dayMs,
  failures: 2 * dayMs,
  registrations: 100 * dayMs,
  tokens: Number.POSITIVE_INFINITY,
};

/** Temporary and damaged files are of no use to anybody after this. */
const strayMs = hourMs;

/**
 * Removes what is old below the cache directory, and temporary files of ours that were left beside
 * the token, at most once a day: called after a network call, where it costs nobody anything. What
 * cannot be removed stays.
 */
export function sweepDaily(
  store: Store,
  tokenFile: string,
  world: Pick<World, 'clock' | 'trace'>,
): void {
  const now = world.clock.now();
  try {
    const marker = join(store.directory, '.swept');
    const lastSwept = statSync(marker, { throwIfNoEntry: false })?.mtimeMs ?? 0;
    if (Math.abs(now - lastSwept) < dayMs) return;
    writeFileSync(marker, '', { mode: 0o600 });
    utimesSync(marker, now / 1000, now / 1000);
  } catch {
    return; // A disk that takes no marker takes no new records either.
  }
  let count = 0;
  for (const [folder, maxAgeMs] of Object.entries(keptMs)) {
    const isOld = (name: string, ageMs: number) => ageMs > (isStray(name) ? strayMs : maxAgeMs);
    count += sweepFolder(join(store.directory, folder), isOld, now);
  }
  for (const folder of [store.directory, dirname(tokenFile)]) {
    const isOld = (name: string, ageMs: number) => isTemporary(name) && ageMs > strayMs;
    count += sweepFolder(folder, isOld, now);
  }
  if (count > 0) world.trace('cache', `${count} old files removed from ${store.directory}`);
}

function isStray(name: string): boolean {
  return isTemporary(name) || name.endsWith('.bad');
}

function sweepFolder(
  folder: string,
  isOld: (name: string, ageMs: number) => boolean,
  now: number,
): number {
  return namesIn(folder).filter((name) => {
    const path = join(folder, name);
    try {
      if (!isOld(name, now - lstatSync(path).mtimeMs)) return false;
      unlinkSync(path);
      return true;
    } catch {
      return false; // A directory, or another process was faster.
    }
  }).length;
}

function namesIn(folder: string): readonly string[] {
  try {
    return readdirSync(folder);
  } catch {
    return [];
  }
}
