import { readFileSync } from 'node:fs';
import { processesOf } from '../stand-in/processes-of.ts';

/** Ends what still runs for a home that is to be removed. */
export function killProcessesOf(home: string): void {
  for (const pid of processesOf(home)) sendSignal(pid, 'SIGKILL');
}

/** Sends a signal to a process that may have ended meanwhile. */
export function sendSignal(pid: number, signal: NodeJS.Signals): void {
  try {
    process.kill(pid, signal);
  } catch {
    // It has.
  }
}

/** The state of a process by proc_pid_stat(5), such as T for one that is stopped; empty when it is gone. */
export function stateOf(pid: number): string {
  try {
    const [, state = ''] = /^.*\) (\w)/s.exec(readFileSync(`/proc/${pid}/stat`, 'utf8')) ?? [];
    return state;
  } catch {
    return '';
  }
}

/** The processes that a process has started, and that have not left it. */
export function childrenOf(pid: number): readonly number[] {
  try {
    const text = readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8').trim();
    return text === '' ? [] : text.split(' ').map(Number);
  } catch {
    return [];
  }
}
