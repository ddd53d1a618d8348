import {
  lstatSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  unlinkSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { dirname, join } from 'node:path';
import { decodeOwner, type Liveness, type Owner } from '../model/owner.ts';
import type { World } from '../world.ts';
import { breakHold, readLock } from './lock-directory.ts';
import type { Folder, Store } from './store.ts';
import { isTemporary } from './write-file.ts';

const hourMs = 3_600_000;
const dayMs = 24 * hourMs;

/** How long a record is kept that nobody has written since; no role lives longer than 12 hours. */
const keptMs: Readonly<Record<Exclude<Folder, 'locks' | 'claims'>, number>> = {
  roles: 2 * dayMs,
  profiles: 90 * dayMs,
  sessions: 90 * dayMs,
  failures: 2 * dayMs,
  registrations: 100 * dayMs,
  listings: dayMs,
  tokens: Number.POSITIVE_INFINITY,
  clocks: dayMs,
  pending: dayMs,
};

/** Temporary and damaged files are of no use to anybody after this. */
const strayMs = hourMs;

/** A socket is there for a moment before anybody listens on it. */
const listeningMs = 1_000;

/** After the death of a process what it left goes sooner: hardly anything takes so long to make. */
const strayAfterDeathMs = 5_000;

/** The space for a token is taken before it is asked for, which has 25 s. */
const tokenStrayAfterDeathMs = 60_000;

/**
 * Removes what is old below the cache directory, and temporary files of ours that were left beside
 * the token, at most once a day: called after a network call, where it costs nobody anything. What
 * cannot be removed stays.
 */
export async function sweepDaily(
  store: Store,
  tokenFile: string,
  world: Pick<World, 'clock' | 'trace'>,
): Promise<void> {
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
  for (const folder of [store.directory, dirname(tokenFile)]) count += sweepTemporary(folder, now);
  count += await sweepDead(store, now);
  if (count > 0) world.trace('cache', `${count} old files removed from ${store.directory}`);
}

/** Removes what processes that are gone have left: locks, sockets, claims, temporary files. */
export async function sweepAfterDeath(store: Store, world: Pick<World, 'clock'>): Promise<void> {
  const now = world.clock.now();
  for (const folder of Object.keys(keptMs)) {
    const maxAgeMs = folder === 'tokens' ? tokenStrayAfterDeathMs : strayAfterDeathMs;
    const isOld = (name: string, ageMs: number) => isTemporary(name) && ageMs > maxAgeMs;
    sweepFolder(join(store.directory, folder), isOld, now);
  }
  await sweepDead(store, now);
}

/** Locks, sockets and claims of processes that are gone; counts them. */
async function sweepDead(store: Store, now: number): Promise<number> {
  let count = 0;
  for (const [folder, isDead] of [
    ['locks', isDeadLock],
    ['claims', isDeadClaim],
  ] as const) {
    for (const name of namesIn(join(store.directory, folder))) {
      const path = store.path(folder, name);
      try {
        if (!(await isDead(store, name, now - lstatSync(path).mtimeMs))) continue;
        rmSync(path, { recursive: true });
        count += 1;
      } catch {
        // Another process was faster.
      }
    }
  }
  return count;
}

/** Never true of a lock that may be had: breakHold alone ends a hold. */
async function isDeadLock(store: Store, name: string, ageMs: number): Promise<boolean> {
  // The socket of a process, or the draft of a lock.
  if (name.endsWith('.sock')) {
    if (ageMs <= listeningMs) return false;
    const liveness = await store.livenessOfSocket(name);
    return liveness === 'dead' || (liveness === 'unknown' && ageMs > dayMs);
  }
  if (!name.endsWith('.lock')) return ageMs > strayAfterDeathMs;
  const path = store.path('locks', name);
  const state = readLock(path);
  if (state.kind !== 'held') return false;
  const { file, owner } = state.holder;
  const liveness = await livenessOf(store, owner);
  if (!isGone(liveness, ageMs)) return false;
  breakHold(path, file);
  if (liveness === 'dead' && owner?.socket) store.remove('locks', owner.socket);
  return false;
}

/** Not by age where the claimant lives: it may have been stopped, or its computer asleep. */
async function isDeadClaim(store: Store, name: string, ageMs: number): Promise<boolean> {
  const owner = decodeOwner(readFileSync(store.path('claims', name), 'utf8'));
  return isGone(await livenessOf(store, owner), ageMs);
}

async function livenessOf(store: Store, owner: Owner | undefined): Promise<Liveness> {
  return owner === undefined ? 'unknown' : await store.liveness(owner);
}

/** Whether a process is gone; one of which nothing can be known (another kernel's), by age. */
function isGone(liveness: Liveness, ageMs: number): boolean {
  return liveness === 'dead' || (liveness === 'unknown' && ageMs > hourMs);
}

/**
 * Removes temporary files of ours that a process left which did not live to remove them; counts them.
 * @param now epoch milliseconds
 */
export function sweepTemporary(folder: string, now: number): number {
  const isOld = (name: string, ageMs: number) => isTemporary(name) && ageMs > strayMs;
  return sweepFolder(folder, isOld, now);
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
