import { readFileSync } from 'node:fs';
import { describe, expect, test } from '@jest/globals';
import {
  codeOf,
  describeError,
  type ErrorCode,
  exitStatuses,
  hasCode,
  isSsoCredError,
  SsoCredError,
} from '../../src/model/errors.ts';
import { markdownTables, readPage } from '../support/markdown.ts';

const codes = Object.keys(exitStatuses) as ErrorCode[];

describe.each(codes)('%s', (code) => {
  test('has an exit status of its own kind, which is never that of success', () => {
    // 126 and 127 are those of sh.
    expect([1, 2, 3, 4, 5, 6, 7, 8, 126, 127]).toContain(exitStatuses[code]);
  });

  test('has a heading in docs/troubleshooting.md', () => {
    const headings = readFileSync('docs/troubleshooting.md', 'utf8').split(/\r?\n/);
    expect(headings).toContain(`## ${code}`);
  });
});

test('docs/troubleshooting.md has each code in the row of its exit status', () => {
  const [table] = markdownTables(readPage('docs/troubleshooting.md'));
  const told = (table?.rows ?? []).flatMap(([status = '', , links = '']) =>
    [...links.matchAll(/\[(\w+)\]/g)].flatMap(([, code]) =>
      code === undefined ? [] : [[code, Number(status)] as const],
    ),
  );
  expect(Object.fromEntries(told)).toEqual(exitStatuses);
});

test('a bug alone has exit status 1', () => {
  expect(codes.filter((code) => exitStatuses[code] === 1)).toEqual(['InternalError']);
});

test('an error reads as a sentence, and then what to type', () => {
  const error = new SsoCredError('SignInNeeded', 'Not signed in', { remedy: 'aws sso login' });
  expect(describeError(error)).toBe('Not signed in. Run: aws sso login');
  expect(describeError(new SsoCredError('LockBusy', 'Busy'))).toBe('Busy.');
  expect(describeError(new SsoCredError('LockBusy', 'Busy?'))).toBe('Busy?');
});

test.each([
  null,
  undefined,
  'SsoCredError',
  {},
  { name: 'SsoCredError' },
  { code: 'LockBusy' },
  new Error(),
])('%p is none of our errors', (value) => {
  expect(isSsoCredError(value)).toBe(false);
});

test('a code is read from whatever was thrown', () => {
  const error = Object.assign(new Error('x'), { code: 'ENOENT' });
  expect(codeOf(error)).toBe('ENOENT');
  expect(hasCode(error, 'EACCES', 'ENOENT')).toBe(true);
  expect(hasCode(error, 'EACCES')).toBe(false);
  for (const value of [null, undefined, 7, 'ENOENT', { code: 7 }, {}]) {
    expect(codeOf(value)).toBeUndefined();
    expect(hasCode(value, 'ENOENT')).toBe(false);
  }
});

test.each([-122, -69])('a used up quota, which has no name in libuv, is known by %d', (errno) => {
  expect(codeOf({ code: `Unknown system error ${errno}`, errno })).toBe('EDQUOT');
});
