import { spawn } from 'node:child_process';

/** What a finished process left. */
export interface Finished {
  /** Undefined when a signal ended it. */
  readonly exitStatus: number | null;
  readonly signal: NodeJS.Signals | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** A process that is running, or was. */
export interface Running {
  readonly pid: number;
  readonly isRunning: () => boolean;
  /** Resolves at its end. */
  readonly finished: Promise<Finished>;
  /** Waits for a text on its stderr; gives the match. Rejects when it ends without. */
  readonly says: (pattern: RegExp) => Promise<RegExpExecArray>;
  /** Writes to its stdin. */
  readonly type: (text: string) => void;
  readonly kill: (signal: NodeJS.Signals) => void;
}

interface RunOptions {
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly cwd?: string;
  /** Ended with SIGKILL after this; generous. */
  readonly timeoutMs?: number;
}

/** Runs a program to its end, with an open stdin that nobody writes to, as some SDKs do. */
export function runProcess(
  command: string,
  args: readonly string[],
  options: RunOptions,
): Promise<Finished> {
  return startProcess(command, args, options).finished;
}

/** Starts a program, with an open stdin that nobody writes to. */
export function startProcess(
  command: string,
  args: readonly string[],
  { env, cwd, timeoutMs = 90_000 }: RunOptions,
): Running {
  const child = spawn(command, args, { env: { ...env }, cwd, stdio: 'pipe' });
  const timer = setTimeout(() => child.kill('SIGKILL'), timeoutMs);
  let stdout = '';
  let stderr = '';
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    stdout += text;
  });
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    stderr += text;
  });
  const finished = new Promise<Finished>((resolve, reject) => {
    child.on('error', reject);
    child.on('close', (exitStatus, signal) => {
      clearTimeout(timer);
      resolve({ exitStatus, signal, stdout, stderr });
    });
  });
  const says = (pattern: RegExp) =>
    new Promise<RegExpExecArray>((resolve, reject) => {
      const stop = () => {
        child.stderr.off('data', look);
        child.off('close', end);
      };
      const look = () => {
        const match = pattern.exec(stderr);
        if (match === null) return false;
        stop();
        resolve(match);
        return true;
      };
      const end = () => {
        if (look()) return;
        stop();
        reject(new Error(`ended without saying ${pattern}: ${stderr}`));
      };
      if (look()) return;
      child.stderr.on('data', look);
      child.on('close', end);
    });
  return {
    pid: child.pid ?? 0,
    isRunning: () => child.exitCode === null && child.signalCode === null,
    finished,
    says,
    type: (text) => child.stdin.write(text),
    kill: (signal) => child.kill(signal),
  };
}
