import { spawnSync } from 'node:child_process';
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { basename, dirname, join, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { version } from '../src/model/version.ts';
import { bundle } from './bundle.ts';
import { checkHostileDirectory, type HostileRun } from './check-hostile-directory.ts';
import { compileFlags } from './compile-flags.ts';
import { type Bun, bunEnvironment, findBun, runtimePath } from './find-bun.ts';
import { prepareAnswer } from './prepare-answer.ts';

const usage = `Usage: npm run build:executable -- [--if-possible] [--platform NAME]

Builds dist/bin/sso-cred for this machine and tries it out, in a hostile directory too.
  --if-possible    where there is no Bun runtime for this machine, say so and succeed
  --platform NAME  build dist/bin/sso-cred-NAME for another system: NAME is that of an installed
                   package @oven/bun-NAME, such as linux-aarch64 or windows-x64`;

/** What is tried out: cold, cold with an error, and from the cache. */
const runs: readonly HostileRun[] = [
  {
    name: '--version',
    args: ['--version'],
    expected: { status: 0, stdout: new RegExp(version.replaceAll('.', '\\.')), stderr: /^$/ },
  },
  {
    name: '--profile nosuch',
    args: ['--profile', 'nosuch'],
    expected: { status: 2, stdout: /^$/, stderr: /^[^\n]*"nosuch"/ },
  },
  {
    name: '--profile cached',
    args: ['--profile', 'cached'],
    prepare: (home) => void prepareAnswer(home, 'cached'),
    expected: { status: 0, stdout: /^\{"Version":1,[^\n]*\}\n$/, stderr: /^$/ },
  },
];

process.exitCode = await main();

async function main(): Promise<number> {
  const { values } = parseArgs({
    options: {
      'if-possible': { type: 'boolean', default: false },
      platform: { type: 'string' },
      help: { type: 'boolean', short: 'h', default: false },
    },
  });
  if (values.help) {
    console.log(usage);
    return 0;
  }
  const bun = findBun();
  if (bun !== undefined) {
    return values.platform === undefined
      ? await buildHere(bun)
      : await buildFor(bun, values.platform);
  }
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

async function buildHere(bun: Bun): Promise<number> {
  const candidate = await compile(bun, process.platform === 'win32' ? 'sso-cred.exe' : 'sso-cred');
  if (candidate === undefined) return 1;
  const problems = checkHostileDirectory(candidate, runs);
  if (problems.length > 0) {
    rmSync(candidate);
    console.error(problems.join('\n'));
    return 1;
  }
  publish(candidate);
  console.log(`Tried ${runs.length} calls in a hostile directory: nothing there had an effect`);
  return 0;
}

async function buildFor(bun: Bun, platform: string): Promise<number> {
  const runtime = runtimePath(`bun-${platform}`);
  if (!existsSync(runtime)) {
    console.error(
      `There is no Bun runtime for ${platform} in node_modules. ` +
        `Run: npm install --no-save --force @oven/bun-${platform}@${bun.version}`,
    );
    return 1;
  }
  const file = `sso-cred-${platform}${platform.startsWith('windows') ? '.exe' : ''}`;
  const candidate = await compile(bun, file, [
    `--target=bun-${platform}`,
    `--compile-executable-path=${runtime}`,
  ]);
  if (candidate === undefined) return 1;
  publish(candidate);
  console.log('It was not tried: it is for another system');
  return 0;
}

/** The absolute path of a fresh executable that nobody uses yet; undefined when it cannot be built. */
async function compile(
  bun: Bun,
  file: string,
  flags: readonly string[] = [],
): Promise<string | undefined> {
  const outfile = resolve('build', 'bin', file);
  mkdirSync(dirname(outfile), { recursive: true });
  const { main, rest } = await bundle('esm');
  const directory = mkdtempSync(join('build', 'executable-'));
  try {
    for (const chunk of [main, ...rest]) writeFileSync(join(directory, chunk.file), chunk.code);
    const { status, stdout, stderr, error } = spawnSync(
      bun.path,
      ['build', join(directory, main.file), ...compileFlags, ...flags, `--outfile=${outfile}`],
      { encoding: 'utf8', env: bunEnvironment() },
    );
    if (status === 0) return outfile;
    console.error(`bun ${bun.version} cannot build ${file}\n${error ?? stdout + stderr}`);
    return undefined;
  } finally {
    rmSync(directory, { recursive: true });
  }
}

/** Puts an executable in its place, at once: the one before it may be running. */
function publish(candidate: string): void {
  const path = join('dist', 'bin', basename(candidate));
  mkdirSync(dirname(path), { recursive: true });
  renameSync(candidate, path);
  console.log(`${path}: ${Math.round(statSync(path).size / 1e6)} MB`);
}
