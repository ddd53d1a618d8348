import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import {
  decodeProfileIndex,
  encodeProfileIndex,
  profileIndexFileName,
} from '../../src/model/profile-index.ts';

/** What an SDK takes for the name of a profile. */
const nameCharacter = fc.constantFrom(
  ...'abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-/.%@:+',
);
const profileName = fc.oneof(
  fc.string({ unit: nameCharacter, minLength: 1, maxLength: 64 }),
  fc
    .tuple(
      fc.constantFrom('con', 'PRN', 'aux', 'Nul', 'com1', 'LPT9', '..', '.', '%2F', '%2f'),
      fc.string({ unit: nameCharacter, maxLength: 10 }),
    )
    .map((parts) => parts.join('')),
);
const anyName = fc.oneof(profileName, fc.string({ unit: 'binary', minLength: 1, maxLength: 70 }));

describe('the file name of a profile', () => {
  test('tells profiles apart', () => {
    fc.assert(
      fc.property(anyName, (name) => {
        const file = profileIndexFileName(name);
        if (file === undefined) return;
        expect(decodeURIComponent(file.slice(0, -'.json'.length))).toBe(name);
      }),
    );
    fc.assert(
      fc.property(anyName, anyName, (one, other) => {
        fc.pre(one !== other);
        const file = profileIndexFileName(one);
        if (file !== undefined) expect(profileIndexFileName(other)).not.toBe(file);
      }),
    );
  });

  test('stays in its folder and is one that every file system takes', () => {
    fc.assert(
      fc.property(anyName, (name) => {
        const file = profileIndexFileName(name);
        if (file === undefined) return;
        expect(file).toMatch(/^[\w!'().~%-]+\.json$/);
        expect(file.length).toBeLessThanOrEqual(255);
        // https://learn.microsoft.com/en-us/windows/win32/fileio/naming-a-file: with any ending too.
        expect(file).not.toMatch(/^(con|prn|aux|nul|com\d|lpt\d)\./i);
      }),
    );
  });

  test.each(['con', 'Aux', 'NUL', 'com1', 'lpt9', 'aux.dev', 'con.json', '\ud800', 'x'.repeat(65)])(
    'does not exist for %p',
    (name) => {
      expect(profileIndexFileName(name)).toBeUndefined();
    },
  );

  test.each([
    ['dev', 'dev.json'],
    ['a/b', 'a%2Fb.json'],
    ['..', '...json'],
    ['console', 'console.json'],
    ['my.con', 'my.con.json'],
  ])('of %s is %s', (name, file) => {
    expect(profileIndexFileName(name)).toBe(file);
  });
});

test.each([
  '../tokens/a.json',
  '/etc/passwd',
  'a.json',
  `${'A'.repeat(64)}.json`,
  '',
  `${'a'.repeat(64)}.json\n`,
])('an index that leads to %j is none', (roleFile) => {
  const file = { path: '/c', stamp: 's' };
  const index = {
    profile: 'dev',
    writtenBy: '1',
    configFile: file,
    credentialsFile: file,
    renewAhead: true,
  };
  const good = { ...index, roleFile: `${'a'.repeat(64)}.json` };
  expect(decodeProfileIndex(encodeProfileIndex(good))).toEqual(good);
  expect(decodeProfileIndex(encodeProfileIndex({ ...index, roleFile }))).toBeUndefined();
});
