import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { inspectConfig } from '../../src/config/inspect-config.ts';
import { loadConfig } from '../../src/config/load-config.ts';
import { freshDirectory } from '../support/fresh-directory.ts';

/** Writes a config file, and says where it is. */
function locationOf(text: string) {
  const configFile = join(freshDirectory(), 'config');
  writeFileSync(configFile, text);
  return { configFile, credentialsFile: undefined, home: undefined };
}

test('what is well formed is read as if nothing else were there', () => {
  const lines = [
    'x',
    '[profile a]',
    ' y = 1',
    'b = 2',
    'c: 3',
    '[profile d',
    'e = 4',
    '[profile f]',
  ];
  const { config, files } = inspectConfig(locationOf([...lines, 'g =', '  h', 'i = 5'].join('\n')));
  expect(config.names('profile')).toEqual(['a', 'f']);
  const keysOf = (name: string) => [...(config.profile(name)?.properties.keys() ?? [])];
  expect(keysOf('a')).toEqual(['b']);
  expect(keysOf('f')).toEqual(['g', 'i']);
  expect(files[0]?.malformed.map(({ line }) => line)).toEqual([1, 3, 5, 6, 10]);
});

test('of a well-formed text it says what loadConfig says, and of another where that stops', () => {
  const piece = fc.constantFrom(
    '[profile a]',
    '[b]',
    'c = 1',
    'd =',
    '  e = 2',
    '  f',
    'g',
    '',
    '# h',
  );
  fc.assert(
    fc.property(fc.array(piece, { maxLength: 12 }), (pieces) => {
      const location = locationOf(pieces.join('\n'));
      const { config, files } = inspectConfig(location);
      const first = files[0]?.malformed[0];
      if (first === undefined) {
        const loaded = loadConfig(location);
        expect(config.profile('a')).toEqual(loaded.profile('a'));
        expect(config.names('profile')).toEqual(loaded.names('profile'));
      } else {
        const said = `${location.configFile}:${first.line} ${first.problem}`;
        expect(() => loadConfig(location)).toThrow(said);
      }
    }),
  );
});

test('a file that cannot be read, or is not there, is no obstacle', () => {
  const home = freshDirectory();
  const configFile = join(home, 'config');
  mkdirSync(configFile);
  const { files } = inspectConfig({ configFile, credentialsFile: join(home, 'none'), home });
  expect(files[0]?.unreadable).toMatch(/^~\/config cannot be read: it is a directory \(EISDIR\)$/);
  expect(files[1]).toMatchObject({ text: '', malformed: [] });
});
