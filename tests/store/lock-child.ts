import { appendFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { withLock } from '../../src/store/lock.ts';
import { openStore } from '../../src/store/store.ts';
import { effectiveUser } from '../../src/system/platform.ts';

// Works under a lock some times over, and brackets each piece of work in a log.
const [directory = '', log = '', rounds = '1', workMs = '5'] = process.argv.slice(2);
const world = {
  platform: process.platform,
  user: effectiveUser(),
  randomHex: () => String(process.pid),
  trace: () => undefined,
  clock: {
    now: Date.now,
    monotonicMs: () => performance.now(),
    sleep: (ms: number) => sleep(ms),
  },
};
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
