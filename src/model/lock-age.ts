import type { Liveness } from './owner.ts';

/** A holder touches its lock this often; milliseconds. */
export const lockUpdateMs = 2_000;

/** Whoever has not touched its lock for so long is stopped or asleep, or has lost it; milliseconds. */
export const lockStaleMs = 10_000;

/** A process that is neither may still get no turn for long, on a machine with far too much to do. */
export const starvedMs = 30_000;

/** The clock of another host may be wrong by this much; milliseconds. */
const clockDoubtMs = 60_000;

/** What is known of a lock that another process holds. */
export interface HeldLock {
  readonly liveness: Liveness;
  /** Whether its holder, known to live, is known to be at work, and not stopped. */
  readonly isRunning: boolean;
  /** Since its holder last touched it, by that one's clock and ours; milliseconds. */
  readonly ageMs: number;
  /** For how long we have seen nobody touch it, by a clock that never jumps; milliseconds. */
  readonly unchangedMs: number;
}

/**
 * Whether a lock may be taken over: at once from a dead holder; from one that lives, or of which
 * nothing is known, when it has not been touched for long. For a live one the clock on the wall does
 * not count: after a computer's sleep all locks look old.
 */
export function isAbandoned({ liveness, isRunning, ageMs, unchangedMs }: HeldLock): boolean {
  const staleMs = isRunning ? starvedMs : lockStaleMs;
  if (liveness === 'dead' || unchangedMs >= staleMs) return true;
  return liveness === 'unknown' && ageMs >= clockDoubtMs;
}
