import {
  chmodSync,
  existsSync,
  linkSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { dirname, join } from 'node:path';
import { describe, expect, test } from '@jest/globals';
import { parseJsonObject } from '../../src/model/json.ts';
import { openStore } from '../../src/store/store.ts';
import { temporaryPrefix } from '../../src/store/write-file.ts';
import { fakeWorld } from '../support/fake-world.ts';
import { freshDirectory } from '../support/fresh-directory.ts';
import { testWithMounts, withDisk } from '../support/mount.ts';

/** Reads version 1 only, as the decoders of the program do. */
const decode = (text: string) => {
  const record = parseJsonObject(text);
  return record?.['version'] === 1 ? record : undefined;
};
const record = { version: 1, text: 'x' };
const file = 'a.json';

function newStore(directory = join(freshDirectory(), 'sso-cred')) {
  const world = fakeWorld();
  return { store: openStore(directory, world), world };
}

/** A store that holds the record already, or another text under its name. */
function storeHolding(text = JSON.stringify(record)) {
  const opened = newStore();
  opened.store.write('roles', file, text);
  return { ...opened, path: opened.store.path('roles', file) };
}

describe('a store', () => {
  test('makes nothing on disk before the first write', () => {
    const { store } = newStore();
    expect(store.read('roles', file, decode)).toBeUndefined();
    store.remove('roles', file);
    expect(existsSync(store.directory)).toBe(false);
  });

  test('gives back what was written, and nothing once it is removed', () => {
    const { store } = storeHolding();
    expect(store.read('roles', file, decode)).toEqual(record);
    expect(store.read('failures', file, decode)).toBeUndefined();
    store.remove('roles', file);
    expect(store.read('roles', file, decode)).toBeUndefined();
    store.remove('roles', file);
  });

  test('keeps its folders at 0700 and its files at 0600', () => {
    const { store, path } = storeHolding();
    const modeOf = (each: string) => statSync(each).mode & 0o777;
    expect(modeOf(store.directory)).toBe(0o700);
    expect(modeOf(dirname(path))).toBe(0o700);
    expect(modeOf(path)).toBe(0o600);
  });
});

describe('a record', () => {
  test.each(['', '{', '{"version":1', 'x', '\u0000'.repeat(40), '{"version":1}}'])(
    'that is no JSON (%j) counts as absent and is moved aside',
    (text) => {
      const { store, path } = storeHolding(text);
      expect(store.read('roles', file, decode)).toBeUndefined();
      expect(readdirSync(dirname(path))).toEqual([`${file}.bad`]);
      expect(readFileSync(`${path}.bad`, 'utf8')).toBe(text);
      expect(store.read('roles', file, decode)).toBeUndefined();
    },
  );

  test('that is over 1 MiB long counts as absent and is moved aside', () => {
    const { store, path } = storeHolding(`"${'x'.repeat(1024 * 1024)}"`);
    expect(store.read('roles', file, decode)).toBeUndefined();
    expect(readdirSync(dirname(path))).toEqual([`${file}.bad`]);
  });

  test('that is damaged again takes the place of the one moved aside before', () => {
    const { store, path } = storeHolding('one');
    store.read('roles', file, decode);
    store.write('roles', file, 'two');
    store.read('roles', file, decode);
    expect(readdirSync(dirname(path))).toEqual([`${file}.bad`]);
    expect(readFileSync(`${path}.bad`, 'utf8')).toBe('two');
  });

  test.each(['{"version":2,"future":true}', '{}', '[]', 'null', '7'])(
    'of a kind or version that is not known (%s) counts as absent and is left alone',
    (text) => {
      const { store, path } = storeHolding(text);
      expect(store.read('roles', file, decode)).toBeUndefined();
      expect(readdirSync(dirname(path))).toEqual([file]);
      expect(readFileSync(path, 'utf8')).toBe(text);
    },
  );

  test.each([0o644, 0o666, 0o640])('of mode %o is read, tightened and told', (mode) => {
    const { store, path, world } = storeHolding();
    chmodSync(path, mode);
    expect(store.read('roles', file, decode)).toEqual(record);
    expect(statSync(path).mode & 0o777).toBe(0o600);
    expect(world.traces.join('\n')).toContain('permissions set to 0600');
  });

  test('that is a link is refused, named, and left as it is', () => {
    const { store, path } = storeHolding();
    store.remove('roles', file);
    const victim = join(freshDirectory(), 'victim');
    writeFileSync(victim, JSON.stringify(record), { mode: 0o644 });
    symlinkSync(victim, path);
    expect(() => store.read('roles', file, decode)).toThrow(
      expect.objectContaining({
        code: 'StorageFailed',
        message: `Will not use ${path}: it is a symbolic link`,
        remedy: `rm ${path}`,
      }),
    );
    expect(statSync(victim).mode & 0o777).toBe(0o644);
  });

  test('is made once: who comes later is told so, and nothing changes', () => {
    const { store } = newStore();
    expect(store.create('pending', file, JSON.stringify(record))).toBe(true);
    expect(store.create('pending', file, JSON.stringify({ ...record, text: 'y' }))).toBe(false);
    expect(store.read('pending', file, decode)).toEqual(record);
    expect(readdirSync(store.folder('pending'))).toEqual([file]);
    expect(statSync(store.path('pending', file)).mode & 0o777).toBe(0o600);
    store.remove('pending', file);
    expect(store.create('pending', file, JSON.stringify(record))).toBe(true);
  });

  test('whose maker was killed before it took the second name away is read all the same', () => {
    const { store } = newStore();
    store.create('pending', file, JSON.stringify(record));
    const path = store.path('pending', file);
    const second = join(dirname(path), `${temporaryPrefix}${file}-0123456789abcdef.tmp`);
    linkSync(path, second);
    expect(store.read('pending', file, decode)).toEqual(record);
    expect(readdirSync(dirname(path))).toEqual([file]);
  });

  test('that has another name of somebody’s choice is refused', () => {
    const { store, path } = storeHolding();
    const second = join(freshDirectory(), 'second');
    linkSync(path, second);
    expect(() => store.read('roles', file, decode)).toThrow(
      expect.objectContaining({
        code: 'StorageFailed',
        message: `Will not use ${path}: it has another name (hard link)`,
      }),
    );
    expect(existsSync(second)).toBe(true);
  });

  test('whose name is taken by a directory is not removed, and the directory is named', () => {
    const { store } = newStore();
    const path = join(store.folder('failures'), file);
    mkdirSync(path);
    expect(() => store.remove('failures', file)).toThrow(
      expect.objectContaining({
        code: 'StorageFailed',
        message: expect.stringContaining(`Cannot remove ${path}: `),
      }),
    );
  });
});

describe('a folder that is not to be trusted', () => {
  test.each(['the store', 'its folder'])('is neither read nor written: %s', (which) => {
    const { store, path } = storeHolding();
    const loose = which === 'the store' ? store.directory : dirname(path);
    chmodSync(loose, 0o777);
    const refusal = expect.objectContaining({
      code: 'StorageFailed',
      message: `Will not keep secrets in ${loose}: others may write in it`,
      remedy: `chmod 700 ${loose}`,
    });
    expect(() => store.read('roles', file, decode)).toThrow(refusal);
    expect(() => store.write('roles', file, 'new')).toThrow(refusal);
    expect(readFileSync(path, 'utf8')).toBe(JSON.stringify(record));
  });

  test('is not entered through a link', () => {
    const victim = freshDirectory();
    const directory = join(freshDirectory(), 'sso-cred');
    symlinkSync(victim, directory);
    const { store } = newStore(directory);
    expect(() => store.write('roles', file, '{}')).toThrow('it is a symbolic link');
    expect(() => store.read('roles', file, decode)).toThrow('it is a symbolic link');
    expect(readdirSync(victim)).toEqual([]);
  });
});

testWithMounts('on a read-only disk records are read, and writing says why it cannot be', () =>
  withDisk(64, (disk, remountReadOnly) => {
    const { store } = newStore(join(disk, 'sso-cred'));
    store.write('roles', file, JSON.stringify(record));
    store.write('failures', file, 'damaged');
    remountReadOnly();
    expect(store.read('roles', file, decode)).toEqual(record);
    expect(store.read('failures', file, decode)).toBeUndefined();
    for (const write of [
      () => store.write('roles', file, '{}'),
      () => store.write('sessions', file, '{}'),
      () => store.remove('roles', file),
    ]) {
      expect(write).toThrow(
        expect.objectContaining({
          code: 'StorageFailed',
          message: expect.stringMatching(/the file system is read-only \(EROFS\)$/),
        }),
      );
    }
  }),
);
