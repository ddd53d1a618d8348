import type { CallbackExpectation, CallbackListener } from './model/callback.ts';
import type { Surroundings } from './model/sign-in-policy.ts';
import type { Dialog } from './system/dialog.ts';
import type { SendHttp } from './system/http.ts';
import type { Processes } from './system/processes.ts';
import type { Redirect } from './system/redirect-once.ts';
import type { Program, ProgramEnd } from './system/run-program.ts';
import type { Signals } from './system/signals.ts';
import type { StartedProcess } from './system/start-self.ts';
import type { TerminalLines } from './system/terminal-input.ts';

/** The environment's variables. */
export type Environment = Readonly<Record<string, string | undefined>>;

/** Time, as the process sees it. */
export interface Clock {
  /** Epoch milliseconds; may jump. */
  now(): number;
  /** Milliseconds since some start; never jumps. */
  monotonicMs(): number;
  sleep(ms: number): Promise<void>;
}

/** Tells what is being done, for `--explain`. Never given a secret. */
export type Trace = (topic: string, text: string) => void;

/** Everything outside this process but the file system. Tests pass their own. */
export interface World {
  readonly env: Environment;
  readonly platform: NodeJS.Platform;
  readonly clock: Clock;
  readonly sendHttp: SendHttp;
  readonly trace: Trace;
  /** The uid that files must belong to; undefined where there are none. */
  readonly user: number | undefined;
  /** The system's own idea of the user's home; undefined when it has none. */
  homeDirectory(): string | undefined;
  readonly processes: Processes;
  readonly signals: Signals;
  /** A fresh random text of hex digits. */
  randomHex(bytes: number): string;
  print(descriptor: 1 | 2, text: string): void;
  isTerminal(descriptor: 1 | 2): boolean;
  /** How many columns a terminal has; undefined where there is none. */
  columns(descriptor: 1 | 2): number | undefined;
  /** Writes to the person's terminal; gives whether there is one that may be written to now. */
  printToTerminal(text: string): boolean;
  /** What the person types at the terminal; undefined when there is none. */
  readTerminal(): Promise<TerminalLines | undefined>;
  /** Questions to the person; undefined when there is no terminal to ask at. */
  openDialog(): Promise<Dialog | undefined>;
  /** The words with which other programs run this one. */
  ownCommand(): readonly string[];
  /** What cannot be seen in the environment. */
  surroundings(): Surroundings;
  /**
   * Shows a URL in the person's browser; gives whether a program took it.
   * @param setting `browser` of [sso-cred settings], if any
   */
  openBrowser(url: URL, setting: string | undefined, trace: Trace): Promise<boolean>;
  /** Starts this program once more, detached, with that command line; undefined when it cannot. */
  startSelf(words: readonly string[]): Promise<StartedProcess | undefined>;
  /**
   * Leads a browser of this machine to a URL that must not stand on its command line.
   * @param budgetMs how long it gets; milliseconds
   */
  redirectOnce(target: URL, budgetMs: number): Promise<Redirect>;
  /** The file of the program that runs now, links resolved. */
  ownProgram(): string;
  /** What a program prints for `--version`; undefined when it cannot be run, fails, or takes its time. */
  askVersion(path: string): Promise<string | undefined>;
  /** Listens for the redirect of one sign-in. @throws NetworkFailed when no port is free */
  listenForCallback(expected: CallbackExpectation): Promise<CallbackListener>;
  /**
   * Runs a program in our place until its end; the terminal and our signals are its.
   * @throws CommandNotFound, CommandNotExecutable
   */
  runProgram(program: Program): Promise<ProgramEnd>;
  /** Goes to a redirect on the loopback interface in the browser's place; gives whether it was taken. */
  deliverCallback(redirect: URL): Promise<boolean>;
  /** Ends the process at once. */
  exit(status: number): void;
}
