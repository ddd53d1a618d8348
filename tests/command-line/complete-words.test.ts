import { expect, test } from '@jest/globals';
import { completeWords } from '../../src/command-line/complete-words.ts';
import { registry } from '../../src/command-line/registry.ts';

const names = {
  profile: ['dev', 'dev2', 'a:b'],
  'sso-session': ['corp'],
  'oidc-session': ['acme'],
};

/** What completes these words; section names come from the config file that the line names. */
function complete(words: readonly string[]) {
  let asked: string | undefined;
  const completion = completeWords(words, registry, (types, { configFile }) => {
    asked = configFile;
    return types.flatMap((type) => (type in names ? names[type as keyof typeof names] : []));
  });
  if (completion.kind !== 'words') return completion.kind;
  return { words: completion.words.map(({ word }) => word), configFile: asked };
}

function wordsOf(words: readonly string[]): readonly string[] {
  const completed = complete(words);
  if (typeof completed === 'string') throw new Error(completed);
  return completed.words;
}

test('the first word is one of the commands', () => {
  const named = registry.slice(1).filter(({ isInternal }) => isInternal !== true);
  const first = [...new Set(named.map(({ name }) => name.split(' ')[0]))];
  expect(wordsOf([''])).toEqual(first);
  expect(wordsOf(['logo'])).toEqual(['logout']);
  expect(wordsOf(['configure', ''])).toContain('oidc');
  expect(wordsOf(['configure', 'oi'])).toEqual(['oidc']);
  expect(wordsOf(['nonsense', ''])).toEqual([]);
});

test('the options are those of the command that are not there yet', () => {
  expect(wordsOf(['--start'])).toEqual(['--start-url']);
  expect(wordsOf(['exec', '--ro'])).toEqual(['--role-name', '--role-arn', '--role-session-name']);
  expect(wordsOf(['logout', '--a'])).toEqual(['--auth0-domain', '--audience', '--all']);
  expect(wordsOf(['token', '--profile', 'dev', '--prof'])).toEqual([]);
  expect(wordsOf(['token', '--profile=dev', '--prof'])).toEqual([]);
  expect(wordsOf(['token', '--explain', '--ex'])).toEqual([]);
  expect(wordsOf(['exec', '--profile', 'dev', ''])).toEqual(
    expect.arrayContaining(['--', '--role-name', '--help']),
  );
  expect(wordsOf(['token', '--profile', 'dev', ''])).not.toContain('--');
});

test.each<[readonly string[], readonly string[]]>([
  [
    ['exec', '--profile', ''],
    ['dev', 'dev2', 'a:b'],
  ],
  [
    ['exec', '--profile', 'dev'],
    ['dev', 'dev2'],
  ],
  [
    ['exec', '--profile=d'],
    ['--profile=dev', '--profile=dev2'],
  ],
  [['--profile', 'a:'], ['a:b']],
  [
    ['login', '--session', ''],
    ['corp', 'acme'],
  ],
  [['login', '--session=a'], ['--session=acme']],
  [['env', '--format', 'f'], ['fish']],
  [
    ['env', '--format='],
    [
      '--format=sh',
      '--format=fish',
      '--format=powershell',
      '--format=cmd',
      '--format=dotenv',
      '--format=json',
    ],
  ],
  [['--sign-in', 'n'], ['never']],
  [['configure', 'oidc', '--print-iam', 't'], ['terraform']],
  [['login', '--timeout', ''], []],
  [['login', '--start-url', ''], []],
  [['completion', ''], expect.arrayContaining(['bash', 'zsh', 'fish']) as unknown as string[]],
  [['completion', 'z'], ['zsh']],
  [['completion', 'zsh', 'f'], []],
])('%j can be %j', (words, expected) => {
  expect(wordsOf(words)).toEqual(expected);
});

test.each([
  [['exec', '--config-file', ''], 'files'],
  [['exec', '--credentials-file=/etc'], 'files'],
  [['login', '--cache-dir', 'x'], 'directories'],
  [['exec', '--', ''], 'command'],
  [['exec', '--profile', 'dev', '--', 'ls', '--'], 'command'],
] as const)('%j is left to the shell: %s', (words, kind) => {
  expect(complete(words)).toBe(kind);
});

test('names are those of the config file that the line names', () => {
  for (const flag of [['--config-file', '/x'], ['--config-file=/x']]) {
    expect(complete(['exec', ...flag, '--profile', 'd'])).toMatchObject({ configFile: '/x' });
  }
  expect(complete(['exec', '--profile', 'd'])).toMatchObject({ configFile: undefined });
});

test('odd names of options are no options', () => {
  for (const name of ['constructor', '__proto__', 'toString']) {
    expect(wordsOf(['exec', `--${name}=`])).toEqual([]);
    expect(Array.isArray(wordsOf(['exec', `--${name}`, '']))).toBe(true);
  }
});
