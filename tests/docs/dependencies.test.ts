import { readFileSync } from 'node:fs';
import { expect, test } from '@jest/globals';
import { markdownTables, readPage } from '../support/markdown.ts';

const page = readPage('docs/dependencies.md');
const { devDependencies } = JSON.parse(readFileSync('package.json', 'utf8')) as {
  devDependencies: Readonly<Record<string, string>>;
};

/** What the page says of each package's licence. */
const licences = new Map(
  markdownTables(page)
    .flatMap(({ rows }) => rows)
    .map(([name = '', licence = '']) => [name.replaceAll('`', ''), licence]),
);

test('each package that is built upon stands in docs/dependencies.md, and no other', () => {
  expect([...licences.keys()].sort()).toEqual(Object.keys(devDependencies).sort());
});

test.each(Object.keys(devDependencies))('%s has the licence that the page says', (name) => {
  const { license } = JSON.parse(readFileSync(`node_modules/${name}/package.json`, 'utf8')) as {
    license: string;
  };
  expect(license.replace(' OR ', ' or ')).toBe(licences.get(name));
});

test('what they bring along into the program has the licences that the page names', () => {
  const bundled = readFileSync('dist/THIRD-PARTY-LICENSES.txt', 'utf8');
  const found = new Set(
    [...bundled.matchAll(/^\S+ \d\S* \((.+)\)$/gm)].map(([, licence]) => licence),
  );
  const [, named = ''] = /What these bring along is under (.+?)\.\n/.exec(page) ?? [];
  expect([...found].sort()).toEqual(named.split(/, | or /).sort());
});
