import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import type { UnderstoodCommand } from '../../src/command-line/define-command.ts';
import {
  type CommandLine,
  parseCommandLine,
  parseWithYargs,
} from '../../src/command-line/parse.ts';
import { usualProfile } from '../../src/model/usual-profile.ts';

const strangeValue = fc.constantFrom(
  '',
  '-',
  '--',
  '-x',
  '--profile',
  '--profile=b',
  '--help',
  '--version',
  '--explain',
  'help',
  'version',
  'login',
  'status',
  'true',
  'false',
  'null',
  'undefined',
  'NaN',
  '0',
  '007',
  '1e3',
  '0x10',
  '-1',
  '1.0',
  '9007199254740993',
  '__proto__',
  'constructor',
  'prototype.x',
  'a.b.c',
  'a=b',
  '=',
  '==a',
  'a b',
  ' a',
  'a ',
  '"a"',
  "'a'",
  '"a',
  "a'",
  '`a`',
  '$HOME',
  '%PATH%',
  '@file',
  'a,b',
  '[a]',
  '{a}',
  'a\\b',
  'a\tb',
  'a\nb',
  '\u0000',
  'é',
  'é',
  '東京',
  '\u{1f600}',
  '\ud800',
  'a/b:c@d+e%f-g_h.i',
  '/',
  ':',
  '+',
  '@',
  '%',
  '.',
  '..',
);
const value = fc.oneof(
  { weight: 3, arbitrary: strangeValue },
  { weight: 2, arbitrary: fc.stringMatching(/^[A-Za-z0-9_.@+%:/-]{1,12}$/) },
  { weight: 1, arbitrary: fc.string({ maxLength: 8 }) },
  { weight: 1, arbitrary: fc.string({ unit: 'binary', maxLength: 8 }) },
);
const option = fc.constantFrom('--profile', '-profile', '--Profile', '--pro', '--no-profile', '-p');
const word = fc.oneof(
  value,
  option,
  fc.tuple(option, value).map(([name, text]) => `${name}=${text}`),
);
const commandLine = fc.oneof(
  { weight: 4, arbitrary: value.map((text) => ['--profile', text]) },
  { weight: 4, arbitrary: value.map((text) => [`--profile=${text}`]) },
  { weight: 2, arbitrary: fc.tuple(option, value).map((words) => [...words]) },
  { weight: 2, arbitrary: fc.array(word, { maxLength: 4 }) },
);

function expectCommand(line: CommandLine): UnderstoodCommand {
  if (line.kind !== 'command') throw new Error('this prints credentials');
  return line;
}

test('where the short way sees a profile, yargs sees that profile and nothing else', async () => {
  const { options: plain } = expectCommand(await parseWithYargs(['--profile', 'plain']));
  let count = 0;
  await fc.assert(
    fc.asyncProperty(commandLine, async (argv) => {
      const profile = usualProfile(argv);
      if (profile === undefined) return;
      count += 1;
      // Where nothing is cached yargs is left out, too.
      for (const parse of [parseWithYargs, parseCommandLine]) {
        const { name, options } = expectCommand(await parse(argv));
        expect({ name, options }).toStrictEqual({
          name: 'credentials',
          options: { ...plain, profile },
        });
      }
    }),
    { numRuns: 1_200 },
  );
  expect(count).toBeGreaterThan(240);
});

test.each(['dev', 'my.dev', 'a/b', 'Admin-111122223333', '007', 'true', 'a@b', 'x:y', '%41'])(
  'the profile %s takes the short way',
  (name) => {
    expect(usualProfile(['--profile', name])).toBe(name);
    expect(usualProfile([`--profile=${name}`])).toBe(name);
  },
);

test.each([
  [[]],
  [['--profile']],
  [['--profile=']],
  [['--profile', '']],
  [['dev']],
  [['--profile', 'dev', '--explain']],
  [['--profile=dev', '--refresh']],
  [['--explain', '--profile', 'dev']],
  [['--profile', 'a', '--profile', 'b']],
  [['--profile=a', 'b']],
  [['--', '--profile', 'a']],
  [['--profile', '--', 'a']],
  [['--profile', '-a']],
  [['--profile=-a']],
  [['login', '--profile', 'a']],
])('the command line %j takes the long way', (argv) => {
  expect(usualProfile(argv)).toBeUndefined();
});
