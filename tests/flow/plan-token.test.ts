import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { checkedLifetimeS, planToken, type TokenSituation } from '../../src/flow/plan-token.ts';

const minuteMs = 60_000;
const hourMs = 60 * minuteMs;
const t0 = Date.UTC(2026, 0, 1);
const because = 'it has no refresh token';

/** A token that lasted an hour, with so much of it left. */
function withLeft(leftMs: number, changes: Partial<TokenSituation> = {}): TokenSituation {
  return {
    expiresAt: t0 + hourMs,
    obtainedAt: t0,
    notRefreshable: undefined,
    isRejected: false,
    now: t0 + hourMs - leftMs,
    ...changes,
  };
}

describe('what to do about a token', () => {
  test.each<[string, TokenSituation, object]>([
    ['new', withLeft(hourMs), { kind: 'use', reason: 'its token is good for 60 min' }],
    ['old', withLeft(5 * minuteMs + 1), { kind: 'use', reason: 'its token is good for 5 min' }],
    [
      'due',
      withLeft(5 * minuteMs),
      {
        kind: 'refresh',
        stillGood: true,
        reason: 'its token is good for 5 min, refreshed below 5 min',
      },
    ],
    [
      'nearly over',
      withLeft(1),
      {
        kind: 'refresh',
        stillGood: true,
        reason: 'its token is good for 0 s, refreshed below 5 min',
      },
    ],
    [
      'expired',
      withLeft(0),
      { kind: 'refresh', stillGood: false, reason: 'its token has expired' },
    ],
    [
      'refused by AWS, though new',
      withLeft(hourMs, { isRejected: true }),
      { kind: 'refresh', stillGood: false, reason: 'AWS no longer takes its token' },
    ],
    [
      'due, not refreshable',
      withLeft(minuteMs, { notRefreshable: because }),
      { kind: 'use', reason: `its token is good for 60 s, and ${because}` },
    ],
    [
      'expired, not refreshable',
      withLeft(0, { notRefreshable: because }),
      { kind: 'sign-in', reason: `its token has expired, and ${because}` },
    ],
    [
      'refused by AWS, not refreshable',
      withLeft(hourMs, { isRejected: true, notRefreshable: because }),
      { kind: 'sign-in', reason: `AWS no longer takes its token, and ${because}` },
    ],
    [
      'from the future: our clock was set back',
      withLeft(hourMs + 6 * minuteMs),
      { kind: 'refresh', stillGood: false, reason: 'its token has expired' },
    ],
  ])('%s', (_name, situation, expected) => {
    expect(planToken(situation)).toEqual(expected);
  });
});

const situation: fc.Arbitrary<TokenSituation> = fc.record({
  expiresAt: fc.integer({ min: t0 - hourMs, max: t0 + 24 * hourMs }),
  obtainedAt: fc.integer({ min: t0 - 24 * hourMs, max: t0 + hourMs }),
  notRefreshable: fc.option(fc.constant(because), { nil: undefined }),
  isRejected: fc.boolean(),
  now: fc.integer({ min: t0 - hourMs, max: t0 + 24 * hourMs }),
});

test('a token that has expired or was refused is never used, nor kept to fall back on', () => {
  fc.assert(
    fc.property(situation, (each) => {
      fc.pre(each.isRejected || each.now >= each.expiresAt);
      const plan = planToken(each);
      expect(plan.kind).not.toBe('use');
      if (plan.kind === 'refresh') expect(plan.stillGood).toBe(false);
    }),
  );
});

test('nobody is asked to sign in while a refresh or the token itself may serve', () => {
  fc.assert(
    fc.property(situation, (each) => {
      if (planToken(each).kind !== 'sign-in') return;
      expect(each.notRefreshable).toBe(because);
    }),
  );
});

test('what cannot be refreshed is not', () => {
  fc.assert(
    fc.property(situation, (each) => {
      fc.pre(each.notRefreshable !== undefined);
      expect(planToken(each).kind).not.toBe('refresh');
    }),
  );
});

describe('a lifetime that a service names', () => {
  test.each([
    [1, 1],
    [0.5, 0.5],
    [3_600, 3_600],
    [86_400, 86_400],
    [86_401, 86_400],
    [1e12, 86_400],
    [Number.POSITIVE_INFINITY, 86_400],
  ])('of %d s counts as %d s', (given, expected) => {
    expect(checkedLifetimeS(given)).toBe(expected);
  });

  test.each([0, -1, -1e12, Number.NaN, '3600', null, undefined, true, {}, [3600]])(
    'of %p makes no sense',
    (given) => {
      expect(checkedLifetimeS(given)).toBeUndefined();
    },
  );
});
