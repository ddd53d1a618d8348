import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { isPortableName } from '../../src/config/portable-form.ts';
import {
  type NameTemplate,
  nameProfiles,
  parseTemplate,
  type RoleToName,
} from '../../src/model/profile-names.ts';

function template(text: string): NameTemplate {
  const parsed = parseTemplate(text);
  if ('unknown' in parsed) throw new Error(parsed.unknown);
  return parsed;
}

function role(accountName: string, roleName: string, id = 1): RoleToName {
  const accountId = String(id).padStart(12, '0');
  return {
    account: { accountId, accountName, emailAddress: `a+${id}@example.com` },
    roleName,
    region: 'eu-west-1',
  };
}

const usual = template('{account_name}.{role_name}');
const free = () => false;

function names(
  roles: readonly RoleToName[],
  parts = usual,
  isTaken: (name: string) => boolean = free,
) {
  return nameProfiles(roles, parts, 'corp', isTaken).map(({ name }) => name);
}

test.each([
  ['{account_name}.{role_name}', 'Acme-Production.ReadOnly'],
  ['{role_name}@{account_id}', 'ReadOnly@000000000007'],
  ['{session}/{account_email}/{role_name}', 'corp/a+7@example.com/ReadOnly'],
  ['aws_{region}_{role_name}_{role_name}', 'aws_eu-west-1_ReadOnly_ReadOnly'],
])('%s gives %s', (text, expected) => {
  expect(names([role('Acme Production', 'ReadOnly', 7)], template(text))).toEqual([expected]);
});

test.each(['{account}', '{}', '{Role_Name}', '{role name}', '{__proto__}'])(
  'there is no field %s',
  (text) => {
    expect(parseTemplate(`a${text}b`)).toEqual({ unknown: text.slice(1, -1) });
  },
);

test.each([
  ['München Straße', 'Munchen-Strasse', true],
  ['株式会社アクメ', '000000000001', true],
  ['Prod]\n[profile evil]', 'Prod-profile-evil', true],
  ['  many   blanks\t', 'many-blanks', false],
  ['../../etc/passwd', 'etc-passwd', true],
  ['--force', 'force', true],
  ['a.b_c@d+e-f', 'a.b_c@d+e-f', false],
  ['', '000000000001', false],
  ['"quoted" $(id) `id` %PATH% ; #', 'quoted-id-id-PATH', true],
  ['Ægir Łódź', 'AEgir-Lodz', true],
])('the account %j is %s', (accountName, expected, isReplaced) => {
  const [named] = nameProfiles([role(accountName, 'R')], usual, 'corp', free);
  expect(named).toMatchObject({ name: `${expected}.R`, isReplaced });
});

test('names that would be alike, in capitals or not, all get their account', () => {
  const roles = [
    role('Dev', 'R', 1),
    role('dev', 'R', 2),
    role('DEV', 'r', 3),
    role('Other', 'R', 4),
  ];
  expect(nameProfiles(roles, usual, 'corp', free)).toMatchObject([
    { name: 'Dev.R-000000000001', taken: 'Dev.R' },
    { name: 'dev.R-000000000002', taken: 'dev.R' },
    { name: 'DEV.r-000000000003', taken: 'DEV.r' },
    { name: 'Other.R' },
  ]);
});

test('and roles of one account that would be alike a number as well', () => {
  const [one = '', other = ''] = names([role('Dev', 'a=b'), role('Dev', 'a,b')]);
  expect(one).toMatch(/^Dev\.a-b-000000000001-[0-9a-f]{6}$/);
  expect(other).toMatch(/^Dev\.a-b-000000000001-[0-9a-f]{6}$/);
  expect(one).not.toBe(other);
});

test("a name that is somebody else's is not taken, nor default, nor one that is not free at all", () => {
  const taken = (name: string) => name.startsWith('Dev.R');
  expect(names([role('Dev', 'R'), role('Dev', 'S')], usual, taken)).toEqual([undefined, 'Dev.S']);
  expect(names([role('Dev', 'R')], usual, (name) => name === 'Dev.R')).toEqual([
    'Dev.R-000000000001',
  ]);
  expect(names([role('x', 'Default')], template('{role_name}'))).toEqual(['Default-000000000001']);
});

test('long names are cut, and told apart all the same', () => {
  const roles = [role('x'.repeat(300), 'A', 1), role('x'.repeat(300), 'B', 2)];
  expect(names(roles)).toEqual([
    `${'x'.repeat(100)}-000000000001`,
    `${'x'.repeat(100)}-000000000002`,
  ]);
});

describe('for all accounts and roles', () => {
  const roleName = fc.string({ unit: fc.constantFrom(...'abA=,.@-+'), minLength: 1, maxLength: 4 });
  const accountName = fc.oneof(
    fc.constantFrom('Dev', 'dev', 'DEV', 'Dév', 'default', ''),
    fc.string({ unit: 'grapheme', maxLength: 6 }),
    fc.string({ unit: 'binary', maxLength: 6 }),
  );
  const roles = fc.uniqueArray(
    fc
      .tuple(accountName, roleName, fc.integer({ min: 1, max: 4 }))
      // An account has one name.
      .map(([name, role_, id]) => role(id === 1 ? 'Dev' : name, role_, id)),
    { selector: ({ account, roleName: name }) => `${account.accountId} ${name}`, maxLength: 12 },
  );
  const templates = fc.constantFrom(
    usual,
    template('{role_name}'),
    template('{account_name}{role_name}'),
    template('{session}/{role_name}'),
  );

  test('every SDK reads the names, and no two are alike', () => {
    fc.assert(
      fc.property(roles, templates, (all, parts) => {
        const given = names(all, parts).filter((name) => name !== undefined);
        expect(given).toHaveLength(all.length);
        for (const name of given) expect([name, isPortableName(name)]).toEqual([name, true]);
        expect(new Set(given.map((name) => name.toLowerCase())).size).toBe(given.length);
      }),
      { numRuns: 1_000 },
    );
  });

  test('they do not depend on the order in which AWS lists them', () => {
    fc.assert(
      fc.property(roles, templates, (all, parts) => {
        const key = ({ account, roleName: name }: RoleToName) => `${account.accountId} ${name}`;
        const inOrder = new Map(all.map((each, index) => [key(each), names(all, parts)[index]]));
        const reversed = [...all].reverse();
        for (const [index, name] of names(reversed, parts).entries()) {
          expect(name).toBe(inOrder.get(key(reversed[index] as RoleToName)));
        }
      }),
      { numRuns: 300 },
    );
  });
});
