import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { findDialectTraps } from '../../src/config/find-dialect-traps.ts';
import { type DialectTrapId, dialectBehaviours } from '../../src/model/dialect-behaviour.ts';
import { dialectCases } from '../support/dialect-cases.ts';

const ids = Object.keys(dialectBehaviours) as readonly DialectTrapId[];

/** parseAwsConfig tells of these. */
const malformed: readonly DialectTrapId[] = ['malformed-line', 'indented-first-key'];

describe.each(ids.filter((id) => !malformed.includes(id)))('%s', (id) => {
  test('is found, and nothing else', () => {
    const { config, credentials, line } = dialectCases[id];
    const kind = credentials === undefined ? 'config' : 'credentials';
    const found = findDialectTraps(credentials ?? config, kind);
    expect(found.map((trap) => [trap.id, trap.line])).toEqual([[id, line]]);
  });
});

test.each([
  ['a plain config', '[profile a]\ncredential_process = x\n\n[sso-session b]\nsso_region = c\n'],
  ['line ends of Windows', '[profile a]\r\ncredential_process = x\r\n'],
  ['nested keys', '[services a]\nsso =\n  endpoint_url = b # c\n[profile b]\ns3 =\n  x = 1\n'],
  ['a sign in a value that begins no comment', '[profile a]\nsso_start_url = https://x/start#/\n'],
  ['comments on lines of their own', '# a\n[profile a]\n; b\n  # c\nsso_region = d\n  # e\n'],
  [
    'sections of others',
    '[plugins]\ncli = x\n[preview]\ncloudfront = true\n[default]\nregion = x\n',
  ],
  ['a header with a comment', '[profile a] # b\ncredential_process = x\n'],
])('%s is read alike by all', (_name, text) => {
  expect(findDialectTraps(text, 'config')).toEqual([]);
});

test('what concerns one section alone is told of those that are for us', () => {
  const lines = 'Region = x # y\n  z\n';
  expect(findDialectTraps(`[profile a]\n${lines}`, 'config')).toEqual([]);
  const found = findDialectTraps(`[profile a]\n${lines}sso_cred_session = b\n`, 'config');
  expect(found.map(({ id, subject }) => [id, subject])).toEqual([
    ['key-not-lower-case', 'Region'],
    ['comment-behind-value', 'Region'],
    ['continued-value', 'region'],
  ]);
});

test('what goes on below a key is not told: it may be the rest of a secret', () => {
  const text = '[oidc-session a]\nclient_secret = abc\n  def\n  ghi+=jkl\n';
  const told = findDialectTraps(text, 'config').map(({ line, subject }) => [line, subject]);
  expect(told).toEqual([
    [3, 'What stands below client_secret'],
    [4, 'ghi+'],
  ]);
});

test('of a section or key that is there twice both places are told', () => {
  const text = '[a]\nb = 1\n[c]\n[a]\nB = 2\n';
  expect(findDialectTraps(text, 'credentials')).toEqual([
    { id: 'duplicate-section', line: 4, subject: '[a]', firstLine: 1 },
    { id: 'duplicate-key', line: 5, subject: 'B', firstLine: 2 },
  ]);
});

test('any text can be looked at, and is told of by lines that it has', () => {
  const piece = fc.constantFrom(
    '[',
    ']',
    'profile ',
    'a',
    '=',
    '\n',
    ' ',
    '#',
    '\uFEFF',
    '"',
    '\t',
  );
  fc.assert(
    fc.property(fc.array(piece, { maxLength: 40 }), (pieces) => {
      const text = pieces.join('');
      for (const { line } of findDialectTraps(text, 'config')) {
        expect(line).toBeLessThanOrEqual(text.split('\n').length);
      }
    }),
  );
});
