import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from '@jest/globals';
import { parseSync } from '@swc/core';
import { codeBlocks, readPage } from '../support/markdown.ts';

/** The pieces of text in the program, the longest first. */
const pieces = [...textsOf('src')]
  .flatMap((text) => text.split('\n'))
  .map((text) => text.trimEnd())
  .filter((text) => text.trim().length >= 3)
  .sort((a, b) => b.length - a.length);

/** What the examples name, and what services and systems say in them, which is no text of ours. */
const values = new Set(
  `AccessDenied Acme Developer Develper Exception Inspection InternalServerException Invalid
  InvalidIdentity OpenIDConnect The TypeError URL access acm acme awz back both corp crop denied deploy dev
  dve found later lgin mismatch provided provider the try your`.split(/\s+/),
);

/** The examples of a page: what a program prints, without the lines that a person types, and JSON. */
const examples = codeBlocks(readPage('docs/troubleshooting.md'))
  .filter(({ language }) => language === '')
  .flatMap(({ text }) => text.split('\n'))
  .filter((line) => line !== '' && !/^[${]/.test(line));

test.each(examples)('%s: is put together from texts of the program', (line) => {
  const isCovered = new Array<boolean>(line.length).fill(false);
  for (const piece of pieces) {
    for (let at = line.indexOf(piece); at !== -1; at = line.indexOf(piece, at + 1)) {
      isCovered.fill(true, at, at + piece.length);
    }
  }
  const rest = [...line].map((sign, at) => (isCovered[at] === true ? ' ' : sign)).join('');
  // Hosts, paths and keys are values.
  const words = rest.match(/(?<![\w./:…-])[A-Za-z]{3,}(?![\w/:…-]|\.\w)/g) ?? [];
  expect(words.filter((word) => !values.has(word))).toEqual([]);
});

test('there are examples', () => {
  expect(examples.length).toBeGreaterThan(70);
});

/** All string literals, and what stands between the values of templates. */
function textsOf(directory: string): ReadonlySet<string> {
  const texts = new Set<string>();
  const visit = (node: unknown): void => {
    if (typeof node !== 'object' || node === null) return;
    const { type, value, cooked } = node as Readonly<Record<string, unknown>>;
    if (type === 'StringLiteral') texts.add(String(value));
    if (type === 'TemplateElement') texts.add(String(cooked));
    for (const part of Object.values(node)) visit(part);
  };
  for (const file of readdirSync(directory, { recursive: true, encoding: 'utf8' })) {
    if (!file.endsWith('.ts')) continue;
    const source = readFileSync(join(directory, file), 'utf8');
    visit(parseSync(source, { syntax: 'typescript', target: 'es2022' }));
  }
  return texts;
}
