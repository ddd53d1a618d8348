import { type ClockRecord, describeSkew, isNotable } from '../model/clock-record.ts';
import type { World } from '../world.ts';
import { serverSkewMs } from './reply-facts.ts';

/** A world in which it is heard what the servers' clocks say. */
export interface HearingWorld {
  readonly world: World;
  /** The last word of each server so far. */
  readonly heard: () => readonly ClockRecord[];
}

/** Reads the Date of every reply (RFC 9110, 6.6.1). */
export function hearClocks(world: World): HearingWorld {
  const heard = new Map<string, ClockRecord>();
  return {
    heard: () => [...heard.values()],
    world: {
      ...world,
      async sendHttp(request, options) {
        const reply = await world.sendHttp(request, options);
        const { host } = request.url;
        const seenAt = world.clock.now();
        const skewMs = serverSkewMs(reply, seenAt);
        if (skewMs === undefined) return reply;
        const record = { host, skewMs, seenAt };
        heard.set(host, record);
        if (isNotable(record)) world.trace('clock', describeSkew(skewMs, `that of ${host}`));
        return reply;
      },
    },
  };
}
