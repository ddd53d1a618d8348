import { type LocationOptions, locate } from './config/locate.ts';
import { type ClockRecord, clockRemedy, describeSkew, isNotable } from './model/clock-record.ts';
import { keepClocks, wrongClocks } from './store/clock-records.ts';
import { openStore } from './store/store.ts';
import type { World } from './world.ts';

/**
 * Keeps what was heard of the servers' clocks; and gives what a person should know of ours, as a line:
 * nothing when it is right, as far as we know.
 */
export function clockNote(
  heard: readonly ClockRecord[],
  asked: LocationOptions,
  world: World,
): string {
  try {
    const store = openStore(locate(asked, world).cacheDirectory, world);
    keepClocks(store, heard);
    // Where one server agrees with us, it is another one whose clock is wrong.
    if (!heard.every(isNotable)) return '';
    const [wrong] = wrongClocks(store, world.clock.now());
    if (wrong === undefined) return '';
    const what = describeSkew(wrong.skewMs, `that of ${wrong.host}`);
    return `Note: ${what}. ${clockRemedy(world.surroundings())}\n`;
  } catch {
    // It is no reason to fail, nor to say that it cannot be said.
    return '';
  }
}
