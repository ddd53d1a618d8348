import { existsSync } from 'node:fs';
import { posix } from 'node:path';
import { describe, expect, test } from '@jest/globals';
import { anchorsOf, pages, proseOf, readPage } from '../support/markdown.ts';

/** The targets of a page's links that lead to files of ours. */
function localLinks(page: string): readonly string[] {
  return [...proseOf(readPage(page)).matchAll(/\]\(([^)\s]+)\)/g)]
    .flatMap(([, target]) => target ?? [])
    .filter((target) => !/^[a-z]+:/.test(target));
}

describe.each(pages)('%s', (page) => {
  test('each link leads to a file that is there, and to a heading of it', () => {
    const broken = localLinks(page).filter((link) => {
      const [path = '', anchor] = link.split('#');
      const target = path === '' ? page : posix.join(posix.dirname(page), path);
      if (!existsSync(target)) return true;
      return anchor !== undefined && !anchorsOf(readPage(target)).includes(anchor);
    });
    expect(broken).toEqual([]);
  });

  test('no two headings are linked to by one name', () => {
    const anchors = anchorsOf(readPage(page)).map((anchor) => anchor.replace(/-\d+$/, ''));
    // A changelog has its kinds of changes once for each version.
    if (page !== 'CHANGELOG.md') expect(anchors).toEqual([...new Set(anchors)]);
  });
});

test('each page of docs can be reached from the README', () => {
  const reached = new Set(['README.md']);
  for (const page of reached) {
    for (const link of localLinks(page)) {
      const target = posix.join(posix.dirname(page), link.replace(/#.*/, ''));
      if (target.endsWith('.md')) reached.add(target);
    }
  }
  expect(pages.filter((page) => !reached.has(page))).toEqual([]);
});
