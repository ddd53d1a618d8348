import { appendFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { realWorld } from '../../src/real-world.ts';
import { withLock } from '../../src/store/lock.ts';
import { openStore } from '../../src/store/store.ts';

// Takes a lock again and again, until it is killed, and brackets what it does under it in a log that
// knows nothing of locks.
const [directory = '', log = ''] = process.argv.slice(2);
const real = realWorld();
// Tries every 5 to 15 ms, which is harder on the lock than the program is.
const clock = { ...real.clock, sleep: (ms: number) => sleep(ms / 5) };
const world = { ...real, clock };
const store = openStore(directory, world);
for (;;) {
  await withLock(
    store,
    {
      name: 'contended',
      purpose: 'the lock',
      deadline: clock.monotonicMs() + 60_000,
      look: async () => ({ todo: undefined }),
      evenUnlocked: false,
      work: async () => {
        appendFileSync(log, `<${process.pid}\n`);
        await sleep(10 + Math.random() * 20);
        appendFileSync(log, `>${process.pid}\n`);
      },
    },
    world,
  );
}
