import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { type Callback, readCallback } from '../../src/model/callback.ts';

const state = 'aaaabbbbccccdddd';

function read(query: string): Callback | undefined {
  return readCallback(new URLSearchParams(query), (given) => given === state);
}

describe('the query of a redirect', () => {
  test.each<[string, string, Callback]>([
    ['a code', `code=c1&state=${state}`, { kind: 'code', code: 'c1' }],
    ['parameters in another order', `state=${state}&code=c1`, { kind: 'code', code: 'c1' }],
    [
      'parameters that we do not know, even twice',
      `code=c1&x=1&x=2&state=${state}`,
      { kind: 'code', code: 'c1' },
    ],
    ['an issuer', `code=c1&state=${state}&iss=https://i`, { kind: 'code', code: 'c1' }],
    [
      'a code that is escaped',
      `code=%2Fa%2Bb%3D+c&state=${state}`,
      { kind: 'code', code: '/a+b= c' },
    ],
    [
      'a refusal',
      `error=access_denied&error_description=No+way&state=${state}`,
      { kind: 'refused', error: 'access_denied', description: 'No way' },
    ],
    [
      'a refusal without a description',
      `error=server_error&state=${state}`,
      { kind: 'refused', error: 'server_error', description: '' },
    ],
    ['an escape with nothing after it', `code=%&state=${state}`, { kind: 'code', code: '%' }],
  ])('is an answer with %s', (_, query, callback) => {
    expect(read(query)).toEqual(callback);
  });

  test.each([
    ['nothing', ''],
    ['no state', 'code=c1'],
    ['an empty state', 'code=c1&state='],
    ['another state', 'code=c1&state=other'],
    ['a part of the state', `code=c1&state=${state.slice(1)}`],
    ['more than the state', `code=c1&state=${state}x`],
    ['the state twice', `code=c1&state=${state}&state=${state}`],
    ['the state and another', `code=c1&state=${state}&state=other`],
    ['two codes', `code=c1&code=c2&state=${state}`],
    ['two issuers', `code=c1&iss=a&iss=b&state=${state}`],
    ['two descriptions', `error=e&error_description=a&error_description=b&state=${state}`],
    ['neither code nor error', `state=${state}`],
    ['an empty code', `code=&state=${state}`],
    ['code and error', `code=c1&error=access_denied&state=${state}`],
    ['an empty code and an error', `code=&error=access_denied&state=${state}`],
    ['names in capitals', `CODE=c1&STATE=${state}`],
  ])('is no answer with %s', (_, query) => {
    expect(read(query)).toBeUndefined();
  });

  test('gives an error that fits a line, whatever it holds', () => {
    const nasty = `%1b[31mred%0d%0a%E2%80%AE${'x'.repeat(5_000)}`;
    const callback = read(`error=${nasty}&error_description=${nasty}&state=${state}`);
    if (callback?.kind !== 'refused') throw new Error('not refused');
    for (const text of [callback.error, callback.description]) {
      expect(text).not.toMatch(/[\p{Cc}\u202e]/u);
      expect(text.length).toBeLessThanOrEqual(200);
    }
  });

  test('is never an answer without the very state', () => {
    fc.assert(
      fc.property(
        fc.array(
          fc.tuple(
            fc.constantFrom('code', 'state', 'error', 'iss', '__proto__', 'State'),
            fc.oneof(fc.string({ unit: 'binary' }), fc.constantFrom('', state.slice(0, -1))),
          ),
        ),
        (pairs) => {
          fc.pre(pairs.every(([, value]) => value !== state));
          const query = new URLSearchParams(pairs as [string, string][]);
          expect(readCallback(query, (given) => given === state)).toBeUndefined();
        },
      ),
    );
  });

  test('gives the code as it was sent', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme', minLength: 1 }), (code) => {
        const query = new URLSearchParams({ state, code });
        expect(read(query.toString())).toEqual({ kind: 'code', code });
      }),
    );
  });
});
