import { spawnSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from '@jest/globals';
import { type ReleaseState, releaseProblems } from '../../scripts/release-problems.ts';
import { writeChecksums } from '../../scripts/write-checksums.ts';
import { freshDirectory } from '../support/fresh-directory.ts';

const changelog = `# Changelog

## Unreleased

## 1.2.0 - 2026-11-20

### Added

- A thing.

## 1.1.0 - 2026-10-01

- Another.
`;

const ready: ReleaseState = {
  version: '1.2.0',
  changelog,
  gitStatus: '',
  tags: ['v1.1.0', 'v1.0.0'],
  tagsOfCommit: [],
  today: '2026-11-21',
};

test('a clean tree whose version the changelog has can be published', () => {
  expect(releaseProblems(ready)).toEqual([]);
  const tagged = { ...ready, tags: [...ready.tags, 'v1.2.0'], tagsOfCommit: ['v1.2.0'] };
  expect(releaseProblems(tagged)).toEqual([]);
});

test.each<[string, Partial<ReleaseState>, RegExp]>([
  ['a tree with changes', { gitStatus: ' M src/main.ts\n' }, /changes/],
  ['a version that is tagged elsewhere', { version: '1.2.0', tags: ['v1.2.0'] }, /another commit/],
  [
    'a version that the changelog lacks',
    { version: '1.3.0' },
    /no heading "## 1.3.0 - 2026-11-21"/,
  ],
  ['an older version of the changelog', { version: '1.1.0', tags: [] }, /no heading/],
  ['a date that is yet to come', { today: '2026-11-19' }, /future/],
  [
    'entries that wait',
    { changelog: changelog.replace('## Unreleased\n', '## Unreleased\n\n- One more.\n') },
    /Unreleased/,
  ],
  [
    'a version of which nothing is said',
    { changelog: changelog.replace('- A thing.', '') },
    /nothing of/,
  ],
  [
    'what is no version',
    { version: '1.2', changelog: '## 1.2 - 2026-11-20\n\n- A thing.' },
    /no version/,
  ],
])('%s cannot', (_what, state, expected) => {
  expect(releaseProblems({ ...ready, ...state })).toEqual([expect.stringMatching(expected)]);
});

const hasSha256sum = spawnSync('sha256sum', ['--version']).status === 0;
if (!hasSha256sum) process.stderr.write('SKIPPED: no sha256sum, checksums are not read by it\n');

(hasSha256sum ? test : test.skip)('sha256sum finds the archives good, until one is changed', () => {
  const directory = freshDirectory();
  const archives = ['a.tgz', 'b.tgz'].map((file) => join(directory, file));
  for (const archive of archives) writeFileSync(archive, archive);
  const sums = writeChecksums(directory, archives);
  const check = () => spawnSync('sha256sum', ['--check', sums], { cwd: directory }).status;
  expect(check()).toBe(0);
  writeFileSync(archives[1] ?? '', 'changed');
  expect(check()).toBe(1);
});
