import { appendFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { realWorld } from '../../src/real-world.ts';
import { withLock } from '../../src/store/lock.ts';
import { openStore } from '../../src/store/store.ts';

// Works under a lock some times over, and brackets each piece of work in a log.
const [directory = '', log = '', rounds = '1', workMs = '5'] = process.argv.slice(2);
const world = realWorld();
const store = openStore(directory, world);
const name = 'role';
for (let round = 0; round < Number(rounds); round += 1) {
  await withLock(
    store,
    {
      name,
      purpose: name,
      deadline: performance.now() + 20_000,
      look: async () => ({ todo: undefined }),
      evenUnlocked: false,
      work: async () => {
        appendFileSync(log, `<${process.pid}\n`);
        await sleep(Number(workMs));
        appendFileSync(log, `>${process.pid}\n`);
        return true;
      },
    },
    world,
  );
}
