import { describeDuration } from '../model/duration.ts';
import {
  judgeFreshness,
  remainingMs,
  roleAheadWindowMs,
  roleRenewalWindowMs,
} from '../model/freshness.ts';
import type { RoleRecord } from '../model/role-record.ts';

/** What to do about a role's credentials. The reason is the end of a sentence. */
export type RolePlan =
  | { readonly kind: 'serve'; readonly record: RoleRecord; readonly reason: string }
  | {
      readonly kind: 'ask';
      /** What may serve for a while if AWS does not answer. */
      readonly fallback?: RoleRecord;
      readonly reason: string;
    };

/** What is known of a role when the plan is made. */
export interface RoleSituation {
  /** The cached credentials; undefined when there are none of the present sign-in. */
  readonly record: RoleRecord | undefined;
  /** Serve only what was obtained since then (`--refresh`); epoch milliseconds. */
  readonly notBefore: number | undefined;
  /** Whether to renew already what others are still served. */
  readonly isAhead: boolean;
  /** Epoch milliseconds. */
  readonly now: number;
}

/** Serve what is cached, or ask for new credentials; expired ones are never served. */
export function planRole({ record, notBefore, isAhead, now }: RoleSituation): RolePlan {
  if (record === undefined) return { kind: 'ask', reason: 'nothing cached' };
  if (notBefore !== undefined && record.obtainedAt < notBefore) {
    return { kind: 'ask', reason: 'new credentials are asked for (--refresh)' };
  }
  const windowMs = isAhead ? roleAheadWindowMs(record) : roleRenewalWindowMs(record);
  const left = describeDuration(remainingMs(record, now));
  const age = describeDuration(now - record.obtainedAt);
  const rule = `renewed below ${describeDuration(windowMs)}, obtained ${age} ago`;
  switch (judgeFreshness(record, windowMs, now)) {
    case 'fresh':
      return { kind: 'serve', record, reason: `cached, ${left} left, ${rule}` };
    case 'renew':
      return { kind: 'ask', fallback: record, reason: `cached, only ${left} left, ${rule}` };
    case 'expiring':
      return { kind: 'ask', reason: `cached, but only ${left} left` };
    case 'expired':
      return { kind: 'ask', reason: 'cached, but expired' };
  }
}
