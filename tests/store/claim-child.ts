import { appendFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { realWorld } from '../../src/real-world.ts';
import { type Claim, claim } from '../../src/store/claim.ts';
import { openStore } from '../../src/store/store.ts';
import { obeyOrders } from '../support/obey-orders.ts';

const [directory = '', log = ''] = process.argv.slice(2);
const world = realWorld();
const store = openStore(directory, world);
const note = (mark: string) => appendFileSync(log, `${mark}${process.pid}\n`);
let mine: Claim | undefined;

obeyOrders({
  async claim(digest = '') {
    const got = await claim(store, digest, world);
    if (got.kind === 'held') return { kind: got.kind, pid: got.owner?.pid ?? null };
    mine = got;
    return { kind: got.kind };
  },
  release() {
    if (mine?.kind === 'mine') mine.release();
  },
  // Has it some times among others who want it, and brackets that in a log; dies with the last one.
  async race(digest = '', times) {
    for (let left = Number(times); left > 0; ) {
      const got = await claim(store, digest, world);
      if (got.kind === 'mine') {
        note('<');
        await sleep(1);
        left -= 1;
        if (left === 0) process.kill(process.pid, 'SIGKILL');
        note('>');
        got.release();
      }
      await sleep(5 + Math.random() * 40);
    }
  },
});
