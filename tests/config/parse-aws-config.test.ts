import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import type { SectionType } from '../../src/config/config-section.ts';
import { type AwsConfig, parseAwsConfig } from '../../src/config/parse-aws-config.ts';
import type { ConfigFileKind } from '../../src/config/section-headers.ts';

const types: readonly SectionType[] = [
  'profile',
  'sso-session',
  'services',
  'oidc-session',
  'sso-cred',
];

function parse(text: string, kind: ConfigFileKind = 'config'): AwsConfig {
  return parseAwsConfig(text, { path: '/home/u/.aws/config', kind, home: '/home/u' });
}

function values(config: AwsConfig, name: string, type: SectionType = 'profile') {
  const properties = config.section(type, name)?.properties ?? new Map();
  return [...properties].map(([key, { value }]) => [key, value]);
}

function errorOf(text: string): unknown {
  try {
    parse(text);
  } catch (error) {
    return error;
  }
  return undefined;
}

describe('parseAwsConfig', () => {
  test.each([
    ['https://corp.awsapps.com/start#/'],
    ['a;b#c'],
    ['true'],
    ['false'],
    ['null'],
    ['"quoted"'],
    ["'quoted'"],
    ['"'],
    ['""'],
    ['"\\u0041"'],
    ['\\'],
    ['\\#'],
    ['a \\'],
    ['a=b=c'],
    ['[section]'],
    ['{"a":1}'],
    ['__proto__'],
    ['a\u2028b\u2029c'],
    ['\u00a0a\u00a0'],
    ['a\rb'],
    ['a\0b'],
    ['\uFEFF'],
    ['emoji 😂'],
  ])('the value %j comes out as it is written', (value) => {
    expect(values(parse(`[profile a]\nk = ${value}\n`), 'a')).toEqual([['k', value]]);
  });

  test.each([
    'my.dev',
    'a.b.c',
    '__proto__',
    'constructor',
    'toString',
    'hasOwnProperty',
    'profile',
    'true',
    '12',
    'a/b@c:d+e%f',
  ])('%s is an ordinary name of a section and of a key', (name) => {
    const config = parse(`[profile ${name}]\n${name} = 1\n[sso-session ${name}]\n${name} = 2\n`);
    const key = name.toLowerCase();
    expect(values(config, name)).toEqual([[key, '1']]);
    expect(values(config, name, 'sso-session')).toEqual([[key, '2']]);
    expect(config.names('profile')).toEqual([name]);
    expect(values(parse(`[${name}]\n${name} = 3\n`, 'credentials'), name)).toEqual([[key, '3']]);
    expect(parse('').section('profile', name)).toBeUndefined();
  });

  test.each([
    ['[profile "quoted"]', '"quoted"'],
    ['[profile in valid]', 'in valid'],
    ['[profile]', ''],
    ['[profile ]', ''],
    ['[]', ''],
    ['[foo]', 'foo'],
    ['[profiles foo]', 'foo'],
    ['[Profile foo]', 'foo'],
    ['[profile münchen]', 'münchen'],
  ])('the section %s is skipped', (header, name) => {
    const config = parse(`${header}\nk = v\n`);
    expect(config.section('profile', name)).toBeUndefined();
    expect(types.flatMap((type) => config.names(type))).toEqual([]);
  });

  test.each([
    ['key = value\n', 'config:1 stands before the first [section]'],
    ['# c\n\n  indented\n', 'config:3 stands before the first [section]'],
    ['[profile a\n', 'config:1 begins with "[" and does not end with "]"'],
    ['[profile a] b\n', 'config:1 begins with "[" and does not end with "]"'],
    ['[', 'config:1 begins with "[" and does not end with "]"'],
    ['[profile a]\n\r\nkey\r\n', 'config:3 is not of the form "key = value"'],
    ['[profile a]\nkey : value\n', 'config:2 is not of the form "key = value"'],
    ['[profile a]\nkey # = value\n', 'config:2 is not of the form "key = value"'],
    ['[profile a]\n= value\n', 'config:2 has no key before the "=" sign'],
    ['[profile a]\n k = v\n', 'config:2 is indented, and no key stands above it'],
    ['[profile a]\nk = v\n[profile b]\n  v\n', 'config:4 is indented, and no key stands above it'],
    ['[profile a]\nk =\n v\n', 'config:3 is not of the form "key = value"'],
    ['[profile a]\nk = # c\n = v\n', 'config:3 has no key before the "=" sign'],
    ['[unknown]\nk\n', 'config:2 is not of the form "key = value"'],
  ])('%j is refused: ~/.aws/%s', (text, message) => {
    expect(errorOf(text)).toMatchObject({
      name: 'SsoCredError',
      code: 'InvalidConfig',
      message: `~/.aws/${message}`,
    });
  });

  test('indented lines below a key without a value are there by name as well', () => {
    const text =
      '[services local]\nSSO =\n  # for tests\n\n  Endpoint_URL = http://[::1]:80/#a ; here\n' +
      '  in valid = x\nsts =\n\tendpoint_url = one\n\tendpoint_url = two\n\tempty =\n';
    const properties = parse(text).section('services', 'local')?.properties;
    const file = { kind: 'file', path: '/home/u/.aws/config' };
    expect(properties?.get('sso')).toEqual({
      value: '\nEndpoint_URL = http://[::1]:80/#a ; here\nin valid = x',
      origin: { ...file, line: 2, key: 'sso' },
      subProperties: new Map([
        [
          'endpoint_url',
          { value: 'http://[::1]:80/#a', origin: { ...file, line: 5, key: 'sso.endpoint_url' } },
        ],
      ]),
    });
    expect(
      [...(properties?.get('sts')?.subProperties ?? [])].map(([key, s]) => [key, s.value]),
    ).toEqual([
      ['endpoint_url', 'two'],
      ['empty', ''],
    ]);
  });

  test('a later plain value takes the place of nested ones', () => {
    const properties = parse('[profile a]\ns3 =\n  x = y\ns3 = z\n').section(
      'profile',
      'a',
    )?.properties;
    expect(properties?.get('s3')).toMatchObject({ value: 'z', subProperties: new Map() });
  });

  test('an indented comment is part of a value, and elsewhere a comment', () => {
    const text = '  # c\n[profile a]\n  # c\nregion = x\n  # c\nnested =\n  ; c\n  k = v\n';
    expect(values(parse(text), 'a')).toEqual([
      ['region', 'x\n# c'],
      ['nested', '\nk = v'],
    ]);
  });

  test('sections of the same name are one; its line is that of the first', () => {
    const text = '[profile a]\nx = 1\ny = 1\n[profile b]\nz = 1\n[ profile\ta ] # again\ny = 2\n';
    const section = parse(text).section('profile', 'a');
    expect(section?.line).toBe(1);
    expect(section?.properties.get('x')?.origin).toMatchObject({ line: 2 });
    expect(section?.properties.get('y')).toMatchObject({ value: '2', origin: { line: 7 } });
    expect(section?.properties.has('z')).toBe(false);
  });

  test('[profile default] takes the place of [default], and its line', () => {
    const text = '[default]\na = 1\n[profile default]\nb = 2\n[default]\nc = 3\n';
    const config = parse(text);
    expect(config.section('profile', 'default')?.line).toBe(3);
    expect(values(config, 'default')).toEqual([['b', '2']]);
    expect(config.names('profile')).toEqual(['default']);
  });

  test.each([
    ['\uFEFF[profile a]\nk = v', 2],
    ['\uFEFF\r\n[profile a]\r\nk = v\r\n', 3],
    ['\r\n\r\n[profile a]\r\n\r\nk = v', 5],
    ['[profile a] ; c\nk = v\r', 2],
  ])('%j reads as one profile, its value on line %d', (text, line) => {
    const properties = parse(text).section('profile', 'a')?.properties;
    expect(properties?.get('k')).toMatchObject({ value: 'v', origin: { line } });
  });

  const megabytes = 10 * 1024 * 1024;
  test.each([
    ['a long value', `k = ${'a'.repeat(megabytes)}`],
    ['blanks', `k = ${' '.repeat(megabytes)}x`],
    ['blanks and words', `k = ${'a '.repeat(megabytes / 2)}x`],
    ['comment signs', `k = ${'#'.repeat(megabytes)}x`],
    ['quotes', `k = ${'"'.repeat(megabytes)}x`],
    ['backslashes', `k = ${'\\'.repeat(megabytes)}`],
    ['equals signs', `k ${'='.repeat(megabytes)}`],
    ['a long key', `${'k'.repeat(megabytes)} = v`],
    ['a long comment', `# ${'[ '.repeat(megabytes / 2)}`],
    ['a long header', `[profile${' '.repeat(megabytes / 2)}${'b '.repeat(megabytes / 4)}]`],
    ['a long continuation', `k = v\n${' \t'.repeat(megabytes / 2)}x`],
  ])('a line of 10 MiB is read in time linear in its length: %s', (_, line) => {
    // Half a second at most when nothing else runs; what is quadratic takes hours, and is ended.
    expect(parse(`[profile a]\n${line}\n`).section('profile', 'a')).toBeDefined();
  });
});

const blanks = fc.string({ unit: fc.constantFrom(' ', '\t'), maxLength: 2 });
const indent = fc.constantFrom(' ', '\t', '    ', '\t ');
const identifierCharacters = [...'abcxyzABCXYZ0189_-/.%@:+'];
const identifier = fc.oneof(
  fc.constantFrom('__proto__', 'constructor', 'toString', 'true', 'null', 'my.dev', 'default', '7'),
  fc.string({ unit: fc.constantFrom(...identifierCharacters), minLength: 1, maxLength: 8 }),
);
const text = fc
  .oneof(
    fc.constantFrom(
      'true',
      'null',
      '"x"',
      "'x'",
      'x#y;',
      '\\',
      'a=b',
      '[x]',
      '__proto__',
      '\u2028',
    ),
    fc.string({ unit: fc.constantFrom(...'ab#;="\'\\[] \t\r\u2028\0') }),
    fc.string({ unit: 'binary' }),
  )
  .map((value) => value.replace(/\n/g, '').replace(/^[ \t]+|[ \t\r]+$/g, ''))
  .filter((value) => value !== '');
const value = text.filter((text) => !/(?:^|[ \t])[#;]/.test(text));
const filler = fc.array(fc.constantFrom('', ' ', '\t', '# c = d', ';', '#[x]'), { maxLength: 2 });

const property = fc
  .record({
    key: identifier,
    content: fc.oneof(
      fc.record({ value, continuations: fc.array(text, { maxLength: 2 }) }),
      fc.record({ nested: fc.array(fc.tuple(identifier, fc.option(value)), { maxLength: 3 }) }),
    ),
    before: filler,
    blanks: fc.tuple(blanks, blanks, blanks),
    indent,
    comment: fc.constantFrom('', ' # comment', '\t; a = b'),
  })
  .filter(({ key }) => key !== '');

const section = fc.record({
  type: fc.constantFrom(...types),
  name: identifier,
  properties: fc.array(property, { maxLength: 4 }),
  before: filler,
});

const file = fc.record({
  sections: fc.array(section, { maxLength: 5 }),
  lineEnd: fc.constantFrom('\n', '\r\n'),
  mark: fc.constantFrom('', '\uFEFF'),
});

type Printed = Map<
  string,
  Map<string, { value: string; line: number; nested: Map<string, unknown> }>
>;

/** The text of the file, and what a reader has to find in it, each value with its line. */
function print({ sections, lineEnd, mark }: typeof file extends fc.Arbitrary<infer T> ? T : never) {
  const lines: string[] = [];
  const expected: Printed = new Map();
  for (const { type, name, properties, before } of sections) {
    lines.push(...before, `[${type} ${name}]`);
    const keys = expected.get(`${type} ${name}`) ?? new Map();
    expected.set(`${type} ${name}`, keys);
    for (const { key, content, before, blanks, indent, comment } of properties) {
      const [a, b, c] = blanks;
      lines.push(...before);
      const found = { value: '', line: lines.length + 1, nested: new Map<string, unknown>() };
      if ('value' in content) {
        lines.push(`${key}${a}=${b}${content.value}${c}${comment}`);
        lines.push(...content.continuations.map((line) => `${indent}${line}${c}`));
        found.value = [content.value, ...content.continuations].join('\n');
      } else {
        lines.push(`${key}${a}=${b}${comment}`);
        for (const [subKey, subValue] of content.nested) {
          lines.push(`${indent}${subKey}${a}=${b}${subValue ?? ''}`);
          found.value += `\n${`${subKey}${a}=${b}${subValue ?? ''}`.replace(/[ \t]+$/, '')}`;
          found.nested.set(subKey.toLowerCase(), { value: subValue ?? '', line: lines.length });
        }
      }
      keys.set(key.toLowerCase(), found);
    }
  }
  return { text: mark + lines.join(lineEnd), expected };
}

function readBack(config: AwsConfig): Printed {
  const found: Printed = new Map();
  for (const type of types) {
    for (const name of config.names(type)) {
      const keys = new Map();
      for (const [key, { value, origin, subProperties }] of config.section(type, name)
        ?.properties ?? []) {
        const nested = new Map();
        for (const [subKey, sub] of subProperties) {
          nested.set(subKey, {
            value: sub.value,
            line: sub.origin.kind === 'file' && sub.origin.line,
          });
        }
        keys.set(key, { value, line: origin.kind === 'file' && origin.line, nested });
      }
      found.set(`${type} ${name}`, keys);
    }
  }
  return found;
}

describe('any file', () => {
  test('that is printed is read back, each value with the line it was printed on', () => {
    fc.assert(
      fc.property(file, (contents) => {
        const { text, expected } = print(contents);
        expect(readBack(parse(text))).toEqual(expected);
      }),
      { numRuns: 1000 },
    );
  });

  const fragments = [
    '[',
    ']',
    '=',
    '#',
    ';',
    ' ',
    '\t',
    '\n',
    '\r',
    '\r\n',
    '"',
    '\\',
    '\u2028',
    '\0',
    '\uFEFF',
    'a',
    'true',
    '__proto__',
    'profile ',
    '[default]\n',
    '[profile a]\n',
    '[services a]\n',
    '[profile __proto__]\n',
    '__proto__ = x\n',
    'a.b[] = c\n',
    'k =\n',
    '  __proto__ = y\n',
    '  c\n',
  ];
  test.each([
    ['any text', fc.string({ unit: 'binary', maxLength: 200 })],
    ['any code units', fc.array(fc.nat(0xffff)).map((units) => String.fromCharCode(...units))],
    ['pieces of config files', fc.array(fc.constantFrom(...fragments)).map((all) => all.join(''))],
    [
      'what may follow a header',
      fc.array(fc.constantFrom(...fragments)).map((all) => `[profile a]\n${all.join('')}`),
    ],
  ])('of %s is read or refused with a line, and nothing else is touched', (_, texts) => {
    const before = Reflect.ownKeys(Object.prototype);
    fc.assert(
      fc.property(texts, fc.constantFrom('config', 'credentials'), (text, kind) => {
        try {
          readBack(parse(text, kind));
        } catch (error) {
          expect(error).toMatchObject({
            name: 'SsoCredError',
            code: 'InvalidConfig',
            message: expect.stringMatching(/^~\/\.aws\/config:\d+ /),
          });
        }
      }),
      { numRuns: 1000 },
    );
    expect(Reflect.ownKeys(Object.prototype)).toEqual(before);
  });
});
