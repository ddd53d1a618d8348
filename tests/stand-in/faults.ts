import type { Call } from './call-log.ts';
import type { Fields, OperationName } from './wire.ts';

/** A gate that requests wait at. Open for good once it is released. */
export interface Barrier {
  readonly name: string;
  /** How many requests have come to it so far. */
  readonly arrived: () => number;
  /** Resolves once that many have come. */
  readonly arrivals: (count: number) => Promise<void>;
  readonly pass: () => Promise<void>;
  readonly release: () => void;
}

/**
 * What goes wrong with a call. With `status`, `body` or `dropConnection` the operation is not
 * performed, unless `commit` says so; all else happens to the reply of an operation performed.
 */
export interface Fault {
  /** For how many calls; 1 by default. */
  readonly times?: number;
  /** Only for calls of which this holds. */
  readonly when?: (call: Call) => boolean;
  /** Answers an error of the service's own form … */
  readonly status?: number;
  readonly error?: string;
  readonly message?: string;
  /** … or this text, as `contentType` (text/html by default). */
  readonly body?: string | Buffer;
  readonly contentType?: string;
  readonly headers?: Readonly<Record<string, string>>;
  /** Performs the operation although its reply is lost or replaced. */
  readonly commit?: boolean;
  /** Changes the members of the reply before they are written as JSON or XML. */
  readonly transform?: (reply: Fields) => Fields;
  /** Holds the request at a barrier before anything is done … */
  readonly holdRequest?: Barrier;
  /** … or performs the operation, then holds the reply. */
  readonly hold?: Barrier;
  /** Delays the reply. */
  readonly delayMs?: number;
  /** Closes the connection in place of a reply. */
  readonly dropConnection?: boolean;
  /** Sends the body byte by byte, this far apart. */
  readonly slowDripMs?: number;
}

/** Whether a fault puts something in place of the operation's own reply. */
export function isReplaced({ status, body, dropConnection }: Fault): boolean {
  return status !== undefined || body !== undefined || dropConnection === true;
}

export interface FaultPlan {
  /** Adds a fault; several for one operation are used up in their order. */
  readonly add: (operation: OperationName | '*', fault: Fault) => void;
  /** The fault for this call, if one is planned; it counts as used. */
  readonly take: (call: Call) => Fault | undefined;
  readonly clear: () => void;
  /** The barrier of this name, made when it is first asked for. */
  readonly barrier: (name: string) => Barrier;
  /** Opens a barrier and forgets its name. */
  readonly release: (name: string) => void;
  readonly releaseAll: () => void;
}

export function createFaultPlan(): FaultPlan {
  let planned: { operation: OperationName | '*'; fault: Fault; left: number }[] = [];
  const barriers = new Map<string, Barrier>();

  const release = (name: string): void => {
    barriers.get(name)?.release();
    barriers.delete(name);
  };
  return {
    add: (operation, fault) => planned.push({ operation, fault, left: fault.times ?? 1 }),
    take: (call) => {
      const entry = planned.find(
        ({ operation, fault, left }) =>
          left > 0 &&
          (operation === '*' || operation === call.operation) &&
          (fault.when === undefined || fault.when(call)),
      );
      if (entry !== undefined) entry.left -= 1;
      return entry?.fault;
    },
    clear: () => {
      planned = [];
    },
    barrier: (name) => {
      const barrier = barriers.get(name) ?? createBarrier(name);
      barriers.set(name, barrier);
      return barrier;
    },
    release,
    releaseAll: () => {
      for (const name of [...barriers.keys()]) release(name);
    },
  };
}

function createBarrier(name: string): Barrier {
  let arrived = 0;
  let waiting: { count: number; resolve: () => void }[] = [];
  let release = (): void => undefined;
  const released = new Promise<void>((resolve) => {
    release = resolve;
  });
  return {
    name,
    arrived: () => arrived,
    arrivals: (count) =>
      new Promise((resolve) => {
        if (arrived >= count) resolve();
        else waiting.push({ count, resolve });
      }),
    pass: () => {
      arrived += 1;
      for (const waiter of waiting) if (arrived >= waiter.count) waiter.resolve();
      waiting = waiting.filter(({ count }) => arrived < count);
      return released;
    },
    release,
  };
}
