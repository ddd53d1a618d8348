import type { PendingRecord } from '../model/pending-record.ts';
import type { World } from '../world.ts';
import { readPending } from './pending-work.ts';
import type { SessionPlace } from './session-place.ts';

/**
 * A worker that has not written itself in by then is not waited for, though it runs. For a sign-in
 * that is longer: done by the call itself, it would end with the call, and a crowd of processes may
 * take seconds to start. Milliseconds.
 */
const handOverMs = { refresh: 2_000, 'sign-in': 10_000 } as const;

const lookEveryMs = 10;

/**
 * Starts a process of its own that goes on with a piece of work that was just begun, and waits until
 * it has taken over; to be called under the session's lock. Gives the record as it is then; undefined
 * when no process took over, and the record is as it was.
 * @throws StorageFailed
 */
export async function handOver(
  place: SessionPlace,
  record: PendingRecord,
  world: World,
): Promise<PendingRecord | undefined> {
  const { clock, trace } = world;
  const deadline = clock.monotonicMs() + handOverMs[record.task];
  const started = await place.startWorker(record.task, record.id);
  while (started !== undefined) {
    const isOver = started.hasEnded() || clock.monotonicMs() >= deadline;
    const now = readPending(place);
    // It may be done already.
    if (now?.id !== record.id) return record;
    if (now.owner.pid !== record.owner.pid) {
      trace('worker', `process ${now.owner.pid} goes on with it`);
      return now;
    }
    if (isOver) break;
    await clock.sleep(lookEveryMs);
  }
  trace('worker', 'no process of its own could be started');
  return undefined;
}
