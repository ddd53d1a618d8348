import { isSsoCredError } from '../model/errors.ts';
import type { PendingRecord } from '../model/pending-record.ts';
import {
  type CurrentToken,
  decodeSessionRecord,
  encodeSessionRecord,
} from '../model/session-record.ts';
import { sha256 } from '../store/digest.ts';
import type { Store } from '../store/store.ts';
import { type ReservedFile, removeDrafts, removeDraftsIn } from '../store/write-file.ts';
import type { World } from '../world.ts';
import { type FailureMemory, failureMemory } from './failure-memory.ts';
import type { SessionKind } from './session-kind.ts';

/** A session, and where what we know of it beside its token is kept. */
export interface SessionPlace {
  readonly session: SessionKind;
  readonly store: Store;
  /** Starts a process of its own that takes over a piece of work; undefined when it cannot. */
  readonly startWorker: (task: PendingRecord['task'], id: string) => ReturnType<World['startSelf']>;
}

/** What a session's records are named by: where its token is kept. */
export function sessionKey({ session }: SessionPlace): string {
  return sha256(session.tokenFile);
}

/** The lock that guards a session's token, and what a message calls it. */
export function sessionLock(place: SessionPlace & { readonly deadline: number }) {
  return {
    name: `session-${sessionKey(place)}`,
    purpose: `the session ${place.session.name}`,
    deadline: place.deadline,
  };
}

/** What is remembered of a session's failures. */
export function sessionFailures(place: SessionPlace, world: World): FailureMemory {
  return failureMemory(place.store, `session-${sessionKey(place)}`, world);
}

/**
 * Which sign-in or sign-out was the last; see SessionRecord. Whoever obtains a token or a role asks
 * before it begins, and keeps what it got only if the answer is still the same.
 */
export function generationOf(place: SessionPlace): string {
  return recordOf(place)?.generation ?? '';
}

/**
 * Begins another generation: nothing that was begun before is kept any more, not even by a process
 * that was stopped just before its last step. The roles of the session, which several may write at
 * once, are asked for again by those that still may.
 * @param only `from`: only while the generation is still that one, else undefined is given;
 *   `spared`: a token's file that goes on into the new generation
 * @throws StorageFailed
 */
export function raiseGeneration(
  place: SessionPlace,
  world: Pick<World, 'randomHex'>,
  only?: { readonly from: string; readonly spared: ReservedFile },
): string | undefined {
  const { session, store } = place;
  const file = recordName(place);
  const isWanted = () => only === undefined || generationOf(place) === only.from;
  for (;;) {
    const generation = world.randomHex(8);
    const text = encodeSessionRecord({ generation, current: undefined });
    if (!store.write('sessions', file, text, isWanted)) return undefined;
    removeDrafts(store.path('sessions', file));
    removeDrafts(session.tokenFile, only?.spared);
    removeDraftsIn(store.path('roles', ''));
    // Between the two a process of the generation before may have written its record over ours. It
    // could do so once: what it would write now is not wanted.
    if (generationOf(place) === generation) return generation;
  }
}

/**
 * Notes which sign-in a new token belongs to. Without this record the token counts as another
 * sign-in: roles are asked for again, no more.
 */
export function rememberToken(
  place: SessionPlace,
  generation: string,
  { bearer, obtainedAt, signIn }: { bearer: string; obtainedAt: number; signIn: string },
  world: World,
): void {
  const current = { signIn, tokenDigest: sha256(bearer), obtainedAt };
  const text = encodeSessionRecord({ generation, current });
  const isWanted = () => generationOf(place) === generation;
  try {
    place.store.write('sessions', recordName(place), text, isWanted);
  } catch (error) {
    if (!isSsoCredError(error)) throw error;
    world.trace('token', error.message);
  }
}

/** What we know of a token, if we obtained it. */
export function knownToken(place: SessionPlace, bearer: string): CurrentToken | undefined {
  const current = recordOf(place)?.current;
  return current?.tokenDigest === sha256(bearer) ? current : undefined;
}

/** The sign-in that a token belongs to; a token that we did not obtain is a sign-in of its own. */
export function signInOf(place: SessionPlace, bearer: string): string {
  return knownToken(place, bearer)?.signIn ?? sha256(bearer);
}

function recordOf(place: SessionPlace) {
  return place.store.read('sessions', recordName(place), decodeSessionRecord);
}

function recordName(place: SessionPlace): string {
  return `${sessionKey(place)}.json`;
}
