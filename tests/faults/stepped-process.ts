import { spawn } from 'node:child_process';
import type { Readable } from 'node:stream';
import type { Finished } from '../support/run-process.ts';
import type { FaultWorld, RunOptions } from './fault-world.ts';
import { hookSteps } from './hook-steps.ts';
import { traceSteps } from './trace-steps.ts';

export interface StepOrder {
  /** Before which step, from 1; Infinity to let it run and see its steps. */
  readonly at: number;
  readonly fate: 'kill' | 'stop';
  /** Whether the steps of what it starts count too, and the one who makes the step is meant. */
  readonly withChildren?: boolean;
  /** `--profile` and the world's profile by default. */
  readonly args?: readonly string[];
  readonly variables?: RunOptions['variables'];
}

/** A process that is killed or stopped before its n-th call that changes a file or sends something. */
export interface SteppedProcess {
  /** Its steps so far, in words. */
  readonly steps: readonly string[];
  /** Resolves once it is stopped or killed before its step; with false when it ended without. */
  readonly reached: Promise<boolean>;
  /** Lets it go on after a stop. */
  readonly resume: () => void;
  readonly finished: Promise<Finished>;
}

/** How the steps of a process come to be known, and how it is stopped at one. */
export interface Stepping {
  /** Words to put before the program and its arguments. */
  readonly wrapper: readonly string[];
  readonly variables: Readonly<Record<string, string>>;
  /** On which descriptors the program's stderr and the news of its steps come. */
  readonly stderr: 2 | 3;
  readonly news: 2 | 3;
  /** Follows the news. */
  readonly follow: (news: Readable, pid: number, events: StepEvents) => Stepper;
}

export interface StepEvents {
  readonly onStep: (text: string) => void;
  /** It is stopped, or about to be killed. */
  readonly onReached: () => void;
}

export interface Stepper {
  readonly resume: () => void;
}

/** Ended with SIGKILL after this; generous. */
const timeoutMs = 150_000;

/**
 * Starts sso-cred in a world so: the Node build with a hook preloaded, the executable under strace.
 * Neither needs help from the program.
 */
export function startStepped(world: FaultWorld, order: StepOrder): SteppedProcess {
  const isHooked = world.build.name === 'node build' && order.withChildren !== true;
  const stepping = (isHooked ? hookSteps : traceSteps)(order);
  const { args = ['--profile', world.profile] } = order;
  const words = [...stepping.wrapper, ...world.commandOf(world.build), ...args];
  const [program = '', ...rest] = words;
  const child = spawn(program, rest, {
    env: { ...world.env, ...stepping.variables, ...order.variables },
    stdio: ['pipe', 'pipe', 'pipe', 'pipe'],
    // A session of its own: the kernel hangs up a group that is left alone with one who is stopped.
    detached: true,
  });
  const timer = setTimeout(() => child.kill('SIGKILL'), timeoutMs);
  const streams = child.stdio as unknown as readonly Readable[];
  const collect = async (stream: Readable | undefined) => {
    let text = '';
    stream?.setEncoding('utf8').on('data', (part: string) => {
      text += part;
    });
    await new Promise((resolve) => stream?.once('close', resolve));
    return text;
  };
  const ended = new Promise<Pick<Finished, 'exitStatus' | 'signal'>>((resolve, reject) => {
    child.once('error', reject);
    child.once('exit', (exitStatus, signal) => resolve({ exitStatus, signal }));
  });
  const finished = Promise.all([
    ended,
    collect(streams[1]),
    collect(streams[stepping.stderr]),
  ]).then(([end, stdout, stderr]) => {
    clearTimeout(timer);
    return { ...end, stdout, stderr };
  });
  const steps: string[] = [];
  let stepper: Stepper | undefined;
  const reached = new Promise<boolean>((resolve) => {
    const news = streams[stepping.news];
    if (news !== undefined && child.pid !== undefined) {
      stepper = stepping.follow(news, child.pid, {
        onStep: (text) => steps.push(text),
        onReached: () => resolve(true),
      });
      // After the last of the news.
      news.once('close', () => setImmediate(resolve, false));
    }
  });
  return { steps, reached, resume: () => stepper?.resume(), finished };
}
