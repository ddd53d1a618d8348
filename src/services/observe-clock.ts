import type { World } from '../world.ts';
import { replyFacts } from './reply-facts.ts';

/** A server whose clock was seen. */
export interface ObservedClock {
  readonly host: string;
  /** The server's clock less ours; milliseconds. 0 below two seconds. */
  readonly skewMs: number;
}

/** A world in which each reply's Date is noted. */
export function observeClock(world: World): {
  readonly world: World;
  readonly clocks: () => readonly ObservedClock[];
} {
  const clocks: ObservedClock[] = [];
  const observed: World = {
    ...world,
    async sendHttp(request, options) {
      const reply = await world.sendHttp(request, options);
      if (reply.headers['date'] !== undefined) {
        const { skewMs } = replyFacts(reply, world.clock.now());
        clocks.push({ host: request.url.host, skewMs });
      }
      return reply;
    },
  };
  return { world: observed, clocks: () => clocks };
}
