import { setTimeout as sleep } from 'node:timers/promises';

const patienceMs = 60_000;

/** Waits until something is there, and gives it; bounded, and generous to a busy machine. */
export async function until<T>(what: string, look: () => T | undefined): Promise<T> {
  const deadline = Date.now() + patienceMs;
  for (;;) {
    const found = look();
    if (found !== undefined) return found;
    if (Date.now() > deadline) throw new Error(`waited in vain until ${what}`);
    await sleep(20);
  }
}
