import { expect, test } from '@jest/globals';
import { type HeldLock, isAbandoned } from '../../src/model/lock-age.ts';

const seconds = 1_000;
const fresh: HeldLock = { liveness: 'alive', isRunning: true, ageMs: 0, unchangedMs: 0 };

test.each<[string, Partial<HeldLock>, boolean]>([
  ['a dead holder loses it at once', { liveness: 'dead', isRunning: false }, true],
  ['a live one keeps it', {}, false],
  ['after a sleep of the computer, too', { ageMs: 8 * 3_600 * seconds }, false],
  [
    'one that is stopped loses it after 10 s',
    { isRunning: false, unchangedMs: 10 * seconds },
    true,
  ],
  ['not before', { isRunning: false, unchangedMs: 9 * seconds }, false],
  ['one that gets no turn keeps it for 30 s', { unchangedMs: 29 * seconds }, false],
  ['not longer', { unchangedMs: 30 * seconds }, true],
  [
    'one of another host loses it when it looks a minute old',
    { liveness: 'unknown', isRunning: false, ageMs: 60 * seconds },
    true,
  ],
  [
    'not sooner: its clock may differ',
    { liveness: 'unknown', isRunning: false, ageMs: 59 * seconds },
    false,
  ],
  [
    'unless it is seen not to touch it for 10 s',
    { liveness: 'unknown', isRunning: false, ageMs: -3_600 * seconds, unchangedMs: 10 * seconds },
    true,
  ],
])('%s', (_, changes, expected) => {
  expect(isAbandoned({ ...fresh, ...changes })).toBe(expected);
});
