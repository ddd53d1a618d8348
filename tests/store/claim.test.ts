import {
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from '@jest/globals';
import { encodeOwner, type Owner } from '../../src/model/owner.ts';
import { claim, removeClaims } from '../../src/store/claim.ts';
import { sha256 } from '../../src/store/digest.ts';
import { openStore, type Store } from '../../src/store/store.ts';
import { sweepAfterDeath } from '../../src/store/sweep.ts';
import { fakeWorld } from '../support/fake-world.ts';
import { freshDirectory } from '../support/fresh-directory.ts';
import { inPidNamespace, testInNamespaces } from '../support/namespaces.ts';
import { orderedChild } from '../support/ordered-child.ts';
import { node, type Runtime, runtimes } from '../support/run-typescript.ts';

const digest = sha256('refresh token');
const minuteMs = 60_000;

function newStore(directory = join(freshDirectory(), 'sso-cred')) {
  const world = fakeWorld();
  const store = openStore(directory, world);
  return {
    store,
    world,
    claims: () => (existsSync(directory) ? readdirSync(store.folder('claims')) : []),
    claim: (of = digest) => claim(store, of, world),
  };
}

const claimant = (store: Store, runtime: Runtime, log = '') =>
  orderedChild(runtime, 'tests/store/claim-child.ts', store.directory, log);

/** Puts a claim there, as a process would have made it so long ago. */
function putClaim(store: Store, changes: Partial<Owner> | string, ageMs: number, now: number) {
  const owner = {
    pid: 1,
    startTime: '1',
    kernel: 'another',
    pidNamespace: '',
    socket: '',
    since: now,
  };
  const path = join(store.folder('claims'), `${digest.slice(0, 32)}.0123456789abcdef.json`);
  writeFileSync(
    path,
    typeof changes === 'string' ? changes : encodeOwner({ ...owner, ...changes }),
  );
  utimesSync(path, (now - ageMs) / 1000, (now - ageMs) / 1000);
  return path;
}

describe('a claim', () => {
  test('is one process’s until it is released, and leaves nothing behind then', async () => {
    const { store, claim, claims } = newStore();
    const other = await claimant(store, node);
    const mine = await claim();
    expect(mine.kind).toBe('mine');
    expect(await other.tell('claim', digest)).toEqual({ kind: 'held', pid: process.pid });
    if (mine.kind === 'mine') mine.release();
    expect(await other.tell('claim', digest)).toEqual({ kind: 'mine' });
    expect(await claim()).toMatchObject({ kind: 'held', owner: { pid: other.pid } });
    await other.tell('release');
    expect(claims()).toEqual([]);
  });

  test('is of one thing: another may be claimed meanwhile', async () => {
    const { claim } = newStore();
    await claim();
    expect(await claim(sha256('another'))).toMatchObject({ kind: 'mine' });
  });

  test('of a process that was killed counts no more, at once', async () => {
    const { store, claim, claims } = newStore();
    const other = await claimant(store, node);
    await other.tell('claim', digest);
    await other.end('SIGKILL');
    expect(claims()).toHaveLength(1);
    const mine = await claim();
    expect(mine.kind).toBe('mine');
    if (mine.kind === 'mine') mine.release();
    expect(claims()).toEqual([]);
  });

  test('of a process that is stopped counts for as long as that lives', async () => {
    const { store, world, claim } = newStore();
    const other = await claimant(store, node);
    await other.tell('claim', digest);
    await other.stop();
    for (const ms of [0, 3 * minuteMs, 24 * 60 * minuteMs, 400 * 24 * 60 * minuteMs]) {
      world.clock.advance(ms);
      expect(await claim()).toMatchObject({ kind: 'held', owner: { pid: other.pid } });
    }
    await other.end('SIGKILL');
    expect(await claim()).toMatchObject({ kind: 'mine' });
  });

  testInNamespaces.each(runtimes())(
    'of a process in another container counts while that lives, as $name too',
    async (runtime) => {
      const { store, world, claim } = newStore();
      const other = await claimant(store, inPidNamespace(runtime));
      const third = await claimant(store, runtime);
      expect(await other.tell('claim', digest)).toEqual({ kind: 'mine' });
      expect(await third.tell('claim', digest)).toMatchObject({ kind: 'held' });
      await other.stop();
      world.clock.advance(24 * 60 * minuteMs);
      expect(await claim()).toMatchObject({ kind: 'held' });
      expect(await third.tell('claim', digest)).toMatchObject({ kind: 'held' });
      await other.end('SIGKILL');
      // It has just answered, and counts as alive for a moment.
      let got = await third.tell('claim', digest);
      for (const end = Date.now() + 20_000; Date.now() < end; ) {
        if ((got as { kind: string }).kind === 'mine') break;
        got = await third.tell('claim', digest);
      }
      expect(got).toEqual({ kind: 'mine' });
    },
  );

  test.each<[string, Partial<Owner> | string]>([
    ['another kernel', {}],
    ['a version that is not known', '{"version":2,"pid":1,"since":1}'],
    ['nobody, for it is empty', ''],
  ])('of %s counts for two minutes, and whatever way the clocks differ', async (_whose, owner) => {
    const { store, world, claim, claims } = newStore();
    for (const ageMs of [0, 119_000, -119_000]) {
      putClaim(store, owner, ageMs, world.clock.now());
      expect(await claim()).toMatchObject({ kind: 'held' });
      expect(claims()).toHaveLength(1);
    }
    for (const ageMs of [121_000, -121_000]) {
      putClaim(store, owner, ageMs, world.clock.now());
      const mine = await claim();
      expect(mine.kind).toBe('mine');
      if (mine.kind === 'mine') mine.release();
      expect(claims()).toEqual([]);
    }
  });

  test('can be ended by whoever signs out', async () => {
    const { store, claim, claims } = newStore();
    await claim();
    await claim(sha256('another'));
    removeClaims(store, digest);
    expect(claims()).toHaveLength(1);
    expect(await claim()).toMatchObject({ kind: 'mine' });
  });

  test('cannot be had where it cannot be written', async () => {
    const { store, claim } = newStore();
    mkdirSync(store.directory, { mode: 0o700 });
    writeFileSync(join(store.directory, 'claims'), '');
    await expect(claim()).rejects.toMatchObject({ code: 'StorageFailed' });
  });
});

describe('of processes that claim at once', () => {
  /** Two processes of which each sees the other alive. */
  function two() {
    const { store, world, claims } = newStore();
    const self = (pid: number): Store => ({
      ...store,
      owner: async () => ({ ...(await store.owner()), pid }),
      liveness: async () => 'alive',
    });
    return { world, claims, one: self(1_001), other: self(1_002) };
  }

  test('one that sees another’s claim beside its own withdraws', async () => {
    const { world, claims, one, other } = two();
    const late: Store = {
      ...one,
      create(...file) {
        putClaim(other, { pid: 1_002 }, 0, world.clock.now());
        return one.create(...file);
      },
    };
    expect(await claim(late, digest, world)).toMatchObject({ kind: 'held', owner: { pid: 1_002 } });
    expect(claims()).toHaveLength(1);
  });

  test('both that see each other withdraw', async () => {
    const { world, claims, one, other } = two();
    let asked = 0;
    let letGo = () => {};
    const bothAsked = new Promise<void>((resolve) => {
      letGo = resolve;
    });
    const liveness = async () => {
      asked += 1;
      if (asked === 2) letGo();
      await bothAsked;
      return 'alive' as const;
    };
    // Neither looks before both have made their files.
    let made = 0;
    const create: Store['create'] = (folder, name, text) => {
      made += 1;
      const names = ['one', 'other'].map((nonce) => name.replace(/\w+\.json$/, `${nonce}.json`));
      return made === 1 && names.every((each) => one.create(folder, each, text));
    };
    const claimed = await Promise.all([
      claim({ ...one, liveness, create }, digest, { ...world, randomHex: () => 'one' }),
      claim({ ...other, liveness, create }, digest, { ...world, randomHex: () => 'other' }),
    ]);
    expect(claimed.map(({ kind }) => kind)).toEqual(['held', 'held']);
    expect(claims()).toEqual([]);
  });

  test('none has it that another has, over thirty processes and many rounds, some of them killed', async () => {
    const { store, claims, claim } = newStore();
    const log = join(freshDirectory(), 'log');
    const runtime = runtimes().at(-1) ?? node;
    const children = await Promise.all(
      Array.from({ length: 30 }, () => claimant(store, runtime, log)),
    );
    for (const child of children) child.order('race', digest, 6);
    await Promise.all(children.map(({ finished }) => finished));

    const lines = readFileSync(log, 'utf8').trimEnd().split('\n');
    const holds = new Map<string, number>();
    let holder: string | undefined;
    for (const line of lines) {
      const pid = line.slice(1);
      if (line.startsWith('>')) {
        expect(pid).toBe(holder);
        holder = undefined;
        continue;
      }
      // Nobody has it but one that has died with its sixth.
      if (holder !== undefined) expect(holds.get(holder)).toBe(6);
      holder = pid;
      holds.set(pid, (holds.get(pid) ?? 0) + 1);
    }
    expect([...holds.values()]).toEqual(Array(30).fill(6));
    // What the dead have left goes with the next claim.
    const mine = await claim(digest);
    expect(mine.kind).toBe('mine');
    if (mine.kind === 'mine') mine.release();
    expect(claims()).toEqual([]);
  });
});

test('whoever sweeps a dead claim, and is slow, removes nobody else’s', async () => {
  const { store, world, claim, claims } = newStore();
  const dead = putClaim(store, { ...(await store.owner()), startTime: '1' }, 0, world.clock.now());
  const slow: Store = {
    ...store,
    async liveness(owner) {
      const liveness = await store.liveness(owner);
      // Another process sweeps it, and a third claims the token.
      if (existsSync(dead)) {
        await sweepAfterDeath(store, world);
        expect(await claim()).toMatchObject({ kind: 'mine' });
      }
      return liveness;
    },
  };
  await sweepAfterDeath(slow, world);
  expect(claims()).toHaveLength(1);
  expect(await claim()).toMatchObject({ kind: 'held' });
});
