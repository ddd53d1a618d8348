import { expect, test } from '@jest/globals';
import { SsoCredError } from '../../src/model/errors.ts';
import { idempotent, retrying } from '../../src/services/retry.ts';
import type { Clock } from '../../src/world.ts';

/** Time that passes only when everybody sleeps. */
function virtualTime(): { clock: Clock; run: (until: Promise<unknown>) => Promise<void> } {
  let nowMs = 0;
  const sleepers: { readonly at: number; readonly wake: () => void }[] = [];
  return {
    clock: {
      now: () => nowMs,
      monotonicMs: () => nowMs,
      sleep: (ms) => new Promise((wake) => sleepers.push({ at: nowMs + ms, wake })),
    },
    async run(until) {
      let isOver = false;
      void until.finally(() => {
        isOver = true;
      });
      while (!isOver) {
        await new Promise((resolve) => setImmediate(resolve));
        sleepers.sort((one, other) => one.at - other.at);
        const next = sleepers.shift();
        if (next === undefined) continue;
        nowMs = Math.max(nowMs, next.at);
        next.wake();
      }
    },
  };
}

test.each([
  { callers: 50, retryAfterMs: undefined },
  { callers: 50, retryAfterMs: 1_000 },
  { callers: 200, retryAfterMs: undefined },
  { callers: 200, retryAfterMs: 1_000 },
])(
  'a swarm of $callers gets through a quota of 20 a second (Retry-After: $retryAfterMs)',
  async ({ callers, retryAfterMs }) => {
    const { clock, run } = virtualTime();
    let second = -1;
    let taken = 0;
    const ask = async () => {
      // The way there and back.
      await clock.sleep(10 + Math.random() * 50);
      const now = Math.floor(clock.now() / 1_000);
      if (now !== second) [second, taken] = [now, 0];
      taken += 1;
      if (taken <= 20) return 'served';
      throw new SsoCredError('Throttled', 'Slowly', retryAfterMs ? { retryAfterMs } : {});
    };
    const world = { clock, trace: () => undefined };
    const all = Promise.allSettled(
      Array.from({ length: callers }, () => retrying(idempotent, ask, 45_000, world)),
    );
    await run(all);
    expect((await all).filter(({ status }) => status === 'rejected')).toEqual([]);
    // Not by waiting for an eternity.
    expect(clock.now()).toBeLessThan((callers / 20) * 2_000 + 5_000);
  },
);
