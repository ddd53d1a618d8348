import { spawnSync } from 'node:child_process';
import { resolve } from 'node:path';
import { afterEach, test } from '@jest/globals';
import type { CliSandbox } from './cli-sandbox.ts';
import { type Running, startProcess } from './run-process.ts';

const hasPython = spawnSync('python3', ['-c', 'import pty']).status === 0;
if (!hasPython) process.stderr.write('SKIPPED: no python3, nothing is tested in a terminal\n');

/** A test that needs a terminal. */
export const testInTerminal = hasPython ? test : test.skip;

/** An environment in which a terminal is a person's. */
const person = {
  CI: undefined,
  NO_COLOR: undefined,
  FORCE_COLOR: undefined,
  TERM: 'xterm-256color',
};

interface TerminalOptions {
  readonly variables?: Readonly<Record<string, string | undefined>>;
  /** Where stderr goes instead of to the terminal. */
  readonly stderrFile?: string;
  readonly cwd?: string;
}

/**
 * Gives a function that starts a command in a terminal; what it shows is what that process says. All
 * are ended after the test.
 */
export function terminals() {
  const running: Running[] = [];
  afterEach(() => {
    for (const each of running.splice(0)) each.kill('SIGTERM');
  });
  return (
    sandbox: CliSandbox,
    command: readonly string[],
    { variables, stderrFile = '', cwd }: TerminalOptions = {},
  ): Running => {
    const args = [resolve('tests/support/in_terminal.py'), stderrFile, ...command];
    const env = { ...sandbox.env, ...person, ...variables };
    const place = cwd === undefined ? {} : { cwd };
    const started = startProcess('python3', args, { env, timeoutMs: 60_000, ...place });
    running.push(started);
    return started;
  };
}
