import type { SsoCredError } from '../model/errors.ts';
import type { Owner } from '../model/owner.ts';
import { absentStamp } from '../model/profile-index.ts';
import { formatTimestamp } from '../model/role-credentials.ts';
import { claim } from '../store/claim.ts';
import { sha256 } from '../store/digest.ts';
import { fileStamp } from '../store/file-stamp.ts';
import { type ReservedFile, removeDrafts } from '../store/write-file.ts';
import type { Clock, World } from '../world.ts';
import { commitToken } from './commit-token.ts';
import type { KeptToken, NewToken, Refreshed } from './session-kind.ts';
import { generationOf, rememberToken, type SessionPlace } from './session-place.ts';

/**
 * What a refresh may take in all, whatever is left of the call's own time: a token that is on its way
 * is worth waiting for, or its successor may be lost. Milliseconds.
 */
export const refreshBudgetMs = 25_000;

/** The last look at what is stored, before the sending, may take no longer; milliseconds. */
const maxDelayMs = 2_000;

/** What came of spending a refresh token. */
export type Spent =
  | {
      readonly kind: 'stored';
      readonly token: NewToken;
      /** The token's file (fileStamp). */
      readonly stamp: string;
      /** What is wrong with it, if it cannot be used. */
      readonly problem: SsoCredError | undefined;
    }
  | { readonly kind: 'refused'; readonly text: string }
  /** Another process is about to send the same refresh token, or has sent it. */
  | { readonly kind: 'claimed'; readonly owner: Owner | undefined }
  /** Not sent, or not kept: what is stored is no longer what this began with. */
  | { readonly kind: 'overtaken' };

/** A refresh token, and whose it is. */
export interface Spending extends SessionPlace {
  readonly kept: KeptToken;
  readonly refreshToken: string;
  readonly signIn: string;
  /** Whether what is stored still calls for it; asked last before it is sent. */
  readonly isStillDue: () => Promise<boolean>;
  /** Told of a refusal while the claim still keeps others from asking the same. */
  readonly onRefused: (text: string) => void;
}

/**
 * Spends a refresh token at most once, whatever stops or kills whom, and stores what comes back
 * before anything else is done with it. The order is the point:
 *
 * 1. claim: no other process of this kernel sends the token while we live;
 * 2. take the space that the reply needs, while nothing is lost if there is none;
 * 3. make ready, and look again: another process may have been at it while we were stopped and lost
 *    the lock;
 * 4. send, if that look took no more than a moment; signals wait from here on;
 * 5. store, unless the person has signed in or out meanwhile, or another tool has refreshed.
 *
 * @throws NetworkFailed, ServiceFailed, Throttled; StorageFailed
 */
export async function spendRefreshToken(spending: Spending, world: World): Promise<Spent> {
  const { session, store, kept, refreshToken } = spending;
  const { clock, trace } = world;
  const generation = generationOf(spending);
  const claimed = await claim(store, sha256(refreshToken), world);
  if (claimed.kind === 'held') return { kind: 'claimed', owner: claimed.owner };
  trace('claim', 'the refresh token is ours to send');
  let letSignalsThrough = () => {};
  let reserved: ReservedFile | undefined;
  const withdraw = world.signals.onEnd(() => {
    reserved?.discard();
    claimed.release();
  });
  try {
    // What is left of those who had the claim before and are gone.
    removeDrafts(session.tokenFile);
    reserved = session.reserve();
    const reply = await kept.refresh(clock.monotonicMs() + refreshBudgetMs, async () => {
      const isInTime = stopwatch(clock);
      if (!(await spending.isStillDue()) || !isInTime()) return false;
      letSignalsThrough = world.signals.hold();
      return true;
    });
    switch (reply.kind) {
      case 'not-sent':
        trace('claim', 'not sent: overtaken, or stopped for a while; the token is looked at again');
        return { kind: 'overtaken' };
      case 'refused':
        if (!(await isStillStored(spending))) return { kind: 'overtaken' };
        spending.onRefused(reply.text);
        return reply;
      default:
        return await publish(spending, reply, reserved, generation, world);
    }
  } finally {
    withdraw();
    reserved?.discard();
    claimed.release();
    letSignalsThrough();
  }
}

/** Stores what a refresh gave, if the session is still the one that it was begun for. */
async function publish(
  spending: Spending,
  reply: Refreshed & { kind: 'token' },
  reserved: ReservedFile,
  generation: string,
  world: World,
): Promise<Spent> {
  const { next, problem } = reply;
  const { session, signIn } = spending;
  const stamp = await commitToken(session, reserved, next.text, {
    isOurs: () => isStillStored(spending),
    isWanted: () => generationOf(spending) === generation,
  });
  if (stamp === undefined) {
    world.trace('token', 'not kept: the session has another token by now, or none');
    return { kind: 'overtaken' };
  }
  rememberToken(spending, generation, { ...next, signIn }, world);
  world.trace('token', describe(reply));
  return { kind: 'stored', token: next, stamp, problem };
}

/** Tells whether a moment is not over yet, by both clocks: one stands still while we sleep. */
function stopwatch(clock: Clock): () => boolean {
  const wall = clock.now();
  const monotonic = clock.monotonicMs();
  return () =>
    Math.abs(clock.now() - wall) < maxDelayMs && clock.monotonicMs() - monotonic < maxDelayMs;
}

/**
 * Whether the refresh token that was sent is still the stored one. Others write the file too: AWS's
 * tools, without a lock. A file that holds nothing readable is no reason to lose what we got.
 */
async function isStillStored({ session, refreshToken }: Spending): Promise<boolean> {
  const now = await session.read();
  if (now.kind === 'token') return now.refreshToken === refreshToken;
  return now.isDamaged === true && fileStamp(session.tokenFile) !== absentStamp;
}

function describe({ next, problem, isRefreshTokenReplaced }: Refreshed & { kind: 'token' }) {
  const until = `good until ${formatTimestamp(next.expiresAt)}`;
  const got = problem === undefined ? until : 'nothing that can be used';
  const spent = isRefreshTokenReplaced ? 'replaced' : 'kept';
  return `refreshed: ${got}, refresh token ${spent}`;
}
