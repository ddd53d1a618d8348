import { realWorld } from '../../src/real-world.ts';
import { withLock } from '../../src/store/lock.ts';
import { openStore } from '../../src/store/store.ts';
import { obeyOrders } from '../support/obey-orders.ts';

const [directory = ''] = process.argv.slice(2);
const world = realWorld();
const store = openStore(directory, world);
let letGo = () => {};
let released: Promise<unknown> = Promise.resolve();

obeyOrders({
  // Takes a lock, and holds it from the answer on.
  hold: (name = '') =>
    new Promise<void>((resolve) => {
      const work = () =>
        new Promise<boolean>((finish) => {
          letGo = () => finish(true);
          resolve();
        });
      const look = async () => ({ todo: undefined });
      const deadline = world.clock.monotonicMs() + 60_000;
      const request = { name, purpose: name, deadline, look, evenUnlocked: false, work };
      released = withLock(store, request, world);
    }),
  async release() {
    letGo();
    await released;
  },
});
