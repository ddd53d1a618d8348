import {
  existsSync,
  mkdirSync,
  readdirSync,
  statSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from '@jest/globals';
import { claim } from '../../src/store/claim.ts';
import { sha256 } from '../../src/store/digest.ts';
import { ifUnlocked } from '../../src/store/lock.ts';
import { openStore } from '../../src/store/store.ts';
import { sweepAfterDeath, sweepDaily } from '../../src/store/sweep.ts';
import { temporaryPrefix } from '../../src/store/write-file.ts';
import { fakeProcesses } from '../support/fake-processes.ts';
import { fakeWorld } from '../support/fake-world.ts';
import { freshDirectory } from '../support/fresh-directory.ts';
import { testWithMounts, withDisk } from '../support/mount.ts';

const hourMs = 3_600_000;
const dayMs = 24 * hourMs;

function newStore(directory = freshDirectory()) {
  const world = fakeWorld();
  const tokenFile = join(freshDirectory(), 'token.json');
  const store = openStore(directory, world);
  /** Puts a file there that was written so long ago by the fake clock. */
  const put = (name: string, ageMs: number) => {
    const path = join(directory, name);
    mkdirSync(join(path, '..'), { recursive: true, mode: 0o700 });
    writeFileSync(path, '{}');
    const writtenAt = (world.clock.now() - ageMs) / 1000;
    utimesSync(path, writtenAt, writtenAt);
    return path;
  };
  return { store, tokenFile, world, put };
}

describe('swept are', () => {
  test.each([
    ['roles/a.json', 2 * dayMs],
    ['failures/a.json', 2 * dayMs],
    ['profiles/dev.json', 90 * dayMs],
    ['sessions/a.json', 90 * dayMs],
    ['registrations/a.json', 100 * dayMs],
    ['roles/a.json.bad', hourMs],
    [`roles/${temporaryPrefix}0123.tmp`, hourMs],
    [`sessions/${temporaryPrefix}0123.tmp`, hourMs],
    [`tokens/${temporaryPrefix}0123.tmp`, hourMs],
    [`${temporaryPrefix}0123.tmp`, hourMs],
  ])('%s after %d ms, not before', async (name, keptMs) => {
    const { store, tokenFile, world, put } = newStore();
    const path = put(name, keptMs - 1_000);
    await sweepDaily(store, tokenFile, world);
    expect(existsSync(path)).toBe(true);

    put(name, keptMs + 1_000);
    world.clock.advance(dayMs);
    put(name, keptMs + 1_000);
    await sweepDaily(store, tokenFile, world);
    expect(existsSync(path)).toBe(false);
  });
});

test.each(['tokens/a.json', 'last-errors.jsonl', 'somebody-elses.txt'])(
  '%s is never swept',
  async (name) => {
    const { store, tokenFile, world, put } = newStore();
    const path = put(name, 1_000 * dayMs);
    await sweepDaily(store, tokenFile, world);
    expect(existsSync(path)).toBe(true);
  },
);

test('beside the token only temporary files of ours are swept', async () => {
  const { store, tokenFile, world } = newStore();
  const folder = join(tokenFile, '..');
  for (const name of ['token.json', 'x.bad', '.tmp', `${temporaryPrefix}0123.tmp`]) {
    writeFileSync(join(folder, name), '{}');
    utimesSync(join(folder, name), 1_000, 1_000);
  }
  await sweepDaily(store, tokenFile, world);
  expect(readdirSync(folder).sort()).toEqual(['.tmp', 'token.json', 'x.bad']);
});

test('sweeping happens once a day, told only when something went', async () => {
  const { store, tokenFile, world, put } = newStore();
  await sweepDaily(store, tokenFile, world);
  expect(world.traces).toEqual([]);
  const path = put('roles/a.json', 3 * dayMs);
  world.clock.advance(dayMs - 1_000);
  await sweepDaily(store, tokenFile, world);
  expect(existsSync(path)).toBe(true);
  world.clock.advance(2_000);
  await sweepDaily(store, tokenFile, world);
  expect(existsSync(path)).toBe(false);
  expect(world.traces).toEqual([`cache: 1 old files removed from ${store.directory}`]);
});

test('a clock that was set back does not stop the sweeping for as long', async () => {
  const { store, tokenFile, world, put } = newStore();
  await sweepDaily(store, tokenFile, world);
  world.clock.set(-30 * dayMs);
  const path = put('roles/a.json', 3 * dayMs);
  await sweepDaily(store, tokenFile, world);
  expect(existsSync(path)).toBe(false);
});

test('what cannot be removed does not keep the rest', async () => {
  const { store, tokenFile, world, put } = newStore();
  const stays = put('roles/b/c.json', 3 * dayMs);
  const long = (world.clock.now() - 3 * dayMs) / 1000;
  utimesSync(join(stays, '..'), long, long);
  symlinkSync('/nowhere', join(store.directory, 'roles', 'c.json'));
  const others = ['a', 'd'].map((name) => put(`roles/${name}.json`, 3 * dayMs));
  await sweepDaily(store, tokenFile, world);
  expect(others.map((path) => existsSync(path))).toEqual([false, false]);
  expect(existsSync(stays)).toBe(true);
});

test('a link is removed, not what it leads to', async () => {
  const { store, tokenFile, world, put } = newStore();
  put('roles/a.json', 0);
  const victim = join(freshDirectory(), 'victim');
  writeFileSync(victim, 'x');
  utimesSync(victim, 1_000, 1_000);
  symlinkSync(victim, join(store.directory, 'roles', 'link.json'));
  await sweepDaily(store, tokenFile, world);
  expect(existsSync(victim)).toBe(true);
});

test('the mark of the last sweep is ours alone', async () => {
  const { store, tokenFile, world } = newStore();
  await sweepDaily(store, tokenFile, world);
  const [mark = ''] = readdirSync(store.directory);
  expect(statSync(join(store.directory, mark)).mode & 0o777).toBe(0o600);
});

testWithMounts('nothing fails on a read-only disk', () =>
  withDisk(64, async (disk, remountReadOnly) => {
    const { store, tokenFile, world, put } = newStore(disk);
    const path = put('roles/a.json', 3 * dayMs);
    remountReadOnly();
    await sweepDaily(store, tokenFile, world);
    expect(existsSync(path)).toBe(true);
  }),
);

test('nothing fails where there is no store yet', async () => {
  const { store, tokenFile, world } = newStore(join(freshDirectory(), 'sso-cred'));
  await sweepDaily(store, tokenFile, world);
  expect(existsSync(store.directory)).toBe(false);
});

describe('what processes have left', () => {
  /** Processes of one kernel and of another, which share a store and a clock. */
  function home() {
    const directory = freshDirectory();
    const world = fakeWorld();
    world.clock.set(Date.now() - world.clock.now());
    const processes = fakeProcesses();
    const start = (changes = {}) => {
      const process = processes.start(changes);
      const own = { ...world, processes: process };
      const store = openStore(directory, own);
      return { process, world: own, store };
    };
    const names = (folder: string) =>
      readdirSync(directory).includes(folder) ? readdirSync(join(directory, folder)) : [];
    const tokenFile = join(freshDirectory(), 'token.json');
    const { store: ours } = start();
    return {
      world,
      start,
      locks: () => names('locks'),
      claims: () => names('claims'),
      sweep: () => sweepDaily(ours, tokenFile, world),
      sweepAfterDeath: () => sweepAfterDeath(ours, world),
    };
  }

  type Started = ReturnType<ReturnType<typeof home>['start']>;

  /** Takes a lock and a claim, and never lets them go. */
  async function hold({ store, world }: Started, name: string): Promise<void> {
    const held = new Promise<void>((resolve) => {
      const work = () => {
        resolve();
        return new Promise<void>(() => undefined);
      };
      void ifUnlocked(store, name, work, world);
    });
    await held;
    await claim(store, sha256(name), world);
  }

  test('goes when they are gone, at the death of another as at the daily sweep', async () => {
    for (const how of ['sweepAfterDeath', 'sweep'] as const) {
      const { start, locks, claims, world, ...made } = home();
      const dead = [start(), start({ pidNamespace: 'pid:[2]' })];
      for (const [index, each] of dead.entries()) await hold(each, `role-${index}`);
      expect([locks().length, claims().length]).toEqual([4, 2]);
      for (const { process } of dead) process.kill();
      world.clock.advance(10_000);
      await made[how]();
      expect([locks(), claims()]).toEqual([[], []]);
    }
  });

  test('stays while they live, however long ago they last moved', async () => {
    for (const how of ['sweepAfterDeath', 'sweep'] as const) {
      const { start, locks, claims, world, ...made } = home();
      await hold(start(), 'role');
      await hold(start({ pidNamespace: 'pid:[2]' }), 'session');
      const before = [locks(), claims()];
      for (const ms of [0, 10_000, 2 * hourMs, 400 * dayMs]) {
        world.clock.advance(ms);
        await made[how]();
        expect([locks(), claims()]).toEqual(before);
      }
    }
  });

  test('goes by age where it cannot be known: an hour, and a day for a socket', async () => {
    const { start, locks, claims, world, sweepAfterDeath } = home();
    await hold(start({ kernel: 'another' }), 'role');
    const [lock = '', socket = ''] = locks().sort((one) => (one.endsWith('.lock') ? -1 : 1));
    for (const [ms, left] of [
      [hourMs - 5_000, [lock, socket]],
      [10_000, [socket]],
      [23 * hourMs, []],
    ] as const) {
      world.clock.advance(ms);
      await sweepAfterDeath();
      expect(locks().sort((one) => (one.endsWith('.lock') ? -1 : 1))).toEqual(left);
      expect(claims()).toHaveLength(left.length === 2 ? 1 : 0);
    }
  });

  test('in the midst of taking a lock goes after some seconds, not before', async () => {
    const { start, locks, world, sweepAfterDeath } = home();
    const draft = join(start().store.folder('locks'), 'role.lock.0123456789abcdef.json');
    mkdirSync(draft);
    writeFileSync(join(draft, '0123456789abcdef.json'), '{}');
    world.clock.advance(4_000);
    await sweepAfterDeath();
    expect(locks()).toHaveLength(1);
    world.clock.advance(2_000);
    await sweepAfterDeath();
    expect(locks()).toEqual([]);
  });

  test('and is none of ours, stays', async () => {
    const { start, world, sweep } = home();
    const path = join(start().store.folder('locks'), 'role.lock');
    writeFileSync(path, 'x');
    world.clock.advance(400 * dayMs);
    await sweep();
    expect(existsSync(path)).toBe(true);
  });
});
