import { describeDuration } from '../model/duration.ts';
import {
  judgeFreshness,
  type Lifetime,
  remainingMs,
  tokenRenewalWindowMs,
} from '../model/freshness.ts';

/** What to do about a session's token. The reason is the end of a sentence. */
export type TokenPlan =
  | { readonly kind: 'use'; readonly reason: string }
  | {
      readonly kind: 'refresh';
      readonly reason: string;
      /** Whether the old token may serve while there is no new one. */
      readonly stillGood: boolean;
    }
  | { readonly kind: 'sign-in'; readonly reason: string };

/** What is known of a token when the plan is made. Times are epoch milliseconds. */
export interface TokenSituation {
  readonly expiresAt: number;
  /** By our clock. */
  readonly obtainedAt: number;
  /** Why it cannot be refreshed; undefined when it can. */
  readonly notRefreshable: string | undefined;
  /** Whether AWS has just refused it. */
  readonly isRejected: boolean;
  readonly now: number;
}

/** Use what is stored, else refresh, else sign in. */
export function planToken(situation: TokenSituation): TokenPlan {
  const { expiresAt, obtainedAt, notRefreshable, isRejected, now } = situation;
  const lifetime: Lifetime = { expiresAt, obtainedAt, skewMs: 0 };
  const windowMs = tokenRenewalWindowMs(lifetime);
  const freshness = judgeFreshness(lifetime, windowMs, now);
  const state = isRejected
    ? 'AWS no longer takes its token'
    : freshness === 'expired'
      ? 'its token has expired'
      : `its token is good for ${describeDuration(remainingMs(lifetime, now))}`;
  if (freshness === 'fresh' && !isRejected) return { kind: 'use', reason: state };

  const stillGood = freshness !== 'expired' && !isRejected;
  if (notRefreshable === undefined) {
    const reason = stillGood ? `${state}, refreshed below ${describeDuration(windowMs)}` : state;
    return { kind: 'refresh', reason, stillGood };
  }
  const reason = `${state}, and ${notRefreshable}`;
  return { kind: stillGood ? 'use' : 'sign-in', reason };
}

/** No access token of a person's session lasts longer. */
const maxTokenLifetimeS = 24 * 3_600;

/** `expires_in` as seconds, clamped; undefined when it makes no sense. */
export function checkedLifetimeS(expiresIn: unknown): number | undefined {
  if (typeof expiresIn !== 'number' || !(expiresIn > 0)) return undefined;
  return Math.min(expiresIn, maxTokenLifetimeS);
}
