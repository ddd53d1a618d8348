/**
 * How fast to call a service whose limit nobody tells: faster until it says that it is too fast,
 * then slower, then slowly faster again, as TCP does (RFC 5681). Times are milliseconds by the
 * monotonic clock.
 */
export interface Pace {
  readonly callsPerS: number;
  /** Whether the service has ever said that it is too fast. */
  readonly isLimitMet: boolean;
  /** When the next call may begin. */
  readonly nextAt: number;
  /** When it was slowed down last. */
  readonly slowedAt: number;
}

/** Half of what Identity Center lets one do, by what users report (20 calls a second). */
const firstCallsPerS = 10;
const minCallsPerS = 1;
const maxCallsPerS = 500;

/** How long nobody calls after a refusal that names no time of its own. */
const pauseMs = 500;

/** Refusals of calls that were under way together count as one. */
const sameRefusalMs = 1_000;

/** The pace to begin with. */
export function firstPace(now: number): Pace {
  return { callsPerS: firstCallsPerS, isLimitMet: false, nextAt: now, slowedAt: -Infinity };
}

/** When a call that is to be made now may begin, and the pace once it has. */
export function takeTurn(pace: Pace, now: number): { readonly at: number; readonly pace: Pace } {
  const at = Math.max(now, pace.nextAt);
  return { at, pace: { ...pace, nextAt: at + 1_000 / pace.callsPerS } };
}

/** The pace after a call that the service took. */
export function afterSuccess(pace: Pace): Pace {
  // Twice as fast after each second; once the limit is known, two calls a second faster.
  const faster = pace.callsPerS + (pace.isLimitMet ? 2 / pace.callsPerS : 1);
  return { ...pace, callsPerS: Math.min(maxCallsPerS, faster) };
}

/** The pace after a call that came too fast. @param retryAfterMs what the service asks for, if anything */
export function afterThrottle(pace: Pace, now: number, retryAfterMs: number | undefined): Pace {
  const nextAt = Math.max(pace.nextAt, now + (retryAfterMs ?? pauseMs));
  if (now - pace.slowedAt < sameRefusalMs) return { ...pace, nextAt };
  const callsPerS = Math.max(minCallsPerS, pace.callsPerS * 0.7);
  return { callsPerS, isLimitMet: true, nextAt, slowedAt: now };
}
