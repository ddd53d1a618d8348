import {
  chmodSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { fileStamp } from '../../src/store/file-stamp.ts';
import {
  isTemporary,
  removeDrafts,
  removeDraftsIn,
  reserveFile,
  writeFileAtomically,
} from '../../src/store/write-file.ts';
import { fakeWorld } from '../support/fake-world.ts';
import { freshDirectory } from '../support/fresh-directory.ts';
import { testWithMounts, withDisk } from '../support/mount.ts';
import { runTypeScript } from '../support/run-typescript.ts';

const world = fakeWorld();

describe('a file that is written', () => {
  test('holds exactly its text, whatever it held before and whatever was reserved', () => {
    const path = join(freshDirectory(), 'file');
    const text = fc.string({ unit: 'binary', maxLength: 300 });
    fc.assert(
      fc.property(text, fc.constantFrom(0, 1, 7, 4096), (content, bytes) => {
        reserveFile(path, bytes, world).commit(content);
        expect(readFileSync(path, 'utf8')).toBe(Buffer.from(content).toString('utf8'));
      }),
      { numRuns: 50 },
    );
    expect(readdirSync(join(path, '..'))).toEqual(['file']);
  });

  test('is of mode 0600, whatever the umask and whatever mode it had', () => {
    const path = join(freshDirectory(), 'file');
    writeFileSync(path, 'old');
    chmodSync(path, 0o666);
    const before = process.umask(0);
    try {
      writeFileAtomically(path, 'new', world);
    } finally {
      process.umask(before);
    }
    expect(statSync(path).mode & 0o777).toBe(0o600);
  });

  test('has the stamp that was given for it', () => {
    const path = join(freshDirectory(), 'file');
    const stamps = ['one', 'two', 'three'].map((text) => {
      const stamp = reserveFile(path, 64, world).commit(text);
      expect(fileStamp(path)).toBe(stamp);
      return stamp;
    });
    expect(new Set(stamps).size).toBe(stamps.length);
  });

  test('takes the place of a link and leaves what it led to', () => {
    const folder = freshDirectory();
    const victim = join(folder, 'victim');
    const path = join(folder, 'file');
    writeFileSync(victim, 'old');
    symlinkSync(victim, path);
    writeFileAtomically(path, 'new', world);
    expect(readFileSync(victim, 'utf8')).toBe('old');
    expect(readFileSync(path, 'utf8')).toBe('new');
  });

  test('is seen by a reader in its old form or its new, never in part or not at all', async () => {
    const folder = freshDirectory();
    const path = join(folder, 'file');
    writeFileAtomically(path, 'a'.repeat(9_000), world);
    const finished = runTypeScript('tests/store/write-file-child.ts', path);
    const seen = new Set<string>();
    let reads = 0;
    const isOver = finished.then(() => true);
    do {
      for (let count = 0; count < 200; count += 1) {
        const text = readFileSync(path, 'utf8');
        expect(text).toHaveLength(9_000);
        for (const character of new Set(text)) seen.add(character);
        expect(new Set(text).size).toBe(1);
        reads += 1;
      }
    } while (!(await Promise.race([isOver, tick()])));
    expect(await finished).toMatchObject({ exitStatus: 0, stderr: '' });
    expect(seen.size).toBeGreaterThan(3);
    expect(reads).toBeGreaterThan(200);
    expect(readdirSync(folder)).toEqual(['file']);
  });
});

/** Lets a process that ended be noticed. */
function tick(): Promise<false> {
  return new Promise((resolve) => setImmediate(() => resolve(false)));
}

describe('a reserved file', () => {
  test('takes its space beside the target, unseen under the name of the target', () => {
    const folder = freshDirectory();
    const path = join(folder, 'file');
    const reserved = reserveFile(path, 16 * 1024, world);
    const [temporary = '', ...others] = readdirSync(folder);
    expect(others).toEqual([]);
    expect(isTemporary(temporary)).toBe(true);
    const stats = statSync(join(folder, temporary));
    expect(stats.mode & 0o777).toBe(0o600);
    expect(stats.size).toBeGreaterThanOrEqual(16 * 1024);
    expect(stats.blocks * 512).toBeGreaterThanOrEqual(16 * 1024);
    reserved.discard();
  });

  test('leaves nothing behind when it is discarded, as often as one likes', () => {
    const folder = freshDirectory();
    const path = join(folder, 'file');
    writeFileSync(path, 'old');
    const reserved = reserveFile(path, 64, world);
    reserved.discard();
    reserved.discard();
    expect(readdirSync(folder)).toEqual(['file']);
    expect(readFileSync(path, 'utf8')).toBe('old');
  });

  test('stays when it is discarded after it was committed', () => {
    const path = join(freshDirectory(), 'file');
    const reserved = reserveFile(path, 64, world);
    reserved.commit('new');
    reserved.discard();
    expect(readFileSync(path, 'utf8')).toBe('new');
  });

  test('cannot be had where there is no directory', () => {
    const path = join(freshDirectory(), 'none', 'file');
    expect(() => reserveFile(path, 64, world)).toThrow(
      expect.objectContaining({
        code: 'StorageFailed',
        message: `Cannot write ${path}: ENOENT`,
      }),
    );
  });

  test('that cannot take its name goes, and what has the name stays', () => {
    const folder = freshDirectory();
    const path = join(folder, 'file');
    mkdirSync(path);
    const reserved = reserveFile(path, 64, world);
    expect(() => reserved.commit('new')).toThrow(
      expect.objectContaining({
        code: 'StorageFailed',
        message: `Cannot write ${path}: it is a directory (EISDIR)`,
      }),
    );
    expect(readdirSync(folder)).toEqual(['file']);
  });
});

describe('a writer that comes too late', () => {
  /** A target with a text, and a world in which something happens just before the file gets its name. */
  function late(happen: (path: string) => void) {
    const path = join(freshDirectory(), 'file');
    writeFileSync(path, 'old');
    let count = 0;
    const effects = {
      randomHex: world.randomHex,
      get platform() {
        count += 1;
        if (count === 1) happen(path);
        return process.platform;
      },
    };
    return { path, effects, names: () => readdirSync(join(path, '..')) };
  }

  test('writes nothing when that is no longer wanted, asked when all is ready', () => {
    const { path, effects, names } = late(() => undefined);
    let size = 0;
    const isWanted = () => {
      const draft = names().find(isTemporary) ?? '';
      size = statSync(join(path, '..', draft)).size;
      return false;
    };
    expect(reserveFile(path, 4096, effects).commit('new', isWanted)).toBeUndefined();
    expect(size).toBe(3);
    expect(writeFileAtomically(path, 'new', effects, () => false)).toBe(false);
    expect(readFileSync(path, 'utf8')).toBe('old');
    expect(names()).toEqual(['file']);
  });

  test('and was stopped between the last question and the rename finds nothing to rename', () => {
    const { path, effects, names } = late(removeDrafts);
    const reserved = reserveFile(path, 64, effects);
    const commit = () => reserved.commit('new', () => true);
    expect(commit).toThrow(expect.objectContaining({ name: 'SupersededError' }));
    expect(readFileSync(path, 'utf8')).toBe('old');
    expect(names()).toEqual(['file']);
    reserved.discard();
  });

  test('writes once more after that if it is still wanted, and not if it is not', () => {
    for (const isStillWanted of [true, false]) {
      let isWanted = true;
      const { path, effects, names } = late((target) => {
        removeDrafts(target);
        isWanted = isStillWanted;
      });
      expect(writeFileAtomically(path, 'new', effects, () => isWanted)).toBe(isStillWanted);
      expect(readFileSync(path, 'utf8')).toBe(isStillWanted ? 'new' : 'old');
      expect(names()).toEqual(['file']);
    }
  });

  test('is one of this target, or of all in a folder: others go on, and one may be spared', () => {
    const folder = freshDirectory();
    const path = (name: string) => join(folder, name);
    const [one, spared, other] = ['file', 'file', 'another'].map((name) =>
      reserveFile(path(name), 64, world),
    );
    if (one === undefined || spared === undefined || other === undefined) throw new Error();
    removeDrafts(path('file'), spared);
    expect(() => one.commit('one')).toThrow();
    spared.commit('spared');
    other.commit('other');
    expect(readFileSync(path('file'), 'utf8')).toBe('spared');
    const last = reserveFile(path('another'), 64, world);
    removeDraftsIn(folder);
    expect(() => last.commit('last')).toThrow();
    expect(readdirSync(folder).sort()).toEqual(['another', 'file']);
  });

  test('is told of a folder that is gone by its path', () => {
    const { path, effects } = late((target) => rmSync(join(target, '..'), { recursive: true }));
    expect(() => writeFileAtomically(path, 'new', effects)).toThrow(
      expect.objectContaining({ code: 'StorageFailed', message: expect.stringContaining(path) }),
    );
  });
});

describe('on a full disk', () => {
  const noSpace = /^Cannot write .+\/file: no space left on the device \(ENOSPC\)$/;

  /** Leaves less than 4 KiB. */
  function fill(disk: string): void {
    const chunk = Buffer.alloc(4096, 1);
    try {
      for (let count = 0; ; count += 1) writeFileSync(join(disk, `fill${count}`), chunk);
    } catch {
      // Full.
    }
  }

  testWithMounts('nothing is reserved, the old text stays and no temporary file', () =>
    withDisk(64, (disk) => {
      const path = join(disk, 'file');
      writeFileAtomically(path, 'old', world);
      fill(disk);
      const before = readdirSync(disk);
      expect(() => reserveFile(path, 16 * 1024, world)).toThrow(
        expect.objectContaining({
          code: 'StorageFailed',
          message: expect.stringMatching(noSpace),
          cause: expect.objectContaining({ code: 'ENOSPC' }),
        }),
      );
      expect(readdirSync(disk)).toEqual(before);
      expect(readFileSync(path, 'utf8')).toBe('old');
    }),
  );

  testWithMounts('a text that does not fit leaves the old one and no temporary file', () =>
    withDisk(64, (disk) => {
      const path = join(disk, 'file');
      writeFileAtomically(path, 'old', world);
      for (const bytes of [0, 1024]) {
        expect(() => reserveFile(path, bytes, world).commit('x'.repeat(80 * 1024))).toThrow(
          expect.objectContaining({ message: expect.stringMatching(noSpace) }),
        );
        expect(readdirSync(disk)).toEqual(['file']);
        expect(readFileSync(path, 'utf8')).toBe('old');
      }
    }),
  );

  testWithMounts('what was reserved before is written after all', () =>
    withDisk(64, (disk) => {
      const path = join(disk, 'file');
      const reserved = reserveFile(path, 16 * 1024, world);
      fill(disk);
      const text = 'x'.repeat(16 * 1024);
      reserved.commit(text);
      expect(readFileSync(path, 'utf8')).toBe(text);
    }),
  );
});

testWithMounts('on a read-only disk nothing is reserved, and the message says why', () =>
  withDisk(64, (disk, remountReadOnly) => {
    const path = join(disk, 'file');
    writeFileAtomically(path, 'old', world);
    remountReadOnly();
    expect(() => reserveFile(path, 64, world)).toThrow(
      expect.objectContaining({
        code: 'StorageFailed',
        message: `Cannot write ${path}: the file system is read-only (EROFS)`,
      }),
    );
    expect(existsSync(path)).toBe(true);
    expect(readFileSync(path, 'utf8')).toBe('old');
  }),
);
