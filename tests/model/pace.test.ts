import { expect, test } from '@jest/globals';
import {
  afterSuccess,
  afterThrottle,
  firstPace,
  type Pace,
  takeTurn,
} from '../../src/model/pace.ts';

/** Makes calls one after the other for some seconds; gives how many the service took and refused. */
function callFor(
  seconds: number,
  { limitPerS, pace }: { limitPerS: number; pace: Pace },
): { taken: number; refused: number; pace: Pace } {
  let state = pace;
  let now = pace.nextAt;
  let allowance = limitPerS;
  let filledAt = now;
  let taken = 0;
  let refused = 0;
  for (const end = now + seconds * 1_000; ; ) {
    const turn = takeTurn(state, now);
    if (turn.at >= end) return { taken, refused, pace: turn.pace };
    now = turn.at;
    allowance = Math.min(limitPerS, allowance + ((now - filledAt) / 1_000) * limitPerS);
    filledAt = now;
    if (allowance >= 1) {
      allowance -= 1;
      taken += 1;
      state = afterSuccess(turn.pace);
    } else {
      refused += 1;
      state = afterThrottle(turn.pace, now, undefined);
    }
  }
}

test('it begins at ten calls a second, and doubles while nobody minds', () => {
  const begun = callFor(1, { limitPerS: 1e9, pace: firstPace(0) });
  expect(begun.taken).toBeGreaterThanOrEqual(10);
  expect(begun.taken).toBeLessThan(25);
  const later = callFor(1, { limitPerS: 1e9, pace: begun.pace });
  expect(later.taken).toBeGreaterThan(begun.taken * 1.5);
});

test.each([5, 20, 100])('of %i calls a second that are allowed it uses nearly all', (limitPerS) => {
  const { pace } = callFor(30, { limitPerS, pace: firstPace(0) });
  const { taken, refused } = callFor(60, { limitPerS, pace });
  expect(taken).toBeGreaterThan(limitPerS * 60 * 0.7);
  expect(taken).toBeLessThanOrEqual(limitPerS * 61);
  expect(refused).toBeLessThan(taken * 0.2);
});

test('calls that were refused together slow it down once', () => {
  const pace = { ...firstPace(0), callsPerS: 100 };
  const once = afterThrottle(pace, 5_000, undefined);
  expect(once).toMatchObject({ callsPerS: 70, nextAt: 5_500 });
  const again = afterThrottle(afterThrottle(once, 5_010, undefined), 5_999, undefined);
  expect(again).toMatchObject({ callsPerS: 70, nextAt: 6_499 });
  expect(afterThrottle(again, 6_000, undefined).callsPerS).toBeCloseTo(49);
});

test('nobody calls before the time that the service asks for', () => {
  const pace = afterThrottle(firstPace(0), 1_000, 30_000);
  expect(takeTurn(pace, 1_100).at).toBe(31_000);
});

test('it never stops altogether', () => {
  let pace = firstPace(0);
  for (let now = 0; now < 100_000; now += 1_000) pace = afterThrottle(pace, now, undefined);
  expect(pace.callsPerS).toBe(1);
});
