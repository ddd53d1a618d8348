import { numberAt, parseJsonObject, textAt } from './json.ts';

const version = 1;

/** A process, as far as others on the same kernel can tell it from all that ever had its number. */
export interface ProcessIdentity {
  readonly pid: number;
  /** When it started, in the kernel's own unit (proc_pid_stat(5), field 22); empty without /proc. */
  readonly startTime: string;
  /** The kernel since its last start: its boot id where there is one. */
  readonly kernel: string;
  /** The namespace that pid counts in; empty where there are none. */
  readonly pidNamespace: string;
}

/** Who holds a lock, a claim or a pending record: enough to tell later whether that process lives. */
export interface Owner extends ProcessIdentity {
  /** File name, in our folder of locks, of the socket that it listens on; empty when it has none. */
  readonly socket: string;
  /** Since when it holds that; epoch milliseconds. */
  readonly since: number;
}

/** unknown: another kernel's process, or one that left nothing to ask. */
export type Liveness = 'alive' | 'dead' | 'unknown';

/**
 * Whether an owner lives, as far as the list of processes tells: only for one of this kernel and of
 * the same pid namespace (a container has its own).
 * @param startTimeNow of the process that has its pid now; undefined when there is none
 */
export function judgeByPid(
  owner: Owner,
  self: ProcessIdentity,
  startTimeNow: string | undefined,
): Liveness {
  const isComparable =
    owner.kernel === self.kernel &&
    owner.pidNamespace === self.pidNamespace &&
    owner.startTime !== '' &&
    self.startTime !== '';
  if (!isComparable) return 'unknown';
  return startTimeNow === owner.startTime ? 'alive' : 'dead';
}

/** An owner as a message names it: `pid 4711, since 14:02:31`. */
export function describeOwner({ pid, since }: Pick<Owner, 'pid' | 'since'>): string {
  const time = new Date(since).toLocaleTimeString('en-GB');
  return `pid ${pid}, since ${time}`;
}

/** The text of an owner's file. */
export function encodeOwner(owner: Owner): string {
  return JSON.stringify({ version, ...owner });
}

/** The owner that a text names; undefined when it names none of this version. */
export function decodeOwner(text: string): Owner | undefined {
  const file = parseJsonObject(text);
  if (file === undefined || numberAt(file, 'version') !== version) return undefined;
  return ownerIn(file);
}

/** The owner whose members an object has; undefined when they are not all there. */
export function ownerIn(file: Readonly<Record<string, unknown>>): Owner | undefined {
  const textOrEmpty = (key: string) => textAt(file, key) ?? '';
  const pid = numberAt(file, 'pid');
  const since = numberAt(file, 'since');
  const socket = textOrEmpty('socket');
  if (pid === undefined || since === undefined) return undefined;
  // It is joined to a folder of ours.
  if (!/^[\w-]*(\.sock)?$/.test(socket)) return undefined;
  return {
    pid,
    startTime: textOrEmpty('startTime'),
    kernel: textOrEmpty('kernel'),
    pidNamespace: textOrEmpty('pidNamespace'),
    socket,
    since,
  };
}
