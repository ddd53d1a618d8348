import { readFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach } from '@jest/globals';
import type { Running } from './run-process.ts';
import { type Runtime, startTypeScript } from './run-typescript.ts';

/** A process that does what it is told; see obey-orders.ts. */
export interface OrderedChild extends Running {
  /** Gives an order and waits for the answer. */
  readonly tell: (order: string, ...words: readonly (string | number)[]) => Promise<unknown>;
  /** Gives an order that nobody waits for. */
  readonly order: (order: string, ...words: readonly (string | number)[]) => void;
  /** Stops it, and waits until the kernel has; nothing of it runs after that. */
  readonly stop: () => Promise<void>;
  /** Ends it, and waits for its end. */
  readonly end: (signal: NodeJS.Signals) => Promise<void>;
}

const started: Running[] = [];

afterEach(async () => {
  for (const running of started) {
    if (running.isRunning()) process.kill(innermost(running.pid), 'SIGKILL');
    running.kill('SIGKILL');
  }
  await Promise.all(started.splice(0).map(({ finished }) => finished));
});

/** Starts a file that calls obeyOrders; ended after the test. */
export async function orderedChild(
  runtime: Runtime,
  file: string,
  ...args: readonly string[]
): Promise<OrderedChild> {
  const running = startTypeScript(runtime, file, ...args);
  started.push(running);
  let count = 0;
  const order: OrderedChild['order'] = (...words) => {
    count += 1;
    running.type(`${JSON.stringify(words.map(String))}\n`);
  };
  const said = async (): Promise<unknown> => {
    const [, line = ''] = await running.says(new RegExp(`^(?:.*\\n){${count}}(.*)\\n`));
    return JSON.parse(line);
  };
  await said();
  return {
    ...running,
    order,
    tell: (...words) => {
      order(...words);
      return said();
    },
    async stop() {
      const pid = innermost(running.pid);
      process.kill(pid, 'SIGSTOP');
      while (!isInState(pid, 'T')) await sleep(5);
    },
    async end(signal) {
      const pid = innermost(running.pid);
      process.kill(pid, signal);
      await running.finished;
    },
  };
}

/** The process itself, behind programs that only set its surroundings up and wait for it. */
function innermost(pid: number): number {
  if (process.platform !== 'linux') return pid;
  const [child] = readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8').split(' ');
  return child ? innermost(Number(child)) : pid;
}

/** @param state a letter of proc_pid_stat(5) */
export function isInState(pid: number, state: string): boolean {
  const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
  return stat.slice(stat.lastIndexOf(')') + 2).startsWith(state);
}
