import { readFileSync, readlinkSync, unlinkSync } from 'node:fs';
import { hostname } from 'node:os';
import { basename } from 'node:path';
import { codeOf, hasCode } from '../model/errors.ts';
import type { Liveness, ProcessIdentity } from '../model/owner.ts';

/** What a process can tell of itself and of others on the same kernel. */
export interface Processes {
  self(): ProcessIdentity;
  /** When the process of that number started (ProcessIdentity); undefined when there is none. */
  startTimeOf(pid: number): string | undefined;
  /** Whether that process is there and not stopped (SIGSTOP, Ctrl-Z); false where nothing tells. */
  isRunning(pid: number): boolean;
  /**
   * Listens on a socket until this process exits, so that others can tell that it lives; gives the
   * socket's removal, for another end, or undefined where the path allows no socket.
   */
  listen(path: string): Promise<(() => void) | undefined>;
  /**
   * Whether a process listens on a socket: also one that is stopped, or in another container.
   * @param pid its number, where that means the same process to us
   */
  probe(path: string, pid?: number): Promise<Liveness>;
}

/** A path of a socket holds no more on any system (unix(7): 108 with the end, macOS 104); bytes. */
const maxSocketPathBytes = 100;

const probeTimeoutMs = 500;

/** The processes of this system. */
export function realProcesses(platform: NodeJS.Platform): Processes {
  let self: ProcessIdentity | undefined;
  return {
    self() {
      self ??= {
        pid: process.pid,
        startTime: startTimeOf(process.pid) ?? '',
        kernel: kernelName(platform),
        pidNamespace: linkTarget('/proc/self/ns/pid'),
      };
      return self;
    },
    startTimeOf,
    isRunning: (pid) => 'RSDI'.includes(statOf(pid)?.[0] ?? 'none'),
    async listen(path) {
      const address = socketAddress(path, platform);
      if (address === undefined) return undefined;
      const { createServer } = await import('node:net');
      const server = createServer((connection) => connection.destroy());
      const isListening = await new Promise<boolean>((resolve) => {
        server.once('error', () => resolve(false));
        server.listen(address, () => resolve(true));
      });
      if (!isListening) return undefined;
      server.on('error', () => undefined);
      server.unref();
      const remove = () => {
        try {
          unlinkSync(path);
        } catch {
          // On Windows there is no such file; elsewhere it is swept.
        }
      };
      process.once('exit', remove);
      return remove;
    },
    async probe(path, pid) {
      const address = socketAddress(path, platform);
      if (address === undefined) return 'unknown';
      const { connect } = await import('node:net');
      return await new Promise<Liveness>((resolve) => {
        const connection = connect(address);
        const done = (liveness: Liveness) => {
          connection.destroy();
          resolve(liveness);
        };
        connection.setTimeout(probeTimeoutMs, () => done('unknown'));
        connection.once('connect', () => done('alive'));
        connection.once('error', (error) => {
          const liveness = livenessByError(codeOf(error));
          done(liveness === 'dead' && mayBeStopped(pid, platform) ? 'unknown' : liveness);
        });
      });
    },
  };
}

/**
 * Nobody listens where the connection is refused, or where there is no socket: its process removes it
 * at its end, others only when it is dead. Whoever is too busy to take a connection lives.
 */
function livenessByError(code: string | undefined): Liveness {
  if (code === 'ECONNREFUSED' || code === 'ENOENT') return 'dead';
  return code === 'EAGAIN' || code === 'ECONNRESET' || code === 'EPIPE' ? 'alive' : 'unknown';
}

/**
 * The systems that descend from BSD refuse a connection also where too many wait to be taken: behind
 * a process that is stopped.
 */
function mayBeStopped(pid: number | undefined, platform: NodeJS.Platform): boolean {
  if (platform === 'linux' || platform === 'win32') return false;
  if (pid === undefined) return true;
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return !hasCode(error, 'ESRCH');
  }
}

/** Windows has named pipes in a space of their own. */
function socketAddress(path: string, platform: NodeJS.Platform): string | undefined {
  if (platform === 'win32') return `\\\\.\\pipe\\sso-cred-${basename(path)}`;
  return Buffer.byteLength(path) <= maxSocketPathBytes ? path : undefined;
}

/** Undefined for a process that is not there, and for one that has ended and waits to be reaped. */
function startTimeOf(pid: number): string | undefined {
  const [state, ...fields] = statOf(pid) ?? [];
  return state === 'Z' || state === 'X' ? undefined : fields[18];
}

/** What /proc tells of a process, from its state on (proc_pid_stat(5), field 3). */
function statOf(pid: number): readonly string[] | undefined {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    // The second field, the program's name, may hold anything.
    return stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  } catch {
    return undefined;
  }
}

function kernelName(platform: NodeJS.Platform): string {
  try {
    return readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim();
  } catch {
    return `${platform}:${hostname()}`;
  }
}

function linkTarget(path: string): string {
  try {
    return readlinkSync(path);
  } catch {
    return '';
  }
}
