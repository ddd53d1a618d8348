import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { planRole } from '../../src/flow/plan-role.ts';
import type { RoleRecord } from '../../src/model/role-record.ts';

const minuteMs = 60_000;
const hourMs = 60 * minuteMs;
const t0 = Date.UTC(2026, 0, 1);

function obtainedAtT0(lastsMs: number, skewMs = 0): RoleRecord {
  return {
    output: '{}',
    roleFile: 'r',
    expiresAt: t0 + skewMs + lastsMs,
    obtainedAt: t0,
    skewMs,
    roleName: 'Developer',
    signIn: 'someone',
    tokenFile: '/t',
    tokenStamp: 's',
  };
}

describe('what to do about the credentials of a role', () => {
  test.each<[string, number, number, 'serve' | 'ask', boolean, string]>([
    ['new', hourMs, 0, 'serve', true, 'cached, 60 min left, renewed below 20 min'],
    ['old', hourMs, 40 * minuteMs - 1, 'serve', true, 'cached, 20 min left, renewed below 20 min'],
    ['due', hourMs, 40 * minuteMs, 'ask', true, 'cached, only 20 min left, renewed below 20 min'],
    [
      'late',
      hourMs,
      59 * minuteMs - 1,
      'ask',
      true,
      'cached, only 60 s left, renewed below 20 min',
    ],
    ['expiring', hourMs, 59 * minuteMs, 'ask', false, 'cached, but only 60 s left'],
    ['expired', hourMs, hourMs, 'ask', false, 'cached, but expired'],
    ['long expired', hourMs, 30 * hourMs, 'ask', false, 'cached, but expired'],
    ['12 h', 12 * hourMs, 11 * hourMs, 'serve', true, 'cached, 60 min left, renewed below 20 min'],
    [
      '15 min',
      15 * minuteMs,
      10 * minuteMs,
      'ask',
      true,
      'cached, only 5 min left, renewed below 5 min',
    ],
    ['from the future', hourMs, -6 * minuteMs, 'ask', false, 'cached, but expired'],
  ])('%s', (_name, lastsMs, ageMs, kind, mayServe, reason) => {
    const record = obtainedAtT0(lastsMs);
    const plan = planRole({ record, notBefore: undefined, isAhead: false, now: t0 + ageMs });
    expect(plan).toEqual({
      kind,
      reason: expect.stringContaining(reason),
      ...(kind === 'serve' ? { record } : mayServe ? { fallback: record } : {}),
    });
  });

  test('with nothing cached AWS is asked', () => {
    expect(planRole({ record: undefined, notBefore: undefined, isAhead: false, now: t0 })).toEqual({
      kind: 'ask',
      reason: 'nothing cached',
    });
  });

  test('with --refresh only what came since then is served', () => {
    const record = obtainedAtT0(hourMs);
    const now = t0 + 1_000;
    expect(planRole({ record, notBefore: t0 + 1, isAhead: false, now })).toEqual({
      kind: 'ask',
      reason: 'new credentials are asked for (--refresh)',
    });
    expect(planRole({ record, notBefore: t0, isAhead: false, now })).toMatchObject({
      kind: 'serve',
    });
  });
});

const record = fc
  .tuple(
    fc.integer({ min: 1, max: 12 * hourMs }),
    fc.oneof(fc.constant(0), fc.integer({ min: -24 * hourMs, max: 24 * hourMs })),
  )
  .map(([lastsMs, skewMs]) => obtainedAtT0(lastsMs, skewMs));
const age = fc.integer({ min: -hourMs, max: 30 * hourMs });

test('what has expired by the clock of the server is never served, nor kept to fall back on', () => {
  fc.assert(
    fc.property(record, age, (each, ageMs) => {
      const now = t0 + ageMs;
      fc.pre(now + each.skewMs >= each.expiresAt);
      expect(planRole({ record: each, notBefore: undefined, isAhead: false, now })).toEqual({
        kind: 'ask',
        reason: 'cached, but expired',
      });
    }),
  );
});

test('what falls back has over a minute left', () => {
  fc.assert(
    fc.property(record, age, (each, ageMs) => {
      const now = t0 + ageMs;
      const plan = planRole({ record: each, notBefore: undefined, isAhead: false, now });
      if (plan.kind !== 'ask' || plan.fallback === undefined) return;
      expect(each.expiresAt - (now + each.skewMs)).toBeGreaterThan(minuteMs);
    }),
  );
});

test('what AWS just issued is served', () => {
  fc.assert(
    fc.property(record, fc.integer({ min: 0, max: 29_999 }), (each, ageMs) => {
      fc.pre(ageMs < (each.expiresAt - each.skewMs - t0) / 3);
      const plan = planRole({ record: each, notBefore: t0, isAhead: false, now: t0 + ageMs });
      expect(plan.kind).toBe('serve');
    }),
  );
});
