import { spawnSync } from 'node:child_process';
import { statSync } from 'node:fs';
import { setTimeout as delay } from 'node:timers/promises';

/** A program whose time is taken, from its start to its end. */
export interface Case {
  readonly name: string;
  readonly command: readonly string[];
  readonly env: Readonly<Record<string, string>>;
  /** What it prints. */
  readonly expected: RegExp;
  /** Makes the next run what it is meant to be; not part of the time. */
  readonly prepare?: () => void;
}

/** What credentials look like on stdout. */
export const answer = /^\{"Version":1,[^\n]+\}\n$/;

/** What an empty program prints. */
export const nothing = /^$/;

/** Runs a case and checks what it prints; gives how long it took, in milliseconds. */
export function run(measured: Case): number {
  return call(measured).tookMs;
}

/** Runs a case and checks what it prints. */
export function call({ name, command, env, expected, prepare }: Case): {
  readonly tookMs: number;
  readonly stdout: string;
} {
  const [program = '', ...args] = command;
  prepare?.();
  const startedAt = process.hrtime.bigint();
  const { status, stdout, stderr } = spawnSync(program, args, {
    env,
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'pipe'],
    timeout: 60_000,
    maxBuffer: 64 * 1024 * 1024,
  });
  const tookMs = Number(process.hrtime.bigint() - startedAt) / 1e6;
  if (status !== 0 || !expected.test(stdout) || stderr !== '') {
    throw new Error(`${name}: exit status ${status}, ${stdout.length} characters, ${stderr}`);
  }
  return { tookMs, stdout };
}

/** An answer is tied to a config file only once that has not changed for two seconds. */
export async function settled(files: readonly string[]): Promise<void> {
  const changedAt = Math.max(...files.map((file) => statSync(file).ctimeMs));
  await delay(changedAt + 2_100 - Date.now());
}
