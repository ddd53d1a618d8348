import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { decodePendingRecord } from '../../src/model/pending-record.ts';
import { isRunning } from './is-running.ts';

/**
 * Ends the processes that go on for the calls of a test: a refresh is let finish, a sign-in is ended.
 * Waits until they are gone.
 */
export async function endWorkers(cacheDirectory: string): Promise<void> {
  const told = new Set<number>();
  const deadline = Date.now() + 20_000;
  for (;;) {
    const pending = pendingIn(cacheDirectory).filter(({ owner }) => isRunning(owner.pid));
    const toEnd =
      Date.now() < deadline ? pending.filter(({ task }) => task === 'sign-in') : pending;
    for (const { owner } of toEnd) {
      if (!told.has(owner.pid)) process.kill(owner.pid, 'SIGTERM');
      told.add(owner.pid);
    }
    if (pending.length === 0 && ![...told].some(isRunning)) return;
    if (Date.now() > deadline + 5_000) throw new Error('a worker does not end');
    await sleep(20);
  }
}

function pendingIn(cacheDirectory: string) {
  const folder = join(cacheDirectory, 'pending');
  let names: readonly string[];
  try {
    names = readdirSync(folder);
  } catch {
    return [];
  }
  return names.flatMap((name) => {
    try {
      const record = decodePendingRecord(readFileSync(join(folder, name), 'utf8'));
      return record === undefined || record.owner.pid === process.pid ? [] : [record];
    } catch {
      return []; // Gone meanwhile.
    }
  });
}
