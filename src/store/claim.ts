import { readdirSync, readFileSync, statSync, unlinkSync } from 'node:fs';
import { hasCode } from '../model/errors.ts';
import { decodeOwner, encodeOwner, type Owner } from '../model/owner.ts';
import type { World } from '../world.ts';
import { storageError } from './storage-error.ts';
import type { Store } from './store.ts';

/** A claimant of which nothing is known (another host's) has this long; milliseconds. */
const unknownForMs = 120_000;

/** Whether this process alone may spend something, or another may be at it. */
export type Claim =
  | { readonly kind: 'mine'; release(): void }
  /** By a process that lives, or may live. */
  | { readonly kind: 'held'; readonly owner: Owner | undefined };

/**
 * Claims something that can be spent once, a refresh token say, for this process. A claim outlives
 * the lock under which it was made: whoever was stopped while it held the lock, and lost it, still
 * has the claim. That of a dead process counts no more: what it claimed may or may not be spent, and
 * is tried once again.
 *
 * Claims are numbered files. The next number is taken by making its file, which one process can,
 * after all before it were seen to be dead; and no claim is good while there is another by a process
 * that may live, for files may be removed between the look and the making.
 * @param digest of what is to be spent
 * @throws StorageFailed
 */
export async function claim(
  store: Store,
  digest: string,
  world: Pick<World, 'clock'>,
): Promise<Claim> {
  const before = await listClaims(store, digest, world);
  if (before.held !== undefined) return { kind: 'held', owner: before.held.owner };
  const name = nameOf(digest, before.last + 1);
  const owner = await store.owner();
  if (!store.create('claims', name, encodeOwner(owner))) return { kind: 'held', owner: undefined };
  const after = await listClaims(store, digest, world, name);
  if (after.held !== undefined) {
    store.remove('claims', name);
    return { kind: 'held', owner: after.held.owner };
  }
  return {
    kind: 'mine',
    release() {
      removeQuietly([...after.names, name].map((each) => store.path('claims', each)));
    },
  };
}

/** Ends all claims on this, whoever has them. */
export function removeClaims(store: Store, digest: string): void {
  removeQuietly(namesOf(store, digest).map((name) => store.path('claims', name)));
}

interface Claims {
  readonly names: readonly string[];
  readonly last: number;
  readonly held: { readonly owner: Owner | undefined } | undefined;
}

/** @param except the name of our own */
async function listClaims(
  store: Store,
  digest: string,
  world: Pick<World, 'clock'>,
  except?: string,
): Promise<Claims> {
  const names = namesOf(store, digest).filter((name) => name !== except);
  let last = 0;
  for (const name of names) {
    last = Math.max(last, Number(name.slice(prefixOf(digest).length, -'.json'.length)) || 0);
    const found = readClaim(store.path('claims', name));
    if (found === undefined) continue;
    const { owner, madeAt } = found;
    const liveness = owner === undefined ? 'unknown' : await store.liveness(owner);
    const isOld = Math.abs(world.clock.now() - madeAt) > unknownForMs;
    if (liveness === 'alive' || (liveness === 'unknown' && !isOld)) {
      return { names, last, held: { owner } };
    }
  }
  return { names, last, held: undefined };
}

function namesOf(store: Store, digest: string): readonly string[] {
  const folder = store.folder('claims');
  try {
    return readdirSync(folder).filter((name) => name.startsWith(prefixOf(digest)));
  } catch (error) {
    throw storageError('read', folder, error);
  }
}

function prefixOf(digest: string): string {
  return `${digest.slice(0, 32)}.`;
}

function nameOf(digest: string, number: number): string {
  return `${prefixOf(digest)}${number}.json`;
}

/** Undefined when it is gone. */
function readClaim(
  path: string,
): { readonly owner: Owner | undefined; readonly madeAt: number } | undefined {
  try {
    return { owner: decodeOwner(readFileSync(path, 'utf8')), madeAt: statSync(path).mtimeMs };
  } catch (error) {
    if (hasCode(error, 'ENOENT')) return undefined;
    throw storageError('read', path, error);
  }
}

function removeQuietly(paths: readonly string[]): void {
  for (const path of paths) {
    try {
      unlinkSync(path);
    } catch {
      // Gone already; or swept when its process is.
    }
  }
}
