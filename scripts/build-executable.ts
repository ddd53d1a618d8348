import { mkdirSync, renameSync, rmSync, statSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { compileExecutable } from './compile-executable.ts';
import { type Bun, findBun } from './find-bun.ts';
import { executableName } from './platforms.ts';
import { tryExecutable } from './try-executable.ts';

const usage = `Usage: npm run build:executable -- [--if-possible]

Builds dist/bin/sso-cred for this machine and tries it out, in a hostile directory too.
  --if-possible  where there is no Bun runtime for this machine, say so and succeed
Those for other systems are made by npm run build:packages.`;

process.exitCode = await main();

async function main(): Promise<number> {
  const { values } = parseArgs({
    options: {
      'if-possible': { type: 'boolean', default: false },
      help: { type: 'boolean', short: 'h', default: false },
    },
  });
  if (values.help) {
    console.log(usage);
    return 0;
  }
  const bun = findBun();
  if (bun !== undefined) return await build(bun);
  const missing = `There is no Bun runtime for ${process.platform}-${process.arch} in node_modules`;
  if (values['if-possible']) {
    // A leftover would be taken for what this source does.
    rmSync(join('dist', 'bin'), { recursive: true, force: true });
    console.warn(`\n*** ${missing}: NO EXECUTABLE IS BUILT, AND ITS TESTS ARE SKIPPED ***\n`);
    return 0;
  }
  console.error(`${missing}. Run: npm ci --include=optional`);
  return 1;
}

async function build(bun: Bun): Promise<number> {
  const name = executableName({ os: process.platform });
  const candidate = resolve('build', 'bin', name);
  await compileExecutable(bun, candidate);
  const problems = tryExecutable(candidate);
  if (problems.length > 0) {
    rmSync(candidate);
    console.error(problems.join('\n'));
    return 1;
  }
  // At once: the one before it may be running.
  const path = join('dist', 'bin', name);
  mkdirSync(dirname(path), { recursive: true });
  renameSync(candidate, path);
  console.log(`${path}: ${Math.round(statSync(path).size / 1e6)} MB`);
  console.log('Tried in a hostile directory: nothing there had an effect');
  return 0;
}
