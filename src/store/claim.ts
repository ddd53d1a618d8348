import { readdirSync, readFileSync, statSync } from 'node:fs';
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
 * Each claim is a file whose name no other ever has, so that whoever removes a dead one removes no
 * living one. It is made first, and then looked who else has one: of two that do so at once, at
 * least one sees the other and withdraws.
 * @param digest of what is to be spent
 * @throws StorageFailed
 */
export async function claim(
  store: Store,
  digest: string,
  world: Pick<World, 'clock' | 'randomHex'>,
): Promise<Claim> {
  const before = await listClaims(store, digest, world);
  if (before.held !== undefined) return { kind: 'held', owner: before.held.owner };
  const owner = await store.owner();
  const name = `${prefixOf(digest)}${world.randomHex(8)}.json`;
  store.create('claims', name, encodeOwner(owner));
  let isMine = false;
  try {
    const others = await listClaims(store, digest, world, name);
    if (others.held !== undefined) return { kind: 'held', owner: others.held.owner };
    isMine = true;
    return { kind: 'mine', release: () => remove(store, [...others.names, name]) };
  } finally {
    if (!isMine) remove(store, [name]);
  }
}

/** Ends all claims on this, whoever has them. */
export function removeClaims(store: Store, digest: string): void {
  remove(store, namesOf(store, digest));
}

interface Claims {
  readonly names: readonly string[];
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
  for (const name of names) {
    const found = readClaim(store.path('claims', name));
    if (found === undefined) continue;
    const { owner, madeAt } = found;
    const liveness = owner === undefined ? 'unknown' : await store.liveness(owner);
    const isOld = Math.abs(world.clock.now() - madeAt) > unknownForMs;
    if (liveness === 'alive' || (liveness === 'unknown' && !isOld)) {
      return { names, held: { owner } };
    }
  }
  return { names, held: undefined };
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

function remove(store: Store, names: readonly string[]): void {
  for (const name of names) {
    try {
      store.remove('claims', name);
    } catch {
      // It is swept when its process is gone.
    }
  }
}
