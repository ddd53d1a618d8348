import { readdirSync, readFileSync } from 'node:fs';

/** The processes whose HOME is this directory: also those that have left their parent behind. */
export function processesOf(home: string): readonly number[] {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .map(Number)
    .filter((pid) => pid !== process.pid && homeOf(pid) === home);
}

/** Ends what still runs for a home that is to be removed. */
export function endProcessesOf(home: string): void {
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

function homeOf(pid: number): string | undefined {
  try {
    const variables = readFileSync(`/proc/${pid}/environ`, 'utf8').split('\0');
    return variables.find((variable) => variable.startsWith('HOME='))?.slice('HOME='.length);
  } catch {
    return undefined; // It has ended meanwhile.
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
