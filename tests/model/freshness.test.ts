import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import {
  type Freshness,
  judgeFreshness,
  type Lifetime,
  remainingMs,
  roleRenewalWindowMs,
  tokenRenewalWindowMs,
  totalMs,
} from '../../src/model/freshness.ts';

const minuteMs = 60_000;
const hourMs = 60 * minuteMs;
const dayMs = 24 * hourMs;
const t0 = Date.UTC(2026, 0, 1);

/** Something that was good for a while when we got it, by a server whose clock may differ from ours. */
const lifetime: fc.Arbitrary<Lifetime> = fc
  .record({
    lastsMs: fc.integer({ min: 1, max: 12 * hourMs }),
    skewMs: fc.oneof(fc.constant(0), fc.integer({ min: -2 * dayMs, max: 2 * dayMs })),
  })
  .map(({ lastsMs, skewMs }) => ({
    obtainedAt: t0,
    skewMs,
    expiresAt: t0 + skewMs + lastsMs,
  }));
/** How long ago it was obtained; negative when our clock was set back since. */
const ageMs = fc.oneof(
  fc.integer({ min: -dayMs, max: 2 * dayMs }),
  fc.integer({ min: -10 * minuteMs, max: 10 * minuteMs }),
);
const window = fc.integer({ min: 0, max: hourMs });

const order: readonly Freshness[] = ['fresh', 'renew', 'expiring', 'expired'];

test('nothing is handed out past its expiry by the clock of the server', () => {
  fc.assert(
    fc.property(lifetime, window, ageMs, (one, windowMs, age) => {
      const now = one.obtainedAt + age;
      if (judgeFreshness(one, windowMs, now) === 'expired') return;
      expect(now + one.skewMs).toBeLessThan(one.expiresAt);
    }),
  );
});

test('nothing is handed out past its expiry by our clock, but for the half minute after it came', () => {
  fc.assert(
    fc.property(lifetime, window, ageMs, (one, windowMs, age) => {
      if (age >= 0 && age < 30_000) return;
      const now = one.obtainedAt + age;
      if (judgeFreshness(one, windowMs, now) === 'expired') return;
      expect(now).toBeLessThan(one.expiresAt);
    }),
  );
});

test('no clock, ahead or behind, makes anything last longer than the server said', () => {
  fc.assert(
    fc.property(lifetime, fc.integer({ min: 0, max: 2 * dayMs }), (one, age) => {
      expect(remainingMs(one, one.obtainedAt + age)).toBeLessThanOrEqual(totalMs(one) - age);
    }),
  );
});

test('what is left only gets less with time', () => {
  const later = fc.integer({ min: 0, max: dayMs });
  fc.assert(
    fc.property(lifetime, window, later, later, (one, windowMs, age, more) => {
      const early = one.obtainedAt + age;
      const late = early + more;
      expect(remainingMs(one, late)).toBeLessThanOrEqual(remainingMs(one, early) - more);
      const rank = (now: number) => order.indexOf(judgeFreshness(one, windowMs, now));
      expect(rank(late)).toBeGreaterThanOrEqual(rank(early));
    }),
  );
});

test('a clock that is set forward later makes nothing fresh again', () => {
  const forward = fc.integer({ min: 0, max: 2 * dayMs });
  fc.assert(
    fc.property(lifetime, ageMs, forward, (one, age, ms) => {
      fc.pre(age >= 0);
      const now = one.obtainedAt + age;
      expect(remainingMs(one, now + ms)).toBeLessThanOrEqual(remainingMs(one, now));
    }),
  );
});

test('what comes from over five minutes in the future is expired', () => {
  fc.assert(
    fc.property(lifetime, fc.integer({ min: 1, max: dayMs }), (one, ms) => {
      const now = one.obtainedAt - 5 * minuteMs - ms;
      expect(judgeFreshness(one, minuteMs, now)).toBe('expired');
    }),
  );
});

test('what was just obtained is good whatever our clock says', () => {
  fc.assert(
    fc.property(lifetime, fc.integer({ min: 0, max: 29_999 }), (one, age) => {
      fc.pre(age < totalMs(one));
      expect(judgeFreshness(one, minuteMs, one.obtainedAt + age)).not.toBe('expired');
    }),
  );
});

test('a clock that is right all the time makes every lifetime as long as it is', () => {
  fc.assert(
    fc.property(lifetime, fc.integer({ min: 0, max: dayMs }), (one, age) => {
      const exact = { ...one, expiresAt: one.expiresAt - one.skewMs, skewMs: 0 };
      expect(remainingMs(exact, exact.obtainedAt + age)).toBe(totalMs(exact) - age);
    }),
  );
});

describe('the renewal window', () => {
  test.each([
    { lasts: '12 h', ms: 12 * hourMs, role: 20 * minuteMs, token: 5 * minuteMs },
    { lasts: '1 h', ms: hourMs, role: 20 * minuteMs, token: 5 * minuteMs },
    { lasts: '30 min', ms: 30 * minuteMs, role: 10 * minuteMs, token: 5 * minuteMs },
    { lasts: '15 min', ms: 15 * minuteMs, role: 5 * minuteMs, token: 5 * minuteMs },
    { lasts: '6 min', ms: 6 * minuteMs, role: 2 * minuteMs, token: 2 * minuteMs },
  ])('of what lasts $lasts', ({ ms, role, token }) => {
    for (const skewMs of [0, -dayMs, dayMs]) {
      const one = { obtainedAt: t0, skewMs, expiresAt: t0 + skewMs + ms };
      expect(roleRenewalWindowMs(one)).toBe(role);
      expect(tokenRenewalWindowMs(one)).toBe(token);
    }
  });

  test.each<[number, Freshness]>([
    [20 * minuteMs + 1, 'fresh'],
    [20 * minuteMs, 'renew'],
    [minuteMs + 1, 'renew'],
    [minuteMs, 'expiring'],
    [1, 'expiring'],
    [0, 'expired'],
    [-1, 'expired'],
  ])('with %d ms left of an hour it is %s', (leftMs, expected) => {
    const one = { obtainedAt: t0, skewMs: 0, expiresAt: t0 + hourMs };
    expect(judgeFreshness(one, roleRenewalWindowMs(one), one.expiresAt - leftMs)).toBe(expected);
  });

  test('is a third at most, so that what is new is never renewed at once', () => {
    fc.assert(
      fc.property(lifetime, (one) => {
        for (const windowMs of [roleRenewalWindowMs(one), tokenRenewalWindowMs(one)]) {
          expect(judgeFreshness(one, windowMs, one.obtainedAt)).toBe('fresh');
        }
      }),
    );
  });
});
