import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from '@jest/globals';
import { freshDirectory } from '../support/fresh-directory.ts';
import { orderedChild } from '../support/ordered-child.ts';
import { runtimes } from '../support/run-typescript.ts';

const names = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;

describe.each(runtimes())('a process of $name that is told to end', (runtime) => {
  /** One that has done these orders of signals-child.ts. */
  async function started(...orders: readonly string[]) {
    const log = join(freshDirectory(), 'log');
    writeFileSync(log, '');
    const child = await orderedChild(runtime, 'tests/system/signals-child.ts', log);
    for (const order of orders) await child.tell(order);
    return { ...child, noted: () => readFileSync(log, 'utf8').split('\n').slice(0, -1) };
  }

  test.each(names)(
    'by %s cleans up, the latest first, and its parent sees the signal',
    async (name) => {
      const child = await started('clean-up', 'clean-up-badly', 'clean-up');
      child.kill(name);
      expect(await child.finished).toMatchObject({ exitStatus: null, signal: name });
      const cleanedUp = `cleaned up after ${name}`;
      expect(child.noted()).toEqual([cleanedUp, 'failed', cleanedUp]);
    },
  );

  test.each(names)(
    'by %s while signals are held ends right after, and goes on with nothing',
    async (name) => {
      const child = await started('clean-up', 'hold');
      child.kill(name);
      // The signal has come by the time an order that was given after it is done.
      await child.tell('is-held');
      expect(child.isRunning()).toBe(true);
      expect(child.noted()).toEqual([]);
      child.order('let-through');
      expect(await child.finished).toMatchObject({ exitStatus: null, signal: name });
      expect(child.noted()).toEqual([`cleaned up after ${name}`]);
    },
  );

  test('ends by the signal that came first', async () => {
    const child = await started('hold');
    child.kill('SIGTERM');
    await child.tell('is-held');
    child.kill('SIGINT');
    await child.tell('is-held');
    child.order('let-through');
    expect(await child.finished).toMatchObject({ signal: 'SIGTERM' });
  });

  test('does not clean up what was withdrawn, nor at an end of its own', async () => {
    const withdrawn = await started('clean-up', 'withdraw');
    withdrawn.kill('SIGTERM');
    expect(await withdrawn.finished).toMatchObject({ signal: 'SIGTERM' });
    expect(withdrawn.noted()).toEqual([]);
    const ended = await started('clean-up');
    ended.order('exit');
    expect(await ended.finished).toMatchObject({ exitStatus: 0 });
    expect(ended.noted()).toEqual([]);
  });

  test('goes on where no signal came while they were held', async () => {
    const child = await started('hold');
    expect(await child.tell('is-held')).toBe(true);
    await child.tell('let-through');
    child.order('exit');
    expect(await child.finished).toMatchObject({ exitStatus: 0 });
    expect(child.noted()[0]).toBe('went on');
  });
});
