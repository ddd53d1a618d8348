import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { commonOptions } from '../../src/command-line/common-options.ts';
import { type Command, defineCommand } from '../../src/command-line/define-command.ts';
import { explain, places, seconds, text } from '../../src/command-line/flags.ts';
import { parseCommandLine } from '../../src/command-line/parse.ts';
import { registry } from '../../src/command-line/registry.ts';

interface Understood {
  readonly profile?: string | undefined;
  readonly operands: readonly string[];
  readonly rest: readonly string[];
}

/** A command that gives its exit status, and keeps what it understood. */
function command(name: string, more: Pick<Command, 'operands' | 'takesRest'> = {}): Command {
  return defineCommand<Understood>({
    name,
    description: '',
    usage: '',
    flags: { profile: text(''), explain, timeout: seconds('', 30), ...places },
    ...more,
    understand: (given) => ({
      ...commonOptions(given),
      operands: given.operands,
      rest: given.rest,
    }),
    run: async () => 0,
  });
}

const commands = [
  command('unnamed'),
  command('configure'),
  command('configure sso'),
  command('exec', { takesRest: true }),
  command('completion', { operands: ['shell'] }),
] as const;

/** What a line is understood to be, in short. */
async function understand(argv: readonly string[]) {
  const line = await parseCommandLine(argv, commands);
  if (line.kind === 'text') throw new Error(`this shows a text: ${line.text}`);
  const { profile, operands, rest } = line.options as unknown as Understood;
  return { name: line.name, profile, operands, rest };
}

const nothing = { profile: undefined, operands: [], rest: [] };

test.each([
  { argv: [], expected: { ...nothing, name: 'unnamed' } },
  { argv: ['configure'], expected: { ...nothing, name: 'configure' } },
  { argv: ['configure', 'sso'], expected: { ...nothing, name: 'configure sso' } },
  {
    argv: ['configure', '--profile', 'sso'],
    expected: { ...nothing, name: 'configure', profile: 'sso' },
  },
  { argv: ['completion'], expected: { ...nothing, name: 'completion' } },
  { argv: ['completion', 'zsh'], expected: { ...nothing, name: 'completion', operands: ['zsh'] } },
  {
    argv: ['completion', '--profile', 'a', '007'],
    expected: { ...nothing, name: 'completion', profile: 'a', operands: ['007'] },
  },
  { argv: ['exec', '--profile', 'a', '--'], expected: { ...nothing, name: 'exec', profile: 'a' } },
])('$argv is understood, with the words that belong to it', async ({ argv, expected }) => {
  expect(await understand(argv)).toEqual(expected);
});

test.each([
  { argv: ['configure', 'oidc'], message: 'Unknown option: oidc' },
  { argv: ['completion', 'zsh', 'fish'], message: 'Unknown option: fish' },
  { argv: ['completion', '-zsh'], message: 'Unknown option: zsh' },
  { argv: ['completion', '--shell', 'zsh'], message: 'Unknown option: shell' },
  { argv: ['completion', '--', 'zsh', 'fish'], message: 'Unknown option: fish' },
  { argv: ['exec', 'ls', '--', 'ls'], message: 'Unknown option: ls' },
  { argv: ['exec', '--profile', '--', 'ls'], message: '--profile needs a value' },
])('$argv is refused: $message', async ({ argv, message }) => {
  await expect(understand(argv)).rejects.toMatchObject({ code: 'InvalidUsage', message });
});

test('what follows the -- of a command that takes it is handed over untouched', async () => {
  const word = fc.oneof(
    fc.string(),
    fc.constantFrom('--', '-', '', '-x', '--help', '--version', '--profile', '--profile=b', 'exec'),
  );
  await fc.assert(
    fc.asyncProperty(fc.array(word), async (rest) => {
      const expected = { name: 'exec', profile: 'a', operands: [], rest };
      expect(await understand(['exec', '--profile', 'a', '--', ...rest])).toEqual(expected);
    }),
  );
});

test('every command takes what is promised of all, and shows its usage', async () => {
  const [unnamed, ...named] = registry;
  for (const { name, flags, usage } of registry) {
    expect({ name, flags: Object.keys(flags) }).toEqual({
      name,
      flags: expect.arrayContaining(['explain', 'timeout', ...Object.keys(places)]),
    });
    const words = name === unnamed.name ? [] : name.split(' ');
    const shown = await parseCommandLine([...words, '--help']);
    const start = usage.split('\n')[0]?.replaceAll('$0', 'sso-cred');
    expect(shown).toMatchObject({ kind: 'text', text: expect.stringContaining(String(start)) });
  }
  const list = await parseCommandLine(['--help']);
  for (const { name, isInternal } of named) {
    const line = new RegExp(`^ +sso-cred ${name} {2,}\\S`, 'm');
    const isListed = expect.stringMatching(line);
    const expected = isInternal === true ? expect.not.stringMatching(line) : isListed;
    expect(list).toMatchObject({ text: expected });
  }
});
