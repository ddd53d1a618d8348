import { readFileSync } from 'node:fs';
import { describe, expect, test } from '@jest/globals';
import { parseCommandLine } from '../../src/command-line/parse.ts';
import { codeBlocks, pages, proseOf, readPage } from '../support/markdown.ts';

/** Whether a line shows what may be said, and not what is said. */
function isSynopsis(line: string): boolean {
  return /[[\]…]|\bNAME\b|\bCOMMAND\b|\bPROFILE\b|--[a-z-]+ [A-Z]+\b|\w\|\w/.test(line);
}

/** Where the command ends for a shell: its operators, and a comment. */
const operator = /^(?:[|&;<>]|\d?>|\)|#)/;

/** The words after each `sso-cred` of a line that a shell would run, or that stands behind a key. */
function commandLinesOf(line: string): readonly (readonly string[])[] {
  const found: string[][] = [];
  // Where a command stands, and not an argument of another.
  for (const { 0: before, index } of line.matchAll(
    /(?:^|[|&;(=$"'!:]|--|\b(?:do|then|sudo|time|RUN))\s*(?:[\w./~-]*\/)?sso-cred(?=\s|$|\))/g,
  )) {
    found.push([...wordsOf(line.slice(index + before.length))]);
  }
  return found;
}

function* wordsOf(text: string): Generator<string> {
  let rest = text.trimStart();
  while (rest !== '' && !operator.test(rest)) {
    const word = /^(?:"[^"]*"|'[^']*'|[^\s"')|;])+/.exec(rest)?.[0];
    if (word === undefined) return;
    yield word.replaceAll(/"([^"]*)"|'([^']*)'/g, '$1$2');
    rest = rest.slice(word.length).trimStart();
  }
}

/** What a page tells its readers to type, in blocks and in the text. */
function commandLines(page: string): readonly (readonly string[])[] {
  const text = readPage(page);
  const typed = codeBlocks(text).flatMap(({ language, text }) => {
    const lines = text.replaceAll(/\\\n */g, '').split('\n');
    // The examples of a --help.
    if (language === 'text') return lines.filter((line) => /^ {2}sso-cred(?: \S+)*$/.test(line));
    // Without a language a block shows what a program prints, and what was typed after a `$`.
    if (language !== '') return lines.filter((line) => !line.startsWith('#'));
    return lines.flatMap((line) => /^\$ (.+)/.exec(line)?.[1] ?? /Run: (.+)/.exec(line)?.[1] ?? []);
  });
  const mentioned = proseOf(text)
    .split(/\n\n|\n(?=[|-])/)
    .flatMap((part) => [...part.matchAll(/`([^`]+)`/g)])
    .map(([, code = '']) => code.replaceAll('\n', ' ').replaceAll('\\|', '|'));
  return [
    ...typed.filter((line) => !isSynopsis(line)).flatMap(commandLinesOf),
    ...mentioned
      .filter((line) => !isSynopsis(line))
      .flatMap(commandLinesOf)
      // A command is mentioned by its name, too, and the program by its.
      .filter((words) => words.length > 0)
      .map((words) => (words.some((word) => word.startsWith('-')) ? words : [...words, '--help'])),
  ];
}

describe.each(pages)('%s', (page) => {
  test('each command line of sso-cred in it is one', async () => {
    const wrong: string[] = [];
    for (const words of commandLines(page)) {
      try {
        await parseCommandLine(words);
      } catch (error) {
        wrong.push(`sso-cred ${words.join(' ')}: ${String(error)}`);
      }
    }
    expect(wrong).toEqual([]);
  });

  test('each npm script that it names is there', () => {
    const { scripts } = JSON.parse(readFileSync('package.json', 'utf8')) as { scripts: object };
    const named = [...readPage(page).matchAll(/\bnpm run ([a-z:]+)/g)].map(([, name = '']) => name);
    expect(named.filter((name) => !Object.hasOwn(scripts, name))).toEqual([]);
  });
});

test('command lines are found in the pages', () => {
  const all = pages.flatMap(commandLines).map((words) => words.join(' '));
  expect(all).toContain('--profile dev');
  expect(all).toContain('exec --profile dev -- terraform plan');
  expect(all.length).toBeGreaterThan(100);
});
