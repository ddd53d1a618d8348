import { afterEach, beforeEach, expect, jest, test } from '@jest/globals';
import { patientTimer } from '../../src/system/patient-timer.ts';

beforeEach(() => {
  jest.useFakeTimers();
});
afterEach(() => {
  jest.useRealTimers();
});

/** A process that is stopped: time goes on, and what was due is done late. */
function stop(ms: number): void {
  const real = performance.now.bind(performance);
  jest.spyOn(performance, 'now').mockImplementation(() => real() + ms);
}

afterEach(() => {
  jest.restoreAllMocks();
});

test.each([1, 300, 1_000, 1_001, 10_000])('it acts after %d ms, once', (ms) => {
  const act = jest.fn();
  patientTimer(act, ms);
  jest.advanceTimersByTime(ms - 1);
  expect(act).not.toHaveBeenCalled();
  jest.advanceTimersByTime(1);
  expect(act).toHaveBeenCalledTimes(1);
  jest.advanceTimersByTime(60_000);
  expect(act).toHaveBeenCalledTimes(1);
});

test('it does not act once it is called off, in whichever second', () => {
  const act = jest.fn();
  const callOff = patientTimer(act, 10_000);
  jest.advanceTimersByTime(5_500);
  callOff();
  jest.advanceTimersByTime(60_000);
  expect(act).not.toHaveBeenCalled();
});

test.each([
  ['before it is due', 20_000, 5_500, 14_500],
  ['when it is due', 20_000, 19_500, 1_500],
  ['when it is due, as long as it waits', 20_000, 0, 20_000],
])('a stop %s does not count', (_when, ms, ranMs, moreMs) => {
  const act = jest.fn();
  patientTimer(act, ms);
  jest.advanceTimersByTime(ranMs);
  stop(ms);
  jest.advanceTimersByTime(moreMs - 1_000);
  expect(act).not.toHaveBeenCalled();
  jest.advanceTimersByTime(3_000);
  expect(act).toHaveBeenCalledTimes(1);
});
