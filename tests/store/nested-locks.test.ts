import { readdirSync } from 'node:fs';
import { expect, test } from '@jest/globals';
import { withLock } from '../../src/store/lock.ts';
import { openStore } from '../../src/store/store.ts';
import { fakeWorld } from '../support/fake-world.ts';
import { freshDirectory } from '../support/fresh-directory.ts';

test('a lock that was held while another was taken and released is released too', async () => {
  const world = fakeWorld();
  const store = openStore(freshDirectory(), world);
  const held = () => readdirSync(store.folder('locks'));
  const lock = (name: string, work: () => Promise<readonly string[]>) =>
    withLock(
      store,
      {
        name,
        purpose: name,
        deadline: world.clock.monotonicMs(),
        look: async () => ({ todo: undefined }),
        evenUnlocked: false,
        work,
      },
      world,
    );

  const seen = await lock('role', () => lock('session', async () => held()));

  expect(seen).toEqual(['role.lock', 'session.lock']);
  expect(held()).toEqual([]);
});
