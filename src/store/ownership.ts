import { statSync, utimesSync } from 'node:fs';
import { join } from 'node:path';
import { judgeByPid, type Liveness, type Owner } from '../model/owner.ts';
import type { World } from '../world.ts';
import { sha256 } from './digest.ts';

/** Processes as owners of locks, claims and pending records. */
export interface Ownership {
  /**
   * This process as the owner of something, from now on. Others can tell from then to its end that
   * it lives.
   * @throws StorageFailed
   */
  owner(): Promise<Owner>;
  /** Whether the process that owns something still lives: the one place where that is decided. */
  liveness(owner: Owner): Promise<Liveness>;
  /** Whether that process is known to be at work: alive, and not stopped. */
  isRunning(owner: Owner): boolean;
  /** Whether anybody listens on a socket of that name; unknown of one of another kernel. */
  livenessOfSocket(name: string): Promise<Liveness>;
}

/**
 * For how long a process that answered on its socket counts as alive, for whoever asks; milliseconds.
 * A process that is stopped takes no connections: a crowd that asked all the time would fill its queue
 * (of 512), and from then on it would look dead to a Bun executable, which is not told the difference.
 */
const aliveForMs = 300;

/**
 * @param folder where the sockets of processes are
 * @param ensureFolder makes it if need be
 */
export function openOwnership(
  folder: string,
  ensureFolder: () => void,
  {
    processes,
    clock,
    signals,
    randomHex,
  }: Pick<World, 'processes' | 'clock' | 'signals' | 'randomHex'>,
): Ownership {
  let ownSocket: Promise<string> | undefined;

  /** Begins the names of the sockets that can be asked: those of this kernel. */
  const prefix = () => `${sha256(processes.self().kernel).slice(0, 8)}-`;

  /** Listens on a socket; gives its name, empty where that is not possible. */
  const listen = async (): Promise<string> => {
    ensureFolder();
    const name = `${prefix()}${randomHex(4)}.sock`;
    const remove = await processes.listen(join(folder, name));
    if (remove === undefined) return '';
    signals.onEnd(remove);
    return name;
  };

  return {
    async owner() {
      ownSocket ??= listen();
      return { ...processes.self(), socket: await ownSocket, since: clock.now() };
    },
    async liveness(owner) {
      const self = processes.self();
      const byPid = judgeByPid(owner, self, processes.startTimeOf(owner.pid));
      if (byPid !== 'unknown' || owner.kernel !== self.kernel || owner.socket === '') return byPid;
      const socket = join(folder, owner.socket);
      if (hasAnswered(socket, clock.now())) return 'alive';
      const isOfOurs = owner.pidNamespace === self.pidNamespace;
      const liveness = await processes.probe(socket, isOfOurs ? owner.pid : undefined);
      if (liveness === 'alive') noteAnswer(socket, clock.now());
      return liveness;
    },
    isRunning: (owner) =>
      judgeByPid(owner, processes.self(), processes.startTimeOf(owner.pid)) === 'alive' &&
      processes.isRunning(owner.pid),
    async livenessOfSocket(name) {
      return name.startsWith(prefix()) ? await processes.probe(join(folder, name)) : 'unknown';
    },
  };
}

/** Whether the process behind a socket has just answered, us or another: the socket's time says so. */
function hasAnswered(socket: string, now: number): boolean {
  try {
    return Math.abs(now - statSync(socket).mtimeMs) < aliveForMs;
  } catch {
    return false;
  }
}

function noteAnswer(socket: string, now: number): void {
  try {
    utimesSync(socket, now / 1000, now / 1000);
  } catch {
    // Gone, or no file (Windows): it is asked again.
  }
}
