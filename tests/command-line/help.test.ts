import { readdirSync } from 'node:fs';
import { describe, expect, test } from '@jest/globals';
import { parseCommandLine } from '../../src/command-line/parse.ts';
import { registry } from '../../src/command-line/registry.ts';
import { expectGolden } from '../support/golden.ts';

const commands = registry.filter(({ isInternal }) => isInternal !== true);
const [unnamed] = registry;

/** Where the text of a command's --help is kept. */
function fileOf(name: string): string {
  return `help/${name === unnamed.name ? 'sso-cred' : name.replace(' ', '-')}.txt`;
}

describe.each(commands)('$name', ({ name, usage }) => {
  test('--help is what it was; UPDATE_GOLDEN=1 takes what it has become', async () => {
    const words = name === unnamed.name ? [] : name.split(' ');
    const shown = await parseCommandLine([...words, '--help']);
    if (shown.kind !== 'text') throw new Error('no text');
    expectGolden(fileOf(name), `${shown.text}\n`);
  });

  test('it says what the command does, shows two examples of it, and fits a page', () => {
    const lines = usage.split('\n');
    const word = name === unnamed.name ? '--' : `${name}\\b`;
    const examples = lines.filter((line) => new RegExp(`^ {2,}.*\\$0 ${word}`).test(line));
    expect(examples.length).toBeGreaterThanOrEqual(2);
    // "$0" is shown as six signs more.
    expect(lines.filter((line) => line.replaceAll('$0', 'sso-cred').length > 100)).toEqual([]);
    expect(usage).toMatch(/\n\n[A-Z][^.]+\./);
  });
});

test('no text is kept of a command that is gone', () => {
  const kept = readdirSync('tests/golden/help').map((file) => `help/${file}`);
  expect(kept.sort()).toEqual(commands.map(({ name }) => fileOf(name)).sort());
});
