import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import stringWidth from 'string-width';
import { cutToWidth, textTable } from '../../src/commands/text-table.ts';

const heading = ['ACCOUNT', 'NAME', 'E-MAIL'];
const rows = [
  ['111122223333', 'Acme Development', 'aws-development@example.com'],
  ['444455556666', '株式会社アクメ 本番', 'aws@example.com'],
];

test('columns are as wide as they need to be', () => {
  expect(textTable({ heading, rows, whenEmpty: '' })).toBe(
    `ACCOUNT       NAME                 E-MAIL
111122223333  Acme Development     aws-development@example.com
444455556666  株式会社アクメ 本番  aws@example.com
`,
  );
});

test('the widest give way where the terminal is narrower', () => {
  expect(textTable({ heading, rows, whenEmpty: '', columns: 48 })).toBe(
    `ACCOUNT       NAME              E-MAIL
111122223333  Acme Development  aws-development…
444455556666  株式会社アクメ…   aws@example.com
`,
  );
});

test('an account id is never cut', () => {
  const table = textTable({ heading, rows, whenEmpty: '', columns: 10 });
  for (const [id = ''] of rows) expect(table).toContain(id);
});

test('no line is wider than the terminal, for cells in any script', () => {
  const cell = fc
    .string({ unit: 'grapheme', maxLength: 60 })
    .map((text) => text.replace(/\s/g, 'x'));
  fc.assert(
    fc.property(
      fc.array(fc.tuple(cell, cell), { minLength: 1 }),
      fc.integer({ min: 30, max: 90 }),
      (cells, columns) => {
        const table = textTable({ heading: ['A', 'B'], rows: cells, whenEmpty: '', columns });
        for (const line of table.split('\n'))
          expect(stringWidth(line)).toBeLessThanOrEqual(columns);
      },
    ),
  );
});

test.each([
  ['abc', 3, 'abc'],
  ['abcd', 3, 'ab…'],
  ['日本語', 5, '日本…'],
  ['日本語', 4, '日…'],
  ['👨‍👩‍👧‍👦👨‍👩‍👧‍👦', 3, '👨‍👩‍👧‍👦…'],
])('%j in %i columns is %j', (text, width, expected) => {
  expect(cutToWidth(text, width)).toBe(expected);
});
