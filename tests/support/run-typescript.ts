import { resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { type Finished, runProcess } from './run-process.ts';

/** Registers typescript-hooks.js, before anything else is loaded. */
const bootstrap = `data:text/javascript,${encodeURIComponent(
  `import { register } from 'node:module';
register(${JSON.stringify(pathToFileURL(resolve('tests/support/typescript-hooks.js')).href)});`,
)}`;

/** Runs a TypeScript file of this repository, as it is now, in a process of its own. */
export function runTypeScript(file: string, ...args: readonly string[]): Promise<Finished> {
  const command = ['--import', bootstrap, resolve(file), ...args];
  return runProcess(process.execPath, command, { env: process.env, timeoutMs: 10_000 });
}
