import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { decodePendingRecord, type PendingRecord } from '../../src/model/pending-record.ts';
import { isRunning } from '../stand-in/is-running.ts';
import { until } from './until.ts';

/** A home as the tests know it. */
interface Home {
  readonly cacheDirectory: string;
}

/** The sign-ins and refreshes that go on, or were left behind. */
export function pendingRecords({ cacheDirectory }: Home): readonly PendingRecord[] {
  const folder = join(cacheDirectory, 'pending');
  if (!existsSync(folder)) return [];
  // Not those that are being written.
  const names = readdirSync(folder).filter((name) => name.endsWith('.json'));
  return names.flatMap((name) => {
    try {
      return decodePendingRecord(readFileSync(join(folder, name), 'utf8')) ?? [];
    } catch {
      return []; // Gone meanwhile.
    }
  });
}

/** Waits until the one sign-in of a home is of this kind. */
export function pendingWhen(
  home: Home,
  isWanted: (record: PendingRecord) => boolean,
): Promise<PendingRecord> {
  return until('such a sign-in is pending', () => pendingRecords(home).find(isWanted));
}

/** Waits until the one sign-in of a home has something for the person to see. */
export function pendingShown(home: Home): Promise<PendingRecord> {
  return pendingWhen(home, ({ shown }) => shown !== undefined);
}

/** The code that a sign-in by device code waits for. */
export function userCodeOf({ shown }: PendingRecord): string {
  if (shown?.kind !== 'device') throw new Error('no sign-in by device code');
  return shown.userCode;
}

/** Ends a process at once, and waits until it is gone. */
export async function killProcess(pid: number): Promise<void> {
  process.kill(pid, 'SIGKILL');
  await until(`process ${pid} is gone`, () => !isRunning(pid) || undefined);
}
