import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { type ErrorCode, exitStatuses, SsoCredError } from '../../src/model/errors.ts';
import {
  asError,
  type FailureRecord,
  isRemembered,
  nextTryAt,
  rememberFailure,
  stillStands,
} from '../../src/model/failure-record.ts';

const t0 = Date.UTC(2026, 0, 1);
const stamp = 'the token';

/** The record after so many failures in a row, the last of them at t0. */
function failed(times: number, error = new SsoCredError('NetworkFailed', 'No network')) {
  let record: FailureRecord | undefined;
  for (let count = 1; count <= times; count += 1) {
    record = rememberFailure(error, record, stamp, t0);
  }
  if (record === undefined) throw new Error(`${error.code} is not remembered`);
  return record;
}

const codes = Object.keys(exitStatuses) as ErrorCode[];
const remembered = [
  'CertificateRejected',
  'ProxyRefused',
  'NetworkFailed',
  'ServiceFailed',
  'Throttled',
  'RoleRefused',
  'SessionEnded',
  'SignInUnfinished',
  'SignInDenied',
  'SignInRefused',
] as const satisfies readonly ErrorCode[];
const temporary = remembered.filter((code) => code !== 'SessionEnded');
const signInFailures = ['SignInUnfinished', 'SignInDenied', 'SignInRefused'] as const;

test('remembered is what cost a call to find out, and nothing else', () => {
  expect(codes.filter((code) => isRemembered(code)).sort()).toEqual([...remembered].sort());
  for (const code of codes) {
    const record = rememberFailure(new SsoCredError(code, 'No'), undefined, stamp, t0);
    expect(record?.code).toBe(isRemembered(code) ? code : undefined);
  }
});

describe('the pause after a failure', () => {
  test.each([
    { hasCached: true, pauses: [30, 60, 120, 240, 300, 300, 300] },
    { hasCached: false, pauses: [2, 4, 8, 15, 15, 15] },
  ])('doubles (something cached: $hasCached)', ({ hasCached, pauses }) => {
    const seconds = pauses.map((_, at) => (nextTryAt(failed(at + 1), hasCached) - t0) / 1000);
    expect(seconds).toEqual(pauses);
  });

  test('stays within its bounds, however long the failure lasts', () => {
    const counts = fc.integer({ min: 1, max: Number.MAX_SAFE_INTEGER });
    fc.assert(
      fc.property(counts, fc.boolean(), (count, hasCached) => {
        const pauseMs = nextTryAt({ ...failed(1), count }, hasCached) - t0;
        const [least, most] = hasCached ? [30_000, 300_000] : [2_000, 15_000];
        expect(pauseMs).toBeGreaterThanOrEqual(least);
        expect(pauseMs).toBeLessThanOrEqual(most);
      }),
    );
  });

  test('is at least as long as the service asked for', () => {
    fc.assert(
      fc.property(fc.nat(120_000), fc.boolean(), (retryAfterMs, hasCached) => {
        const record = failed(1, new SsoCredError('Throttled', 'Slowly', { retryAfterMs }));
        expect(nextTryAt(record, hasCached)).toBeGreaterThanOrEqual(t0 + retryAfterMs);
        expect(nextTryAt(record, hasCached)).toBeGreaterThanOrEqual(
          nextTryAt(failed(1), hasCached),
        );
      }),
    );
  });

  test('is five minutes at most, whatever stands between the service and us asks for', () => {
    const record = failed(1, new SsoCredError('Throttled', 'Slowly', { retryAfterMs: 1e12 }));
    expect(nextTryAt(record, false) - t0).toBe(300_000);
  });

  test('never ends for a session that has ended, until there is another token', () => {
    const record = failed(1, new SsoCredError('SessionEnded', 'Over'));
    const late = fc.integer({ min: 0, max: 10 * 365 * 24 * 3_600_000 });
    fc.assert(
      fc.property(late, fc.boolean(), fc.string(), (ms, hasCached, other) => {
        const now = t0 + ms;
        expect(stillStands(record, { tokenStamp: stamp, hasCached, now })).toBe(true);
        fc.pre(other !== stamp);
        expect(stillStands(record, { tokenStamp: other, hasCached, now })).toBe(false);
      }),
    );
  });

  test.each(signInFailures)('after %s is 10 min, and 8 h when it is not the first', (code) => {
    const minutes = [1, 2, 3, 30].map((times) => {
      const record = failed(times, new SsoCredError(code, 'No'));
      expect(nextTryAt(record, true)).toBe(nextTryAt(record, false));
      return (nextTryAt(record, false) - t0) / 60_000;
    });
    expect(minutes).toEqual([10, 480, 480, 480]);
  });

  test('is over when it is over, and not before', () => {
    fc.assert(
      fc.property(
        fc.constantFrom(...temporary),
        fc.integer({ min: 1, max: 10 }),
        fc.boolean(),
        fc.integer({ min: 0, max: 30_000_000 }),
        (code, times, hasCached, ms) => {
          const record = failed(times, new SsoCredError(code, 'No'));
          const situation = { tokenStamp: stamp, hasCached, now: t0 + ms };
          expect(stillStands(record, situation)).toBe(t0 + ms < nextTryAt(record, hasCached));
        },
      ),
    );
  });

  test('does not end by any clock for a refresh token that was refused', () => {
    const record = failed(1, new SsoCredError('SessionEnded', 'Over'));
    for (const ms of [-86_400_000, -3_600_000, 0, 86_400_000]) {
      const situation = { tokenStamp: stamp, hasCached: false, now: t0 + ms };
      expect(stillStands(record, situation)).toBe(true);
      expect(stillStands(record, { ...situation, tokenStamp: 'another' })).toBe(false);
    }
  });

  test('ends when our clock is set back', () => {
    const back = fc.integer({ min: 1_001, max: 10 * 24 * 3_600_000 });
    fc.assert(
      fc.property(fc.constantFrom(...temporary), back, fc.boolean(), (code, ms, hasCached) => {
        const record = failed(3, new SsoCredError(code, 'No', { retryAfterMs: 60_000 }));
        const situation = { tokenStamp: stamp, hasCached, now: t0 - ms };
        expect(stillStands(record, situation)).toBe(false);
      }),
    );
  });
});

test('failures of another token do not count', () => {
  const before = failed(5);
  const error = new SsoCredError('NetworkFailed', 'No network');
  expect(rememberFailure(error, before, 'another', t0)?.count).toBe(1);
  expect(rememberFailure(error, before, stamp, t0)?.count).toBe(6);
});

describe('the error for a remembered failure', () => {
  test('says what it was, what to type, and when the next try is', () => {
    const error = new SsoCredError('RoleRefused', 'No such role', { remedy: 'aws sso login' });
    const again = asError(failed(1, error), false, t0 + 500);
    expect(again).toMatchObject({
      code: 'RoleRefused',
      message: 'No such role (not asked again; next try in 2 s)',
      remedy: 'aws sso login',
    });
  });

  test('names no time for a session that has ended', () => {
    const error = new SsoCredError('SessionEnded', 'The session has ended');
    expect(asError(failed(1, error), false, t0).message).toBe('The session has ended');
  });

  test('is no failure of its own to remember', () => {
    for (const code of remembered) {
      const again = asError(failed(1, new SsoCredError(code, 'No')), false, t0);
      expect(rememberFailure(again, undefined, stamp, t0)).toBeUndefined();
    }
  });
});
