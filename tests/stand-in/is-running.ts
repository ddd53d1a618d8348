import { readFileSync } from 'node:fs';

/** Whether a process is there, and has not ended. */
export function isRunning(pid: number): boolean {
  try {
    process.kill(pid, 0);
    // One that waits to be reaped has ended.
    return !/\) Z /.test(readFileSync(`/proc/${pid}/stat`, 'utf8'));
  } catch {
    return false;
  }
}
