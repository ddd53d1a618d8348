import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import type { SectionType } from '../../src/config/config-section.ts';
import { editAwsConfig, type SectionEdit } from '../../src/config/edit-aws-config.ts';
import { parseAwsConfig } from '../../src/config/parse-aws-config.ts';

function set(
  name: string,
  properties: SectionEdit['properties'],
  type: SectionType = 'profile',
): SectionEdit {
  return { type, name, properties };
}

const remove = (name: string) => set(name, 'remove');

describe('editAwsConfig', () => {
  test.each<[string, string, readonly SectionEdit[], string]>([
    [
      'a new section goes to the end, after a blank line',
      '[profile a]\nk = v\n',
      [set('b', { x: '1', y: undefined, z: '2' }), set('s', { u: 'v' }, 'sso-session')],
      '[profile a]\nk = v\n\n[profile b]\nx = 1\nz = 2\n\n[sso-session s]\nu = v\n',
    ],
    ['an empty file gets no blank line', '', [set('a', { k: 'v' })], '[profile a]\nk = v\n'],
    ['a byte order mark stays', '\uFEFF', [set('a', { k: 'v' })], '\uFEFF[profile a]\nk = v\n'],
    [
      'a blank line at the end is enough',
      '# c\r\n\r\n',
      [set('a', { k: 'v' })],
      '# c\r\n\r\n[profile a]\r\nk = v\r\n',
    ],
    [
      'a last line without an end gets one',
      '[profile a]\nk = v',
      [set('a', { x: '1' }), set('b', { y: '2' })],
      '[profile a]\nk = v\nx = 1\n\n[profile b]\ny = 2\n',
    ],
    [
      'a last line without an end keeps none when it changes',
      '[profile a]\nk = v',
      [set('a', { k: 'w' })],
      '[profile a]\nk = w',
    ],
    ['default has no prefix', '', [set('default', { k: 'v' })], '[default]\nk = v\n'],
    [
      'of two forms of default the one that counts is edited',
      '[default]\nk = v\n[profile default]\nk = v\n',
      [set('default', { k: 'w' })],
      '[default]\nk = v\n[profile default]\nk = w\n',
    ],
    [
      'what is written as it should be stays as it is',
      '[profile a]\nk=v\nj\t=  w  \n',
      [set('a', { k: 'v', j: 'w' })],
      '[profile a]\nk=v\nj\t=  w  \n',
    ],
    [
      'a value that changes keeps the blanks before it, and its place',
      '[profile a]\n# one\nk=v\nj     = w\n\n# two\n[profile b]\nk = v\n',
      [set('a', { k: '1', j: '2', n: '3' })],
      '[profile a]\n# one\nk=1\nj     = 2\nn = 3\n\n# two\n[profile b]\nk = v\n',
    ],
    [
      'a comment behind a value goes above it, also where only the comment is in the way',
      '[profile a]\nk = v # one\nj = w\t; two\r\n',
      [set('a', { k: 'v', j: 'x' })],
      '[profile a]\n# one\nk = v\n; two\nj = x\r\n',
    ],
    [
      'a key in capitals, which the JavaScript SDK does not find, becomes one that all find',
      '[profile a]\nRegion = eu-west-1\n',
      [set('a', { region: 'eu-west-1' })],
      '[profile a]\nregion = eu-west-1\n',
    ],
    [
      'of a key that is there twice the last one stays, in both of its sections',
      '[profile a]\nk = 1\nk = 2\n[profile b]\n[profile a]\nj = 0\nk = 3\n',
      [set('a', { k: '4', n: '5' })],
      '[profile a]\nn = 5\n[profile b]\n[profile a]\nj = 0\nk = 4\n',
    ],
    [
      'a value of several lines becomes one, and comments among them stay',
      '[profile a]\nk = v\n  more\n# one\n  # two\n\n  last\nj = w\n',
      [set('a', { k: 'x' })],
      '[profile a]\n# two\nk = x\n# one\n\nj = w\n',
    ],
    [
      'a nested value goes with what is indented below it',
      '[profile a]\nregion = r\ns3 =\n  # c\n  x = y\n  # d\n[profile b]\n',
      [set('a', { s3: undefined })],
      '[profile a]\nregion = r\n[profile b]\n',
    ],
    [
      'nothing comes between a key and what is indented below it',
      '[profile a]\n  # c\n[profile b]\ns3 =\n  x = y\n  # d\n\n# e\n',
      [set('a', { k: 'v' }), set('b', { k: 'v' })],
      '[profile a]\n  # c\nk = v\n[profile b]\ns3 =\n  x = y\n  # d\nk = v\n\n# e\n',
    ],
    [
      'an empty value gets one',
      '[profile a]\nk =\nj=\nl = # c\n',
      [set('a', { k: '1', j: '2', l: '3' })],
      '[profile a]\nk = 1\nj= 2\n# c\nl = 3\n',
    ],
    [
      'a header that not all SDKs find becomes one that they do',
      '[ profile  a ] # c\nk = v\n',
      [set('a', { k: 'v' })],
      '# c\n[profile a]\nk = v\n',
    ],
    [
      'a section goes with its blank line, and comments around it stay',
      '# a\n[profile a]\nk = v\n\n# b\n[profile b]\n# in b\nk = v\n\n# c\n[profile c]\n',
      [remove('b')],
      '# a\n[profile a]\nk = v\n\n# b\n# c\n[profile c]\n',
    ],
    [
      'the last sections go with the blank line before them',
      '[profile a]\nk = v\n\n[profile b]\nk = v\n\n[profile c]\nk = v\n',
      [remove('c'), remove('b'), remove('none')],
      '[profile a]\nk = v\n',
    ],
    [
      'one that goes makes room for one that comes',
      '[profile a]\nk = v\n\n[profile b]\nk = v\n',
      [set('c', { k: 'v' }), remove('b')],
      '[profile a]\nk = v\n\n[profile c]\nk = v\n',
    ],
    ['all go', '[profile a]\nk = v\n[profile b]\nk = v\n', [remove('a'), remove('b')], ''],
    [
      'sections of another type and that nobody reads are left alone',
      '[sso-session a]\nk = v\n[a]\nk = v\n[services a]\nk =\n  l = m\n',
      [set('a', { k: '1' }), set('a', { k: '2' }, 'sso-session')],
      '[sso-session a]\nk = 2\n[a]\nk = v\n[services a]\nk =\n  l = m\n\n[profile a]\nk = 1\n',
    ],
  ])('%s', (_name, text, edits, expected) => {
    const edited = editAwsConfig(text, edits);
    expect(edited.text).toBe(expected);
    expect(editAwsConfig(edited.text, edits)).toEqual({ text: expected, changes: [] });
  });

  test.each([
    ['', {}],
    ['a b', {}],
    ['-a', {}],
    ['a]', {}],
    ['a\n[profile b', {}],
    ['"a"', {}],
    ['münchen', {}],
    ['a#b', {}],
    ['a', { 'a b': 'v' }],
    ['a', { A: 'v' }],
    ['a', { '': 'v' }],
    ['a', { k: '' }],
    ['a', { k: ' v' }],
    ['a', { k: 'v\n[profile b]' }],
    ['a', { k: 'v\rw' }],
    ['a', { k: 'v # c' }],
    ['a', { k: 'v\t;c' }],
    ['a', { k: '# c' }],
    ['a', { k: 'v\0' }],
  ])('the name %j with %j is refused: not every SDK would read it', (name, properties) => {
    expect(() => editAwsConfig('', [set(name, properties)])).toThrow(
      expect.objectContaining({
        code: 'InvalidUsage',
        message: expect.stringMatching(/^The (name|key|value) .* cannot be written so that every/),
      }),
    );
  });

  test('a value that looks like much else is written as it is', () => {
    const value = 'https://corp.awsapps.com/start#/ a=b [x] "y" true';
    const { text } = editAwsConfig('', [set('a', { k: value })]);
    expect(meaning(text).get('profile a')?.get('k')?.value).toBe(value);
  });
});

// Few names, so that sections and keys are met more than once.
const names = ['a', 'b.c', 'default', '__proto__'] as const;
const keys = ['region', 'credential_process', 'k'] as const;
const headerTypes: readonly SectionType[] = ['profile', 'sso-session', 'oidc-session'];

const header = fc.oneof(
  fc.tuple(fc.constantFrom(...headerTypes), fc.constantFrom(...names)).map((all) => all.join(' ')),
  fc.constantFrom('default', ' profile  a ', 'profile "x"', 'a', 'services s', 'DEFAULT'),
);

const headerLine = fc
  .tuple(header, fc.constantFrom('', ' # on a header', '\t;d'))
  .map(([inside, comment]) => `[${inside}]${comment}`);

const propertyLine = fc
  .tuple(
    fc.constantFrom(...keys, 'Region', 'K', 'in valid', 'other'),
    fc.constantFrom('=', ' = ', '  =\t', '= '),
    fc.constantFrom('', '', 'v', 'a#b;c', '# d', 'w # e', 'x = y\t; f', '"q"', 'ü', 'trailing '),
  )
  .map((all) => all.join(''));

const otherLine = fc.constantFrom(
  '',
  '  ',
  '# comment',
  '; [profile a]',
  '  # indented comment',
  '  indented = 1',
  '\tplain',
);

const anyText = fc
  .record({
    mark: fc.constantFrom('', '\uFEFF'),
    lines: fc.array(
      fc.tuple(
        fc.oneof(headerLine, propertyLine, propertyLine, otherLine),
        fc.constantFrom('\n', '\n', '\n', '\r\n'),
      ),
      { maxLength: 14 },
    ),
    hasFinalEnd: fc.boolean(),
  })
  .map(({ mark, lines, hasFinalEnd }) => {
    const numbered = lines.map(([line, end], index) => {
      return line.replace(/^(other|in valid|[#;].*)/, `$1_${index}`) + end;
    });
    const text = mark + numbered.join('');
    return hasFinalEnd ? text : text.replace(/\r?\n$/, '');
  })
  .filter(isWellFormed);

const anyEdits = fc.uniqueArray(
  fc.record({
    type: fc.constantFrom(...headerTypes),
    name: fc.constantFrom(...names),
    properties: fc.oneof(
      { weight: 3, arbitrary: newProperties() },
      { weight: 1, arbitrary: fc.constant<'remove'>('remove') },
    ),
  }),
  { selector: ({ type, name }) => `${type} ${name}`, maxLength: 4 },
);

function newProperties() {
  const value = fc.option(fc.constantFrom('new-1', 'new-2 x#y', 'v'), { nil: undefined });
  return fc.dictionary(fc.constantFrom(...keys), value, { maxKeys: 3, noNullPrototype: true });
}

function isWellFormed(text: string): boolean {
  try {
    parse(text);
    return true;
  } catch {
    return false;
  }
}

function parse(text: string) {
  return parseAwsConfig(text, { path: 'config', kind: 'config' });
}

interface Meaning {
  readonly value: string;
  readonly nested: readonly (readonly string[])[];
}

/** What every section says, by type and name. */
function meaning(text: string): Map<string, Map<string, Meaning>> {
  const config = parse(text);
  const types: readonly SectionType[] = [...headerTypes, 'services', 'sso-cred'];
  return new Map(
    types.flatMap((type) =>
      config.names(type).map((name) => {
        const values = [...(config.section(type, name)?.properties ?? [])].map(
          ([key, { value, subProperties }]) => {
            const nested = [...subProperties].map(([subKey, sub]) => [subKey, sub.value]);
            return [key, { value, nested }] as const;
          },
        );
        return [`${type} ${name}`, new Map<string, Meaning>(values)] as const;
      }),
    ),
  );
}

describe('for every text and every edit', () => {
  const check = (property: (text: string, edits: readonly SectionEdit[]) => void) =>
    fc.assert(fc.property(anyText, anyEdits, property), { numRuns: 3_000 });

  test('what was meant is what it says afterwards, and all else says what it said', () => {
    check((text, edits) => {
      const expected = meaning(text);
      for (const { type, name, properties } of edits) {
        const section = `${type} ${name}`;
        if (properties === 'remove') {
          expected.delete(section);
          continue;
        }
        const values = new Map(expected.get(section));
        for (const [key, value] of Object.entries(properties)) {
          if (value === undefined) values.delete(key);
          else values.set(key, { value, nested: [] });
        }
        expected.set(section, values);
      }
      expect(meaning(editAwsConfig(text, edits).text)).toEqual(expected);
    });
  });

  test('lines that have nothing to do with it stay, byte for byte and in their order', () => {
    check((text, edits) => {
      const before = bystanders(ended(text, text));
      const after = bystanders(ended(editAwsConfig(text, edits).text, text));
      if (edits.every(({ properties }) => properties !== 'remove')) {
        // A new section may bring a blank line, below all others.
        expect(after.slice(0, before.length)).toEqual(before);
        return;
      }
      const written = after.filter((line) => line.trim() !== '');
      expect(before.filter((line) => written.includes(line))).toEqual(written);
    });
  });

  test('doing it again changes nothing', () => {
    check((text, edits) => {
      const once = editAwsConfig(text, edits).text;
      expect(editAwsConfig(once, edits)).toEqual({ text: once, changes: [] });
    });
  });

  test('what is written has the form that every SDK reads', () => {
    check((text, edits) => {
      for (const { added } of editAwsConfig(text, edits).changes) {
        for (const line of added) {
          expect(line).toMatch(
            /^(?:|[#;].*|\[(?:default|[a-z-]+ [\w.]+)\]|[a-z_]+[ \t]*=[ \t]*[^\s#;]\S*(?: [^#;\s]\S*)*)$/,
          );
        }
      }
    });
  });

  test('a section that comes and goes leaves no trace', () => {
    fc.assert(
      fc.property(anyText, newProperties(), (text, properties) => {
        const name = 'new';
        const comes = editAwsConfig(text, [{ type: 'profile', name, properties }]).text;
        const goes = editAwsConfig(comes, [{ type: 'profile', name, properties: 'remove' }]).text;
        if (!/(?:^|\n)\s*\n$/.test(text)) expect(goes).toBe(ended(text, text));
      }),
      { numRuns: 3_000 },
    );
  });
});

/** The text with an end to its last line, as a file has it that ends its lines in this way. */
function ended(text: string, file: string): string {
  return /^\uFEFF?$|\n$/.test(text) ? text : text + (/\r?\n/.exec(file)?.[0] ?? '\n');
}

/** The lines that no edit is about, with what ends them; each is told by its number. */
function bystanders(text: string): string[] {
  const lines = text.replace('\uFEFF', '').match(/[^\n]*\n|[^\n]+$/g) ?? [];
  return lines.filter((line) => /^(?:[#;].*|other|.*in valid)_\d|^\s*$/.test(line));
}
