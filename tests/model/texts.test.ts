import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { cleanText } from '../../src/model/clean-text.ts';
import { describeDuration } from '../../src/model/duration.ts';
import { formatTimestamp, toProcessOutput } from '../../src/model/role-credentials.ts';

const anyText = fc.string({ unit: 'binary', maxLength: 400 });
const nastyText = fc
  .array(
    fc.oneof(
      fc.string({ unit: 'binary', maxLength: 5 }),
      fc.constantFrom(
        '\u001b[31m',
        '\u001b]0;title\u0007',
        '\u009b1A',
        '\r\n',
        '\u202e',
        '\u2066',
        '\u2028',
        '\u0000',
        '\u007f',
        '\u{1f600}',
      ),
    ),
    { maxLength: 100 },
  )
  .map((parts) => parts.join(''));

describe('cleaned text', () => {
  const forbidden = /[\p{Cc}\u2028\u2029\u202a-\u202e\u2066-\u2069]/u;

  test('holds nothing that moves a cursor, ends a line or turns the writing round', () => {
    fc.assert(
      fc.property(fc.oneof(anyText, nastyText), (text) => {
        expect(cleanText(text)).not.toMatch(forbidden);
      }),
    );
  });

  test('is no longer than allowed', () => {
    fc.assert(
      fc.property(fc.oneof(anyText, nastyText), fc.integer({ min: 1, max: 50 }), (text, most) => {
        expect(cleanText(text, most).length).toBeLessThanOrEqual(most);
        expect(cleanText(text).length).toBeLessThanOrEqual(200);
      }),
    );
  });

  test('cuts no character in half', () => {
    fc.assert(
      fc.property(nastyText, fc.integer({ min: 1, max: 50 }), (text, most) => {
        const isWhole = (one: string) => Buffer.from(one).toString() === one;
        fc.pre(isWhole(text));
        expect(isWhole(cleanText(text, most))).toBe(true);
      }),
    );
  });

  test('stays as it is when it is cleaned again', () => {
    fc.assert(
      fc.property(nastyText, (text) => {
        expect(cleanText(cleanText(text))).toBe(cleanText(text));
      }),
    );
  });

  test('keeps what a person wrote', () => {
    const plain = 'Grüße, 東京 – “no”: https://corp.awsapps.com/start#/';
    expect(cleanText(plain)).toBe(plain);
  });
});

describe('a duration', () => {
  test.each([
    [-5_000, '0 s'],
    [0, '0 s'],
    [999, '0 s'],
    [119_999, '119 s'],
    [120_000, '2 min'],
    [119 * 60_000, '119 min'],
    [120 * 60_000, '2 h'],
    [185 * 60_000 + 59_999, '3 h 5 min'],
    [12 * 3_600_000, '12 h'],
  ])('%d ms reads %s', (ms, text) => {
    expect(describeDuration(ms)).toBe(text);
  });

  test('is never said to be longer than it is, nor shorter by more than its last unit', () => {
    const unitMs: Record<string, number> = { s: 1_000, min: 60_000, h: 3_600_000 };
    fc.assert(
      fc.property(fc.nat(48 * 3_600_000), (ms) => {
        const text = describeDuration(ms);
        expect(text).toMatch(/^\d+ (s|min|h|h \d+ min)$/);
        const said = [...text.matchAll(/(\d+) (\w+)/g)]
          .map(([, count, unit]) => Number(count) * (unitMs[unit ?? ''] ?? Number.NaN))
          .reduce((sum, part) => sum + part);
        expect(said).toBeLessThanOrEqual(ms);
        expect(ms - said).toBeLessThan(ms < 120_000 ? 1_000 : 60_000);
      }),
    );
  });
});

describe('a timestamp', () => {
  const instant = fc.integer({ min: 0, max: Date.UTC(9999, 11, 31, 23, 59, 59, 999) });

  test('is floored to the second, in UTC', () => {
    fc.assert(
      fc.property(instant, (ms) => {
        const text = formatTimestamp(ms);
        expect(text).toMatch(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/);
        expect(Date.parse(text)).toBe(Math.floor(ms / 1000) * 1000);
      }),
    );
  });
});

describe('the answer of a credential_process', () => {
  test('is one line with the members of the contract in their order', () => {
    const text = fc.string({ unit: 'binary' });
    const credentials = fc.record({
      accessKeyId: text,
      secretAccessKey: text,
      sessionToken: text,
      expiration: fc.integer({ min: 0, max: Date.UTC(9999, 0) }),
      accountId: text,
    });
    fc.assert(
      fc.property(credentials, (given) => {
        const line = toProcessOutput(given);
        expect(line).not.toMatch(/[\r\n]/);
        expect(Object.entries(JSON.parse(line))).toEqual([
          ['Version', 1],
          ['AccessKeyId', given.accessKeyId],
          ['SecretAccessKey', given.secretAccessKey],
          ['SessionToken', given.sessionToken],
          ['Expiration', formatTimestamp(given.expiration)],
          ['AccountId', given.accountId],
        ]);
      }),
    );
  });

  test('never says that credentials last longer than AWS said', () => {
    const line = toProcessOutput({
      accessKeyId: 'ASIA',
      secretAccessKey: 's',
      sessionToken: 't',
      expiration: Date.UTC(2026, 0, 1, 1, 2, 3, 999),
      accountId: '111122223333',
    });
    expect(JSON.parse(line)).toMatchObject({ Expiration: '2026-01-01T01:02:03Z' });
  });
});
