import { expect, test } from '@jest/globals';
import { parseDuration } from '../../src/model/duration.ts';

const minutes = 60_000;

test.each([
  ['8h', 480 * minutes],
  ['90m', 90 * minutes],
  ['1h30m', 90 * minutes],
  ['2d', 2880 * minutes],
  ['3600', 60 * minutes],
  ['3600s', 60 * minutes],
  ['0', 0],
])('%s is %d ms', (text, expected) => {
  expect(parseDuration(text)).toBe(expected);
});

test.each(['', 'h', '8 h', '8H', '-1h', '1.5h', '1h30', '8hours', '1e3', '9999999999'])(
  '"%s" is none',
  (text) => {
    expect(parseDuration(text)).toBeUndefined();
  },
);
