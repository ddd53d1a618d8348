import { existsSync, rmSync, writeFileSync } from 'node:fs';
import { isSsoCredError } from '../../../src/model/errors.ts';
import type { ProcessIdentity } from '../../../src/model/owner.ts';
import type { SendHttp } from '../../../src/system/http.ts';
import type { Processes } from '../../../src/system/processes.ts';
import type { World } from '../../../src/world.ts';
import { fakeWorld } from '../../support/fake-world.ts';

/** How a simulated process came to its end; `code` is that of an SsoCredError. */
export type End =
  | { readonly kind: 'done'; readonly value: unknown }
  | { readonly kind: 'failed'; readonly code: string }
  | { readonly kind: 'crashed' };

/** A process of its own: it has its world, and runs only when it is let. */
export interface SimulatedProcess {
  readonly name: string;
  readonly pid: number;
  readonly world: World;
  /** Undefined while it lives. */
  readonly end: () => End | undefined;
  /** Comes to a point at which others may have their turn. */
  readonly pause: (what: string) => Promise<void>;
}

/** What processes share: a kernel, a disk, a network, and the time. */
export interface Simulation {
  readonly start: (
    name: string,
    work: (process: SimulatedProcess) => Promise<unknown>,
    traits?: Traits,
  ) => SimulatedProcess;
  /** Those that live, in the order they were started. */
  readonly living: () => readonly SimulatedProcess[];
  /** When one that lives can go on. */
  readonly readyAt: (process: SimulatedProcess) => number;
  /** Lets one run to its next pause; gives whether it could. */
  readonly step: (process: SimulatedProcess) => Promise<boolean>;
  /** Kills one: it never goes on, and all can tell. */
  readonly crash: (process: SimulatedProcess) => void;
  /** Stops one: it does not go on before so much time has passed. */
  readonly stop: (process: SimulatedProcess, ms: number) => void;
  readonly wait: (ms: number) => void;
  /** What happened, a line each. */
  readonly log: readonly string[];
  readonly note: (text: string) => void;
}

export interface Traits {
  /** How its clock on the wall differs; milliseconds. */
  readonly skewMs?: number;
  /** It is in a container of its own, with its own list of processes. */
  readonly isContained?: boolean;
}

interface State {
  readonly process: SimulatedProcess;
  readonly identity: ProcessIdentity;
  end: End | undefined;
  /** Lets it go on; undefined while it runs. */
  resume: (() => void) | undefined;
  wakeAt: number;
  frozenUntil: number;
  what: string;
  /** Called at its next pause, and at its end. */
  onIdle: () => void;
}

/** No step of a process takes longer on whatever machine; real milliseconds. */
const stuckMs = 30_000;

/** @param sendHttp the network, for the process that sends */
export function simulation(
  home: string,
  sendHttp: (sender: SimulatedProcess) => SendHttp,
): Simulation {
  const states: State[] = [];
  const listeners = new Map<string, State>();
  const log: string[] = [];
  const startedAt = Date.now();
  let time = 0;
  let random = 0;
  const note = (text: string) => log.push(`${(time / 1000).toFixed(1)} s: ${text}`);
  const stateOf = (process: SimulatedProcess): State => {
    const state = states.find((each) => each.process === process);
    if (state === undefined) throw new Error(`${process.name} is of another simulation`);
    return state;
  };

  const pauseOf = (state: State, what: string, ms = 0) =>
    new Promise<void>((resolve) => {
      // One that was killed, or ended otherwise, goes on with nothing.
      if (state.end !== undefined) return;
      state.what = what;
      state.wakeAt = time + ms;
      state.resume = resolve;
      state.onIdle();
    });

  const processesOf = (state: State): Processes => ({
    self: () => state.identity,
    startTimeOf(pid) {
      const other = states.find(({ identity }) => identity.pid === pid);
      const isSeen =
        other?.end === undefined && other?.identity.pidNamespace === state.identity.pidNamespace;
      return isSeen ? other?.identity.startTime : undefined;
    },
    isRunning: (pid) =>
      states.some(({ identity, end, frozenUntil }) => {
        return identity.pid === pid && end === undefined && frozenUntil <= time;
      }),
    async listen(path) {
      await pauseOf(state, 'listens');
      writeFileSync(path, '');
      listeners.set(path, state);
      return () => rmSync(path, { force: true });
    },
    async probe(path) {
      await pauseOf(state, 'probes');
      const isAlive = existsSync(path) && listeners.get(path)?.end === undefined;
      await pauseOf(state, 'has probed');
      return isAlive ? 'alive' : 'dead';
    },
  });

  const step = async (state: State): Promise<boolean> => {
    if (state.end !== undefined || state.resume === undefined) return false;
    time = Math.max(time, state.wakeAt, state.frozenUntil);
    note(`${state.process.name} goes on: ${state.what}`);
    let timer: NodeJS.Timeout | undefined;
    const idle = new Promise<void>((resolve, reject) => {
      state.onIdle = resolve;
      const stuck = () => reject(new Error(`${state.process.name} is stuck: ${state.what}`));
      timer = setTimeout(stuck, stuckMs);
    });
    const { resume } = state;
    state.resume = undefined;
    resume();
    await idle;
    clearTimeout(timer);
    return true;
  };

  return {
    log,
    note: (text) => void note(text),
    start(name, work, { skewMs = 0, isContained = false } = {}) {
      const pid = 1_000 + states.length;
      const identity: ProcessIdentity = {
        pid,
        startTime: String(pid),
        kernel: 'kernel',
        pidNamespace: isContained ? `pid:[${pid}]` : 'pid:[1]',
      };
      const process: SimulatedProcess = {
        name,
        pid,
        get world() {
          return world;
        },
        end: () => state.end,
        pause: (what) => pauseOf(state, what),
      };
      const state: State = {
        process,
        identity,
        end: undefined,
        resume: undefined,
        wakeAt: time,
        frozenUntil: 0,
        what: 'begins',
        onIdle: () => undefined,
      };
      states.push(state);
      const world: World = {
        ...fakeWorld({ HOME: home }),
        homeDirectory: () => home,
        clock: {
          now: () => startedAt + time + skewMs,
          monotonicMs: () => time + pid,
          sleep: (ms) => pauseOf(state, `sleeps ${Math.round(ms)} ms`, ms),
        },
        sendHttp: sendHttp(process),
        trace: (topic, text) => void note(`${name}: ${topic}: ${text}`),
        processes: processesOf(state),
        randomHex(bytes) {
          random += 1;
          return random.toString(16).padStart(2 * bytes, '0');
        },
      };
      const finish = (end: End) => {
        if (state.end !== undefined) return;
        state.end = end;
        note(`${name} ends: ${JSON.stringify(end)}`);
        state.onIdle();
      };
      void pauseOf(state, 'begins')
        .then(() => work(process))
        .then(
          (value) => finish({ kind: 'done', value }),
          (error: unknown) => {
            const code = isSsoCredError(error) ? error.code : String(error);
            finish({ kind: 'failed', code });
          },
        );
      return process;
    },
    living: () => states.filter(({ end }) => end === undefined).map(({ process }) => process),
    readyAt(process) {
      const { wakeAt, frozenUntil } = stateOf(process);
      return Math.max(wakeAt, frozenUntil);
    },
    step: (process) => step(stateOf(process)),
    crash(process) {
      const state = stateOf(process);
      if (state.end !== undefined) return;
      state.end = { kind: 'crashed' };
      note(`${process.name} is killed: ${state.what}`);
    },
    stop(process, ms) {
      stateOf(process).frozenUntil = time + ms;
      note(`${process.name} is stopped for ${ms} ms: ${stateOf(process).what}`);
    },
    wait(ms) {
      time += ms;
      note(`${ms} ms pass`);
    },
  };
}
