import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import {
  clockRemedy,
  decodeClockRecord,
  describeSkew,
  encodeClockRecord,
  isNotable,
} from '../../src/model/clock-record.ts';
import type { Surroundings } from '../../src/model/sign-in-policy.ts';

test.each([
  [0, false],
  [120_000, false],
  [-120_000, false],
  [121_000, true],
  [-121_000, true],
])('a clock that is off by %d ms is worth a word: %s', (skewMs, notable) => {
  expect(isNotable({ skewMs })).toBe(notable);
});

test.each([
  [300_000, 'the clock of this machine is 5 min behind that of x.test'],
  [-7_200_000, 'the clock of this machine is 2 h ahead of that of x.test'],
])('%d ms are said in words', (skewMs, words) => {
  expect(describeSkew(skewMs, 'that of x.test')).toBe(words);
});

describe('what sets a clock right', () => {
  const linux: Surroundings = { platform: 'linux', isWsl: false, isContainer: false };
  test.each<[string, Surroundings, string]>([
    ['Linux', linux, 'Run: sudo timedatectl set-ntp true'],
    ['WSL', { ...linux, isWsl: true }, 'Run: sudo hwclock -s'],
    [
      'a container',
      { ...linux, isContainer: true },
      'A container has the clock of its host: set it there',
    ],
    ['a container in WSL', { ...linux, isWsl: true, isContainer: true }, 'Run: sudo hwclock -s'],
    ['macOS', { ...linux, platform: 'darwin' }, 'Run: sudo sntp -sS time.apple.com'],
    ['Windows', { ...linux, platform: 'win32' }, 'Run: w32tm /resync'],
    ['another', { ...linux, platform: 'freebsd' }, 'Set it by NTP'],
  ])('on %s', (_where, surroundings, remedy) => {
    expect(clockRemedy(surroundings)).toBe(remedy);
  });
});

test('a record comes back as it was written', () => {
  const record = fc.record({
    host: fc.webAuthority(),
    skewMs: fc.integer(),
    seenAt: fc.nat(),
  });
  fc.assert(
    fc.property(record, (each) => {
      expect(decodeClockRecord(encodeClockRecord(each))).toEqual(each);
    }),
  );
});

test.each([
  '',
  '[]',
  '{}',
  '{"version":2,"host":"a","skewMs":1,"seenAt":1}',
  '{"version":1,"host":"a"}',
])('what is no record of this version is none: %s', (text) => {
  expect(decodeClockRecord(text)).toBeUndefined();
});
