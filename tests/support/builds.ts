import { existsSync } from 'node:fs';
import { resolve } from 'node:path';

/** One of the two builds of the program, as a test runs it. */
export interface Build {
  readonly name: 'node build' | 'executable';
  /** What to put on PATH as `sso-cred`. */
  readonly path: string;
}

const nodeBuild = resolve('dist/main.js');
const executable = resolve(
  process.platform === 'win32' ? 'dist/bin/sso-cred.exe' : 'dist/bin/sso-cred',
);

/** The builds that are there to be tested: `npm test` makes both where a Bun runtime is installed. */
export function builds(): readonly Build[] {
  if (!existsSync(nodeBuild)) throw new Error('dist/main.js is missing: npm run build');
  const both: Build[] = [{ name: 'node build', path: nodeBuild }];
  if (existsSync(executable)) both.push({ name: 'executable', path: executable });
  else process.stderr.write('SKIPPED: no dist/bin/sso-cred, the executable is not tested\n');
  return both;
}
