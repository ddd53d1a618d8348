/** Until when something is good, and what is known of the clock that says so. All in milliseconds. */
export interface Lifetime {
  /** When it expires by the server's clock; epoch milliseconds. */
  readonly expiresAt: number;
  /** When we obtained it by our own clock; epoch milliseconds. */
  readonly obtainedAt: number;
  /** The server's clock less ours when it was obtained. */
  readonly skewMs: number;
}

/** fresh: hand out. renew: usable, but ask for a new one. expiring: under a minute. expired: never hand out. */
export type Freshness = 'fresh' | 'renew' | 'expiring' | 'expired';

const minuteMs = 60_000;

/** What is only just obtained is good whatever the local clock says, or a wrong clock would ask AWS at every call. */
const justObtainedMs = 30_000;

/** A record that claims to come from further in the future than this was made by another clock. */
const futureToleranceMs = 5 * minuteMs;

/**
 * Milliseconds left, by the more cautious of our clock as it is and our clock corrected by the
 * server's; 0 or less means expired. A clock that runs ahead never lengthens a lifetime.
 */
export function remainingMs(lifetime: Lifetime, now: number): number {
  const { expiresAt, obtainedAt, skewMs } = lifetime;
  const ageMs = now - obtainedAt;
  if (ageMs < -futureToleranceMs) return 0;
  const corrected = expiresAt - skewMs - now;
  if (ageMs >= 0 && ageMs < justObtainedMs) return corrected;
  return Math.min(corrected, expiresAt - now);
}

/** The whole lifetime from when it was obtained; milliseconds. */
export function totalMs(lifetime: Lifetime): number {
  return lifetime.expiresAt - lifetime.skewMs - lifetime.obtainedAt;
}

/** Role credentials are renewed when less than this is left: SDKs ask again and again below 15 minutes. */
export function roleRenewalWindowMs(lifetime: Lifetime): number {
  return Math.min(20 * minuteMs, totalMs(lifetime) / 3);
}

/** Below this they are renewed ahead, while they are still handed out: nobody has to wait for it. */
export function roleAheadWindowMs(lifetime: Lifetime): number {
  return Math.min(30 * minuteMs, totalMs(lifetime) / 2);
}

/** Tokens are refreshed when less than this is left. */
export function tokenRenewalWindowMs(lifetime: Lifetime): number {
  return Math.min(5 * minuteMs, totalMs(lifetime) / 3);
}

/** Whether role credentials are still handed out as they are, but are to be renewed ahead. */
export function isToRenewAhead(lifetime: Lifetime, now: number): boolean {
  const left = remainingMs(lifetime, now);
  return left > roleRenewalWindowMs(lifetime) && left <= roleAheadWindowMs(lifetime);
}

/** How fresh something is, given how early it should be renewed. */
export function judgeFreshness(lifetime: Lifetime, windowMs: number, now: number): Freshness {
  const left = remainingMs(lifetime, now);
  if (left <= 0) return 'expired';
  if (left > windowMs) return 'fresh';
  return left > minuteMs ? 'renew' : 'expiring';
}
