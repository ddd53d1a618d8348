import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import {
  ownCommand,
  profileOfCommand,
  readCredentialCommand,
} from '../../src/config/credential-command.ts';

const read = (value: string, platform: NodeJS.Platform = 'linux') =>
  readCredentialCommand(value, platform);

test.each([
  ['sso-cred --profile dev', ['sso-cred', '--profile', 'dev']],
  ['"/a b/sso-cred" --profile=dev', ['/a b/sso-cred', '--profile=dev']],
  ["  sso-cred\t--profile 'my dev' ", ['sso-cred', '--profile', 'my dev']],
  ['sso-cred --profile ""', ['sso-cred', '--profile', '']],
  ['/a\\ b/sso-cred -x', ['/a b/sso-cred', '-x']],
])('%s has the words %j', (value, words) => {
  expect(read(value)).toMatchObject({ words, shellSyntax: undefined, isOpen: false });
});

test('a backslash is a part of a path on Windows', () => {
  expect(read('C:\\bin\\sso-cred.exe --profile dev', 'win32').words[0]).toBe(
    'C:\\bin\\sso-cred.exe',
  );
});

test.each([
  ['~/bin/sso-cred --profile dev', '~'],
  ['sso-cred --profile $WHO', '$'],
  ['sso-cred --profile "$WHO"', '$'],
  ['sso-cred --profile dev | cat', '|'],
  ['sso-cred --profile dev 2>/dev/null', '>'],
  ['cd /x && sso-cred --profile dev', '&'],
  ['AWS_REGION=x sso-cred --profile dev', 'AWS_REGION='],
])('%s needs a shell for %s', (value, syntax) => {
  expect(read(value).shellSyntax).toBe(syntax);
});

test('what is within single quotes needs none', () => {
  expect(read("sso-cred --profile 'a$b|c'")).toMatchObject({
    shellSyntax: undefined,
    hasSingleQuotes: true,
  });
});

test.each([
  [['sso-cred', '-x'], { program: 'sso-cred', runner: undefined, args: ['-x'] }],
  [['/opt/sso-cred'], { program: '/opt/sso-cred', runner: undefined, args: [] }],
  [['C:\\x\\sso-cred.CMD'], { program: 'C:\\x\\sso-cred.CMD', runner: undefined, args: [] }],
  [['npx', 'sso-cred', '-x'], { program: 'sso-cred', runner: 'npx', args: ['-x'] }],
  [['node', '/x/dist/main.js'], { program: '/x/dist/main.js', runner: 'node', args: [] }],
  [['my-sso-cred'], undefined],
  [['aws-vault', 'export', 'sso-cred-test'], undefined],
  [[], undefined],
])('%j runs us: %j', (words, expected) => {
  expect(ownCommand(words)).toEqual(expected);
});

test('the profile is what stands behind its option', () => {
  expect(profileOfCommand(['--refresh', '--profile', 'a'])).toBe('a');
  expect(profileOfCommand(['--profile=a=b'])).toBe('a=b');
  expect(profileOfCommand(['--profile'])).toBeUndefined();
  expect(profileOfCommand(['--profiles', 'a'])).toBeUndefined();
});

test('plain words in double quotes are read back as they were', () => {
  const word = fc.stringMatching(/^[A-Za-z0-9_./:@+=, %-]*$/);
  fc.assert(
    fc.property(fc.array(word, { minLength: 1 }), (words) => {
      const value = words.map((each) => `"${each}"`).join(' ');
      expect(read(value).words).toEqual(words);
    }),
  );
});
