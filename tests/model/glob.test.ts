import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { matchesGlob } from '../../src/model/glob.ts';

describe('matchesGlob', () => {
  test.each([
    ['*', '', true],
    ['', '', true],
    ['', 'a', false],
    ['?', '', false],
    ['?', '😂', true],
    ['prod-*', 'PROD-eu', true],
    ['prod-*', 'preprod-eu', false],
    ['*prod*', 'my preprod account', true],
    ['*-eu-?', 'a-eu-eu-1', true],
    ['*-eu-?', 'a-eu-eu-12', false],
    ['a*b*c', 'aXbXbXc', true],
    ['a*b*c', 'aXcXb', false],
    ['a.c', 'abc', false],
    ['[a]', 'a', false],
    ['(a+)+$', '(a+)+$', true],
  ])('%j and %j: %s', (pattern, text, expected) => {
    expect(matchesGlob(pattern, text)).toBe(expected);
  });

  test('agrees with a regular expression for every pattern', () => {
    const short = fc.string({ unit: fc.constantFrom('a', 'B', '*', '?', '.'), maxLength: 8 });
    fc.assert(
      fc.property(short, fc.string({ unit: fc.constantFrom(...'abB.'), maxLength: 8 }), (p, t) => {
        const source = p.replace(/[.]/g, '\\.').replace(/[?]/g, '.').replace(/[*]/g, '.*');
        expect(matchesGlob(p, t)).toBe(new RegExp(`^${source}$`, 'i').test(t));
      }),
      { numRuns: 2_000 },
    );
  });

  test('takes no exponential time', () => {
    expect(matchesGlob(`${'*a'.repeat(60)}b`, 'a'.repeat(3_000))).toBe(false);
  });
});
