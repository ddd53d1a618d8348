import {
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, test } from '@jest/globals';
import { ifUnlocked, type LockRequest, withLock } from '../../src/store/lock.ts';
import { openStore, type Store } from '../../src/store/store.ts';
import { fakeWorld } from '../support/fake-world.ts';
import { freshDirectory } from '../support/fresh-directory.ts';
import { testWithMounts, withDisk } from '../support/mount.ts';
import { runTypeScript } from '../support/run-typescript.ts';

const name = 'role';

function newStore(directory = join(freshDirectory(), 'sso-cred')) {
  const world = fakeWorld();
  const store = openStore(directory, world);
  return { store, world };
}

const lockPath = (store: Store) => join(store.folder('locks'), `${name}.lock`);

/** Work that says how often it was done. */
function request(changes: Partial<LockRequest<string, string>> = {}) {
  const done: string[] = [];
  return {
    done,
    name,
    purpose: 'the role Developer',
    deadline: Number.POSITIVE_INFINITY,
    look: async () => ({ todo: 'work' }),
    evenUnlocked: false,
    work: async (todo: string) => {
      done.push(todo);
      return 'worked';
    },
    ...changes,
  };
}

/** Holds the lock, as another process would, while something is done. */
async function whileHeld<T>(store: Store, use: () => Promise<T>): Promise<T> {
  let result: T | undefined;
  const work = async () => {
    result = await use();
  };
  await ifUnlocked(store, name, work, fakeWorld());
  if (result === undefined) throw new Error('the lock could not be had');
  return result;
}

describe('processes that want the same lock', () => {
  test('work one after the other', async () => {
    const { store } = newStore();
    const log = join(freshDirectory(), 'log');
    const run = () => runTypeScript('tests/store/lock-child.ts', store.directory, log, '12', '8');
    const finished = await Promise.all([run(), run(), run()]);
    for (const each of finished) expect(each).toMatchObject({ exitStatus: 0, stderr: '' });

    const lines = readFileSync(log, 'utf8').trimEnd().split('\n');
    expect(lines).toHaveLength(3 * 12 * 2);
    for (let at = 0; at < lines.length; at += 2) {
      expect(lines[at + 1]).toBe(lines[at]?.replace('<', '>'));
    }
    expect(new Set(lines.map((line) => line.slice(1))).size).toBe(3);
    expect(readdirSync(store.folder('locks'))).toEqual([]);
  });

  test('take over a lock that nobody has touched for over ten seconds', async () => {
    const { store, world } = newStore();
    const path = lockPath(store);
    mkdirSync(path);
    const longAgo = Date.now() / 1000 - 11;
    utimesSync(path, longAgo, longAgo);
    const asked = request();
    await expect(withLock(store, asked, world)).resolves.toBe('worked');
    expect(asked.done).toEqual(['work']);
    expect(existsSync(path)).toBe(false);
  });
});

describe('the work', () => {
  test('is not begun, and no lock is made, when the result is there', async () => {
    const { store, world } = newStore();
    const asked = request({ look: async () => ({ done: 'cached' }) });
    await expect(withLock(store, asked, world)).resolves.toBe('cached');
    expect(asked.done).toEqual([]);
    expect(existsSync(store.directory)).toBe(false);
  });

  test('is not done when another process did it just before the lock was had', async () => {
    const { store, world } = newStore();
    let looks = 0;
    const look = async () => {
      looks += 1;
      return looks === 1 ? { todo: 'work' } : { done: 'by another' };
    };
    const asked = request({ look });
    await expect(withLock(store, asked, world)).resolves.toBe('by another');
    expect(asked.done).toEqual([]);
    expect(readdirSync(store.folder('locks'))).toEqual([]);
  });

  test('is done with what was seen under the lock', async () => {
    const { store, world } = newStore();
    let looks = 0;
    const look = async () => {
      looks += 1;
      return { todo: `look ${looks}` };
    };
    const asked = request({ look });
    await withLock(store, asked, world);
    expect(asked.done).toEqual(['look 2']);
  });

  test.each(['look', 'work'] as const)('leaves no lock behind when the %s fails', async (which) => {
    const { store, world } = newStore();
    let calls = 0;
    const fail = async () => {
      calls += 1;
      if (which === 'look' && calls === 1) return { todo: 'work' };
      throw new Error('broken');
    };
    await expect(withLock(store, request({ [which]: fail }), world)).rejects.toThrow('broken');
    expect(readdirSync(store.folder('locks'))).toEqual([]);
  });

  test('is left when another process is at it, if it may be', async () => {
    const { store, world } = newStore();
    let isDone = false;
    const work = () => {
      isDone = true;
    };
    await whileHeld(store, async () => {
      await ifUnlocked(store, name, work, world);
      return true;
    });
    expect(isDone).toBe(false);
    await ifUnlocked(store, name, work, world);
    expect(isDone).toBe(true);
  });
});

describe('a waiter', () => {
  test('leaves as soon as the result is there, without the lock', async () => {
    const { store, world } = newStore();
    let looks = 0;
    const look = async () => {
      looks += 1;
      return looks < 5 ? { todo: 'work' } : { done: 'by another' };
    };
    const asked = request({ look });
    const result = await whileHeld(store, () => withLock(store, asked, world));
    expect(result).toBe('by another');
    expect(asked.done).toEqual([]);
    expect(world.clock.sleeps).toHaveLength(4);
  });

  test('waits 25 to 75 ms at a time, never in step', async () => {
    const { store, world } = newStore();
    const deadline = world.clock.monotonicMs() + 9_000;
    const waiting = whileHeld(store, () => withLock(store, request({ deadline }), world));
    await expect(waiting).rejects.toThrow();
    const { sleeps } = world.clock;
    expect(sleeps.length).toBeGreaterThan(100);
    for (const ms of sleeps) {
      expect(ms).toBeGreaterThanOrEqual(25);
      expect(ms).toBeLessThanOrEqual(75);
    }
    expect(new Set(sleeps).size).toBeGreaterThan(sleeps.length / 2);
  });

  test('gives up at its deadline and says who was busy with what, and for how long', async () => {
    const { store, world } = newStore();
    const startedAt = world.clock.monotonicMs();
    const deadline = startedAt + 3_000;
    const waiting = whileHeld(store, () => withLock(store, request({ deadline }), world));
    await expect(waiting).rejects.toMatchObject({
      code: 'LockBusy',
      message: expect.stringMatching(/busy with the role Developer for 3 s/),
    });
    expect(world.clock.monotonicMs() - startedAt).toBeGreaterThanOrEqual(3_000);
    expect(world.clock.monotonicMs() - startedAt).toBeLessThan(3_100);
  });

  test('takes what is still good instead of waiting', async () => {
    const { store, world } = newStore();
    const asked = request({ insteadOfWaiting: (todo) => `instead of ${todo}` });
    const result = await whileHeld(store, () => withLock(store, asked, world));
    expect(result).toBe('instead of work');
    expect(world.clock.sleeps).toEqual([]);
    await expect(withLock(store, asked, world)).resolves.toBe('worked');
  });
});

describe('a lock that is held for long', () => {
  const longerThanAnUpdateMs = 2_500;

  test('stays fresh, also when another was held and released meanwhile', async () => {
    const { store, world } = newStore();
    const work = async () => {
      await ifUnlocked(store, 'session', () => undefined, world);
      await sleep(longerThanAnUpdateMs);
      return `${Date.now() - statSync(lockPath(store)).mtimeMs}`;
    };
    const ageMs = Number(await withLock(store, request({ work }), world));
    expect(ageMs).toBeLessThan(1_500);
    expect(readdirSync(store.folder('locks'))).toEqual([]);
  });

  test('may be lost without harm to the process', async () => {
    const { store, world } = newStore();
    const work = async () => {
      rmSync(lockPath(store), { recursive: true });
      await sleep(longerThanAnUpdateMs);
      return 'worked';
    };
    await expect(withLock(store, request({ work }), world)).resolves.toBe('worked');
  });
});

describe('where the lock should be', () => {
  const inTheWay = [
    ['a file', (path: string) => writeFileSync(path, 'x')],
    ['a dangling link', (path: string) => symlinkSync(`${path}.none`, path)],
    ['a link to a directory', (path: string) => symlinkSync(freshDirectory(), path)],
  ] as const;

  test.each(inTheWay)('%s is named, with the command that removes it', async (_what, make) => {
    const { store, world } = newStore();
    const path = lockPath(store);
    make(path);
    const deadline = world.clock.monotonicMs() + 3_000;
    await expect(withLock(store, request({ deadline }), world)).rejects.toMatchObject({
      code: 'StorageFailed',
      message: `${path} is in the way: it is not a directory`,
      remedy: `rm ${path}`,
    });
  });

  test('an old file is named too', async () => {
    const { store, world } = newStore();
    const path = lockPath(store);
    writeFileSync(path, 'x');
    utimesSync(path, 1_000, 1_000);
    await expect(withLock(store, request(), world)).rejects.toMatchObject({
      code: 'StorageFailed',
      message: expect.stringContaining(path),
    });
    expect(readFileSync(path, 'utf8')).toBe('x');
  });

  test('an old directory with something in it is named, and kept', async () => {
    const { store, world } = newStore();
    const path = lockPath(store);
    mkdirSync(path);
    writeFileSync(join(path, 'x'), '');
    utimesSync(path, 1_000, 1_000);
    const deadline = world.clock.monotonicMs() + 3_000;
    await expect(withLock(store, request({ deadline }), world)).rejects.toMatchObject({
      code: 'StorageFailed',
      message: `${path} is in the way: it is not empty`,
      remedy: `rm -r ${path}`,
    });
    expect(readdirSync(path)).toEqual(['x']);
  });
});

describe('on a disk that takes no lock', () => {
  async function tryOn(store: Store, world: ReturnType<typeof fakeWorld>) {
    const locked = request();
    await expect(withLock(store, locked, world)).rejects.toMatchObject({
      code: 'StorageFailed',
      message: expect.stringMatching(/\((EROFS|ENOSPC)\)$/),
    });
    expect(locked.done).toEqual([]);
    const unlocked = request({ evenUnlocked: true });
    await expect(withLock(store, unlocked, world)).resolves.toBe('worked');
    expect(unlocked.done).toEqual(['work']);
    expect(world.traces.join('\n')).toMatch(/; going on without$/m);
  }

  testWithMounts('because it is read-only, only work that may go without one is done', () =>
    withDisk(64, async (disk, remountReadOnly) => {
      const { store, world } = newStore(join(disk, 'sso-cred'));
      store.folder('locks');
      remountReadOnly();
      await tryOn(store, world);
    }),
  );

  testWithMounts('the same where even the folders are missing', () =>
    withDisk(64, async (disk, remountReadOnly) => {
      const { store, world } = newStore(join(disk, 'a', 'sso-cred'));
      remountReadOnly();
      await tryOn(store, world);
    }),
  );

  testWithMounts('the same with a lock that was left behind', () =>
    withDisk(64, async (disk, remountReadOnly) => {
      const { store, world } = newStore(join(disk, 'sso-cred'));
      const path = lockPath(store);
      mkdirSync(path);
      utimesSync(path, 1_000, 1_000);
      remountReadOnly();
      await tryOn(store, world);
    }),
  );

  test('distrust is another matter: no work is done', async () => {
    const directory = join(freshDirectory(), 'sso-cred');
    symlinkSync(freshDirectory(), directory);
    const { store, world } = newStore(directory);
    const asked = request({ evenUnlocked: true });
    await expect(withLock(store, asked, world)).rejects.toThrow('it is a symbolic link');
    expect(asked.done).toEqual([]);
  });
});
