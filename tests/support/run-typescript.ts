import { resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { bunEnvironment, findBun } from '../../scripts/find-bun.ts';
import { type Finished, type Running, startProcess } from './run-process.ts';

/** Registers typescript-hooks.js, before anything else is loaded. */
const bootstrap = `data:text/javascript,${encodeURIComponent(
  `import { register } from 'node:module';
register(${JSON.stringify(pathToFileURL(resolve('tests/support/typescript-hooks.js')).href)});`,
)}`;

/** Something that runs TypeScript files of this repository, as they are now. */
export interface Runtime {
  readonly name: 'Node.js' | 'Bun';
  /** Program and arguments, to which the file and its own arguments are added. */
  readonly command: readonly [string, ...(readonly string[])];
  readonly env: NodeJS.ProcessEnv;
}

export const node: Runtime = {
  name: 'Node.js',
  command: [process.execPath, '--import', bootstrap],
  env: process.env,
};

/** The runtimes of both builds; Bun where there is one. */
export function runtimes(): readonly Runtime[] {
  const bun = findBun();
  if (bun !== undefined) return [node, { name: 'Bun', command: [bun.path], env: bunEnvironment() }];
  process.stderr.write('SKIPPED: no bun, what differs between the runtimes is tested on Node.js\n');
  return [node];
}

/** Starts a TypeScript file of this repository in a process of its own. */
export function startTypeScript(
  { command, env }: Runtime,
  file: string,
  ...args: readonly string[]
): Running {
  const [program, ...before] = command;
  return startProcess(program, [...before, resolve(file), ...args], { env });
}

/** Runs a TypeScript file of this repository in a process of its own, by Node.js. */
export function runTypeScript(file: string, ...args: readonly string[]): Promise<Finished> {
  return startTypeScript(node, file, ...args).finished;
}
