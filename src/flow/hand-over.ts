import type { PendingRecord } from '../model/pending-record.ts';
import type { World } from '../world.ts';
import { beginPending, endPending, readPending } from './pending-work.ts';
import type { SessionPlace } from './session-place.ts';

/** A worker that has not written itself in by then is not waited for; milliseconds. */
const handOverMs = 2_000;

const lookEveryMs = 10;

/**
 * Starts a process of its own that does a piece of work on the session, and waits until it has taken
 * over; to be called under the session's lock, when no such work goes on. Undefined when that cannot
 * be done.
 * @param start gives whether a process could be started that takes over the work of that id
 * @throws StorageFailed
 */
export async function handOver(
  place: SessionPlace,
  work: Pick<PendingRecord, 'task' | 'starts' | 'flow' | 'shown'>,
  start: (id: string) => Promise<boolean>,
  world: World,
): Promise<PendingRecord | undefined> {
  const { clock, trace } = world;
  const record = await beginPending(place, work, world);
  if (record === undefined) return undefined;
  const deadline = clock.monotonicMs() + handOverMs;
  if (await start(record.id)) {
    while (clock.monotonicMs() < deadline) {
      const now = readPending(place);
      // It may be done already.
      if (now?.id !== record.id) return record;
      if (now.owner.pid !== record.owner.pid) {
        trace('worker', `process ${now.owner.pid} goes on with it`);
        return now;
      }
      await clock.sleep(lookEveryMs);
    }
  }
  trace('worker', 'no process of its own could be started');
  endPending(place, record.id);
  return undefined;
}
