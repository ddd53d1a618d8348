import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { shellWords } from '../../src/model/shell-line.ts';
import { quoted } from '../../src/model/shell-word.ts';

test.each([
  ['', ['']],
  ['sso-cred', ['sso-cred']],
  ['sso-cred ', ['sso-cred', '']],
  ['  sso-cred\texec  --', ['sso-cred', 'exec', '--']],
  ["sso-cred --profile 'a b", ['sso-cred', '--profile', 'a b']],
  ['sso-cred --profile "a b" ', ['sso-cred', '--profile', 'a b', '']],
  ["a''", ['a']],
  ["'' ", ['', '']],
  ['a\\ b', ['a b']],
  ['"a\\"b"', ['a"b']],
  ["'a\\b'", ['a\\b']],
  ['a\\', ['a']],
])('%j is %j', (line, words) => {
  expect(shellWords(line)).toEqual(words);
});

test('what is quoted for a shell is read as it was', () => {
  fc.assert(
    fc.property(fc.array(fc.string({ minLength: 1 }), { minLength: 1 }), (words) => {
      expect(shellWords(words.map(quoted).join(' '))).toEqual(words);
    }),
  );
});
