import {
  appendFileSync,
  chmodSync,
  renameSync,
  symlinkSync,
  unlinkSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { expect, test } from '@jest/globals';
import { fileStamp } from '../../src/store/file-stamp.ts';
import { freshDirectory } from '../support/fresh-directory.ts';

test.each<[string, (path: string) => void]>([
  ['is written anew with the same text', (path) => writeFileSync(path, 'text')],
  ['is longer', (path) => appendFileSync(path, '!')],
  [
    'is replaced by another of the same text and times',
    (path) => {
      writeFileSync(`${path}.new`, 'text');
      utimesSync(`${path}.new`, 1_000, 1_000);
      renameSync(`${path}.new`, path);
    },
  ],
  ['has other permissions', (path) => chmodSync(path, 0o640)],
  [
    'is changed and set back to its old time',
    (path) => {
      writeFileSync(path, 'tExt');
      utimesSync(path, 1_000, 1_000);
    },
  ],
  ['is gone', (path) => unlinkSync(path)],
])('a file has another stamp when it %s', (_what, change) => {
  const path = join(freshDirectory(), 'file');
  writeFileSync(path, 'text');
  utimesSync(path, 1_000, 1_000);
  const before = fileStamp(path);
  expect(fileStamp(path)).toBe(before);
  change(path);
  expect(fileStamp(path)).not.toBe(before);
});

test('a link has the stamp of what it leads to', () => {
  const path = join(freshDirectory(), 'file');
  writeFileSync(path, 'text');
  symlinkSync(path, `${path}.link`);
  expect(fileStamp(`${path}.link`)).toBe(fileStamp(path));
});

test.each(['/dev/null/.aws/config', '/nowhere/config'])('%s is absent', (path) => {
  expect(fileStamp(path)).toBe('absent');
});

test('what cannot be looked at is not absent: the file may be there', () => {
  expect(fileStamp(`/${'x'.repeat(300)}`)).not.toBe('absent');
});
