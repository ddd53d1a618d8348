import { type ChildProcess, type SpawnOptions, spawn } from 'node:child_process';
import { describeErrno } from '../model/errno.ts';
import { hasCode, SsoCredError } from '../model/errors.ts';
import { batchArguments, isBatchFile } from '../model/windows-command-line.ts';
import type { Environment } from '../world.ts';

/** A program to be run in place of ours, as far as the terminal and the caller can tell. */
export interface Program {
  /** The file, see findProgram. */
  readonly path: string;
  /** How it was called, and with what. */
  readonly words: readonly [name: string, ...args: string[]];
  readonly env: Environment;
}

/** How a program ended. */
export type ProgramEnd =
  | { readonly kind: 'exited'; readonly status: number }
  | { readonly kind: 'killed'; readonly signal: NodeJS.Signals };

/** What the terminal sends to all programs in its foreground, the one we run among them. */
const ofTerminal: readonly NodeJS.Signals[] = ['SIGINT', 'SIGQUIT'];
const ofAnyone: readonly NodeJS.Signals[] = ['SIGTERM', 'SIGHUP', 'SIGUSR1', 'SIGUSR2'];
const ofWindows: readonly NodeJS.Signals[] = ['SIGINT', 'SIGBREAK', 'SIGTERM', 'SIGHUP'];

/**
 * Runs a program with our stdin, stdout and stderr, in our process group, until its end. Signals that
 * come to us meanwhile are its: it decides what becomes of both.
 * @param isForeground whether the terminal sends its signals to the program too
 * @throws CommandNotFound, CommandNotExecutable
 */
export async function runProgram(
  { path, words, env }: Program,
  platform: NodeJS.Platform,
  isForeground: () => boolean,
): Promise<ProgramEnd> {
  const [name, ...args] = words;
  const options = { argv0: name, env: { ...env }, stdio: 'inherit' } as const;
  const program: Start =
    platform === 'win32' && isBatchFile(path)
      ? [
          env['ComSpec'] || 'cmd.exe',
          [batchArguments(path, args)],
          { ...options, argv0: 'cmd.exe', windowsVerbatimArguments: true },
        ]
      : [path, args, options];
  const watched = platform === 'win32' ? ofWindows : [...ofTerminal, ...ofAnyone];
  let child: ChildProcess | undefined;
  const forward = (signal: NodeJS.Signals) => {
    const isSent = platform === 'win32' ? signal !== 'SIGTERM' : ofTerminal.includes(signal);
    if (!isSent || !isForeground()) child?.kill(signal);
  };
  for (const signal of watched) process.on(signal, forward);
  try {
    child = start(program);
    return await endOf(child);
  } catch (error) {
    throw notStarted(name, error);
  } finally {
    for (const signal of watched) process.off(signal, forward);
  }
}

type Start = readonly [path: string, args: readonly string[], options: SpawnOptions];

/** A script without a first line that names its interpreter is one of sh, as execvp(3) has it. */
function start([path, args, options]: Start): ChildProcess {
  try {
    return spawn(path, args, options);
  } catch (error) {
    // Node.js leaves this to execvp; Bun does not.
    if (!hasCode(error, 'ENOEXEC')) throw error;
    return spawn('/bin/sh', [path, ...args], { ...options, argv0: 'sh' });
  }
}

function endOf(child: ChildProcess): Promise<ProgramEnd> {
  return new Promise((resolve, reject) => {
    child.once('error', reject);
    child.once('exit', (status, signal) => {
      resolve(
        signal === null ? { kind: 'exited', status: status ?? 1 } : { kind: 'killed', signal },
      );
    });
  });
}

/** The file was there and could be run: what is missing is what its first line names, or its format. */
function notStarted(name: string, cause: unknown): SsoCredError {
  if (hasCode(cause, 'ENOENT')) {
    const text = `${name} cannot be run: the program that its first line names is not there`;
    return new SsoCredError('CommandNotFound', text, { cause });
  }
  const text = `${name} cannot be run: ${describeErrno(cause)}`;
  return new SsoCredError('CommandNotExecutable', text, { cause });
}
