import { existsSync } from 'node:fs';
import { join } from 'node:path';
import {
  type ClockRecord,
  decodeClockRecord,
  encodeClockRecord,
  isNotable,
} from '../model/clock-record.ts';
import { sha256 } from './digest.ts';
import { listRecords } from './list-records.ts';
import type { Store } from './store.ts';

/** Older ones tell nothing of the clock as it is now; milliseconds. */
const maxAgeMs = 24 * 3_600_000;

/** A file is not written anew for less than this; milliseconds. */
const sameSkewMs = 30_000;
const sameAgeMs = 3_600_000;

/**
 * Keeps what servers told of our clock, as far as it is wrong, and forgets what is right again.
 * @throws StorageFailed
 */
export function keepClocks(store: Store, heard: readonly ClockRecord[]): void {
  // Nearly all clocks are right: then nothing is ever written, or read.
  if (!heard.some(isNotable) && !existsSync(join(store.directory, 'clocks'))) return;
  for (const record of heard) {
    const name = `${sha256(record.host)}.json`;
    const before = store.read('clocks', name, decodeClockRecord);
    if (!isNotable(record)) {
      if (before !== undefined) store.remove('clocks', name);
    } else if (before === undefined || !isSame(before, record)) {
      store.write('clocks', name, encodeClockRecord(record));
    }
  }
}

function isSame(before: ClockRecord, now: ClockRecord): boolean {
  return (
    Math.abs(before.skewMs - now.skewMs) < sameSkewMs &&
    Math.abs(before.seenAt - now.seenAt) < sameAgeMs
  );
}

/** The servers whose clock differs from ours, the latest first. @throws StorageFailed */
export function wrongClocks(store: Store, now: number): readonly ClockRecord[] {
  return listRecords(store, 'clocks', decodeClockRecord)
    .map(({ record }) => record)
    .filter((record) => isNotable(record) && Math.abs(now - record.seenAt) < maxAgeMs)
    .sort((one, other) => other.seenAt - one.seenAt);
}
