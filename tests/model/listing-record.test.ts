import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { decodeListingRecord, encodeListingRecord } from '../../src/model/listing-record.ts';

const now = Date.UTC(2026, 10, 21);
const record = { signIn: 'me', startedAt: now, roleNames: new Map([['1', ['A', 'B']]]) };

describe('a listing record', () => {
  test('is read as it was written', () => {
    const names = fc.array(fc.string({ unit: 'binary' }), { maxLength: 4 });
    fc.assert(
      fc.property(fc.dictionary(fc.string(), names), (accounts) => {
        const written = { ...record, roleNames: new Map(Object.entries(accounts)) };
        expect(decodeListingRecord(encodeListingRecord(written), now)).toEqual(written);
      }),
    );
  });

  test('is of ten thousand accounts small enough to be read', () => {
    const names = ['AdministratorAccess', 'DeveloperPowerUser', 'ReadOnly', 'Billing', 'Auditor'];
    const ids = Array.from({ length: 10_000 }, (_, index) => String(100_000_000_000 + index));
    const text = encodeListingRecord({
      ...record,
      roleNames: new Map(ids.map((id) => [id, names])),
    });
    expect(text.length).toBeLessThan(1024 * 1024);
  });

  test.each([
    ['half an hour old', encodeListingRecord({ ...record, startedAt: now - 30 * 60_000 - 1 })],
    ['from the future', encodeListingRecord({ ...record, startedAt: now + 1 })],
    ['of another version', encodeListingRecord(record).replace('"version":1', '"version":2')],
    ['without names', encodeListingRecord(record).replace('["A","B"]', 'null')],
    ['with a name that is none', encodeListingRecord(record).replace('["A","B"]', '["A",1]')],
    ['with a number out of place', encodeListingRecord(record).replace('[0,1]', '[0,7]')],
    ['with accounts of another shape', encodeListingRecord(record).replace('[0,1]', '{}')],
    ['no JSON', '{'],
  ])('%s counts as absent', (_what, text) => {
    expect(decodeListingRecord(text, now)).toBeUndefined();
  });
});
