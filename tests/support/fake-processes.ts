import { existsSync, rmSync, writeFileSync } from 'node:fs';
import type { ProcessIdentity } from '../../src/model/owner.ts';
import type { Processes } from '../../src/system/processes.ts';

/** The processes of a kernel that never was. */
export interface FakeProcesses {
  /** Starts one; gives what it can tell. */
  start(changes?: Partial<ProcessIdentity>): FakeProcess;
}

/** A process that lives until it is killed. */
export interface FakeProcess extends Processes {
  readonly kill: () => void;
  /** How often it asked for others on their sockets. */
  readonly probes: () => number;
}

export function fakeProcesses(): FakeProcesses {
  const living = new Map<number, ProcessIdentity>();
  const listeners = new Map<string, number>();
  let last = 1_000;
  return {
    start(changes = {}) {
      last += 1;
      const pid = last;
      const startTime = String(pid);
      const identity = { pid, startTime, kernel: 'kernel', pidNamespace: 'pid:[1]', ...changes };
      let probes = 0;
      living.set(pid, identity);
      return {
        kill: () => living.delete(pid),
        probes: () => probes,
        self: () => identity,
        isRunning: () => false,
        startTimeOf(asked) {
          const other = living.get(asked);
          return other?.pidNamespace === identity.pidNamespace ? other.startTime : undefined;
        },
        async listen(path) {
          writeFileSync(path, '');
          listeners.set(path, pid);
          return () => rmSync(path, { force: true });
        },
        async probe(path) {
          probes += 1;
          return existsSync(path) && living.has(listeners.get(path) ?? 0) ? 'alive' : 'dead';
        },
      };
    },
  };
}
