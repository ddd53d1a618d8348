import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from '@jest/globals';
import { freshDirectory } from '../support/fresh-directory.ts';
import { runtimes, startTypeScript } from '../support/run-typescript.ts';

const names = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;

describe.each(runtimes())('a process of $name that is told to end', (runtime) => {
  /** One that has done these orders of signals-child.ts. */
  async function started(...orders: readonly string[]) {
    const log = join(freshDirectory(), 'log');
    writeFileSync(log, '');
    const running = startTypeScript(runtime, 'tests/system/signals-child.ts', log);
    await running.says(/ready/);
    let count = 0;
    const obey = async (order: string) => {
      count += 1;
      running.type(`${order}\n`);
      await running.says(new RegExp(`done ${count}\n`));
    };
    for (const order of orders) await obey(order);
    return { ...running, obey, noted: () => readFileSync(log, 'utf8').split('\n').slice(0, -1) };
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
      await child.obey('is-held');
      expect(child.isRunning()).toBe(true);
      expect(child.noted()).toEqual([]);
      child.type('let-through\n');
      expect(await child.finished).toMatchObject({ exitStatus: null, signal: name });
      expect(child.noted()).toEqual([`cleaned up after ${name}`]);
    },
  );

  test('ends by the signal that came first', async () => {
    const child = await started('hold');
    child.kill('SIGTERM');
    await child.obey('is-held');
    child.kill('SIGINT');
    await child.obey('is-held');
    child.type('let-through\n');
    expect(await child.finished).toMatchObject({ signal: 'SIGTERM' });
  });

  test('does not clean up what was withdrawn, nor at an end of its own', async () => {
    const withdrawn = await started('clean-up', 'withdraw');
    withdrawn.kill('SIGTERM');
    expect(await withdrawn.finished).toMatchObject({ signal: 'SIGTERM' });
    expect(withdrawn.noted()).toEqual([]);
    const ended = await started('clean-up');
    ended.type('exit\n');
    expect(await ended.finished).toMatchObject({ exitStatus: 0 });
    expect(ended.noted()).toEqual([]);
  });

  test('goes on where no signal came while they were held', async () => {
    const child = await started('hold');
    await child.obey('is-held');
    expect(await child.says(/held: (\w+)/)).toHaveProperty('1', 'true');
    await child.obey('let-through');
    child.type('exit\n');
    expect(await child.finished).toMatchObject({ exitStatus: 0 });
    expect(child.noted()[0]).toBe('went on');
  });
});
