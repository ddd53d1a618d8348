import { lockUpdateMs } from '../model/lock-age.ts';
import type { Clock } from '../world.ts';
import type { LockHolder } from './lock-directory.ts';

/**
 * Sees for how long a holder has not touched its lock, whatever the clocks say. What passed while
 * nobody looked counts as little as if one look had come late: whoever was stopped itself, with the
 * holder perhaps (Ctrl-Z stops them all), has seen nothing.
 */
export class HolderWatch {
  readonly #clock: Clock;
  #seen = '';
  #lookedAt = 0;
  #unchangedMs = 0;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  unchangedMs({ file, touchedAt }: LockHolder): number {
    const now = this.#clock.monotonicMs();
    const seen = `${file} ${touchedAt}`;
    this.#unchangedMs =
      seen === this.#seen ? this.#unchangedMs + Math.min(now - this.#lookedAt, lockUpdateMs) : 0;
    this.#seen = seen;
    this.#lookedAt = now;
    return this.#unchangedMs;
  }
}
