import { spawn } from 'node:child_process';
import { appendFileSync, mkdirSync } from 'node:fs';
import { join } from 'node:path';

const logs = 'build/callers';

/**
 * Runs a program to its end, or for so many milliseconds; what it prints goes to a log.
 * Gives its stdout. Throws with the reason, in half a sentence, when it is not there or fails.
 */
export function runLogged(
  [program = '', ...args]: readonly string[],
  { cwd = '.', env = {}, timeoutMs = 300_000 }: RunOptions = {},
): Promise<string> {
  mkdirSync(logs, { recursive: true });
  const name = program.split('/').at(-1) ?? program;
  const log = join(logs, `${name}.log`);
  return new Promise((resolve, reject) => {
    const child = spawn(program, args, {
      cwd,
      env: { ...process.env, ...env },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    const timer = setTimeout(() => child.kill('SIGKILL'), timeoutMs);
    let stdout = '';
    child.stdout.setEncoding('utf8').on('data', (text: string) => {
      stdout += text;
      appendFileSync(log, text);
    });
    let stderr = '';
    child.stderr.setEncoding('utf8').on('data', (text: string) => {
      stderr += text;
      appendFileSync(log, text);
    });
    child.on('error', () => {
      clearTimeout(timer);
      reject(new Error(`there is no ${name}`));
    });
    child.on('close', (exitStatus, signal) => {
      clearTimeout(timer);
      if (exitStatus === 0) resolve(stdout);
      else if (signal !== null) reject(new Error(`${name} took too long, see ${log}`));
      else reject(new Error(`${name} failed (${lastLine(stderr || stdout)}), see ${log}`));
    });
  });
}

interface RunOptions {
  readonly cwd?: string;
  readonly env?: Readonly<Record<string, string>>;
  readonly timeoutMs?: number;
}

function lastLine(text: string): string {
  return text.trim().split('\n').at(-1)?.slice(0, 300) ?? '';
}
