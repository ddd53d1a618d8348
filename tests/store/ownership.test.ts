import { existsSync, readdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from '@jest/globals';
import { openStore } from '../../src/store/store.ts';
import { fakeProcesses } from '../support/fake-processes.ts';
import { fakeWorld } from '../support/fake-world.ts';
import { freshDirectory } from '../support/fresh-directory.ts';

/** A kernel whose processes share a store and a clock. */
function kernel() {
  const directory = freshDirectory();
  const world = fakeWorld();
  const processes = fakeProcesses();
  return {
    world,
    locks: join(directory, 'locks'),
    start(changes: Parameters<typeof processes.start>[0] = {}) {
      const process = processes.start(changes);
      return { process, store: openStore(directory, { ...world, processes: process }) };
    },
  };
}

const container = { pidNamespace: 'pid:[2]' };

describe('whether an owner lives', () => {
  test('is told by the list of processes, where that is the same for both', async () => {
    const { start } = kernel();
    const [owner, other] = [start(), start()];
    const who = await owner.store.owner();
    expect(await other.store.liveness(who)).toBe('alive');
    owner.process.kill();
    expect(await other.store.liveness(who)).toBe('dead');
    expect(other.process.probes()).toBe(0);
  });

  test('is told by its socket where it is in another container', async () => {
    const { start, world } = kernel();
    const [owner, other] = [start(container), start()];
    const who = await owner.store.owner();
    world.clock.set(Date.now() - world.clock.now() + 1_000);
    expect(await other.store.liveness(who)).toBe('alive');
    owner.process.kill();
    world.clock.advance(1_000);
    expect(await other.store.liveness(who)).toBe('dead');
  });

  test('is told also when another process has removed the socket of the dead', async () => {
    const { start, locks } = kernel();
    const [owner, other] = [start(container), start()];
    const who = await owner.store.owner();
    owner.process.kill();
    rmSync(join(locks, who.socket));
    expect(await other.store.liveness(who)).toBe('dead');
  });

  test.each([
    ['is of another kernel', { kernel: 'another' }],
    ['has no socket to ask', { ...container, socket: '' }],
  ])('is not known of one that %s', async (_what, changes) => {
    const { start } = kernel();
    const [owner, other] = [start(), start()];
    const who = { ...(await owner.store.owner()), ...changes };
    expect(await other.store.liveness(who)).toBe('unknown');
    expect(other.process.probes()).toBe(0);
  });

  test('is asked by one of a crowd at a time: a queue is full before it was seen to be stopped', async () => {
    const { start, world } = kernel();
    const owner = start(container);
    const crowd = Array.from({ length: 50 }, () => start());
    const who = await owner.store.owner();
    world.clock.set(Date.now() - world.clock.now() + 1_000);
    for (let round = 0; round < 10; round += 1) {
      for (const { store } of crowd) expect(await store.liveness(who)).toBe('alive');
      world.clock.advance(100);
    }
    const asked = crowd.reduce((sum, { process }) => sum + process.probes(), 0);
    expect(asked).toBe(4);
  });
});

test('a process has one socket, however often it owns something', async () => {
  const { start, locks } = kernel();
  const { store } = start();
  const owners = await Promise.all([store.owner(), store.owner()]);
  expect(owners[0]?.socket).toBe(owners[1]?.socket);
  await store.owner();
  expect(readdirSync(locks)).toEqual([owners[0]?.socket]);
});

test('whether anybody listens on a socket is known of those of this kernel only', async () => {
  const { start, locks } = kernel();
  const [one, foreign, other] = [start(), start({ kernel: 'another' }), start()];
  const [ours, theirs] = [await one.store.owner(), await foreign.store.owner()];
  expect(existsSync(join(locks, theirs.socket))).toBe(true);
  expect(await other.store.livenessOfSocket(ours.socket)).toBe('alive');
  expect(await other.store.livenessOfSocket(theirs.socket)).toBe('unknown');
  one.process.kill();
  foreign.process.kill();
  expect(await other.store.livenessOfSocket(ours.socket)).toBe('dead');
  expect(await other.store.livenessOfSocket(theirs.socket)).toBe('unknown');
});
