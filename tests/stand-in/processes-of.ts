import { readdirSync, readFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { isRunning } from './is-running.ts';

/** How long they get to end by themselves; milliseconds. */
const patienceMs = 20_000;

/**
 * The processes whose HOME is this directory, also those that have left their parent behind; none where
 * the system has no /proc.
 */
export function processesOf(home: string): readonly number[] {
  let names: readonly string[];
  try {
    names = readdirSync('/proc');
  } catch {
    return [];
  }
  return names
    .filter((name) => /^\d+$/.test(name))
    .map(Number)
    .filter((pid) => pid !== process.pid && homeOf(pid) === home);
}

/** Waits until nobody is left who could write in a home, and ends who is not done by then. */
export async function endProcessesOf(home: string): Promise<void> {
  const deadline = Date.now() + patienceMs;
  for (;;) {
    const left = processesOf(home).filter(isRunning);
    if (left.length === 0) return;
    if (Date.now() > deadline) for (const pid of left) kill(pid);
    await sleep(20);
  }
}

function kill(pid: number): void {
  try {
    process.kill(pid, 'SIGKILL');
  } catch {
    // It has ended meanwhile.
  }
}

function homeOf(pid: number): string | undefined {
  try {
    const variables = readFileSync(`/proc/${pid}/environ`, 'utf8').split('\0');
    return variables.find((variable) => variable.startsWith('HOME='))?.slice('HOME='.length);
  } catch {
    return undefined; // It has ended meanwhile, or is another user's.
  }
}
