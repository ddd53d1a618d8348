import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, rmSync, statSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { compileExecutable } from './compile-executable.ts';
import { fetchRuntime } from './fetch-runtime.ts';
import { type Bun, findBun } from './find-bun.ts';
import { executableName, type Platform, platforms, thisPlatform } from './platforms.ts';
import { packPackage, stageMain, stagePlatform } from './stage-packages.ts';
import { tryExecutable } from './try-executable.ts';
import { writeChecksums } from './write-checksums.ts';

const usage = `Usage: npm run build:packages -- [--all]

Packs what is published on npm into build/packages: the package sso-cred, and one with the executable
for this platform; and SHA256SUMS with the hash of each.
  --all  for the other platforms, too; fetches Bun's runtime for each from npm`;

process.exitCode = await main();

async function main(): Promise<number> {
  const { values } = parseArgs({
    options: {
      all: { type: 'boolean', default: false },
      help: { type: 'boolean', short: 'h', default: false },
    },
  });
  if (values.help) {
    console.log(usage);
    return 0;
  }
  const bun = findBun();
  const here = thisPlatform();
  if (bun === undefined || here === undefined) {
    console.error(
      `There is no Bun runtime for ${process.platform}-${process.arch} in node_modules`,
    );
    return 1;
  }
  const output = join('build', 'packages');
  rmSync(output, { recursive: true, force: true });
  mkdirSync(output, { recursive: true });
  try {
    stageMain(join(output, 'sso-cred'));
    const main = packPackage(join(output, 'sso-cred'), output);
    report(main, 'the program for Node.js');
    const archives = [main];
    for (const platform of values.all ? platforms : [here]) {
      const { executable, tried } = await executableFor(platform, here, bun);
      const directory = join(output, platform.name);
      stagePlatform(directory, platform, executable, bun.version);
      const archive = packPackage(directory, output);
      archives.push(archive);
      report(archive, `${megabytes(executable)} unpacked; ${tried}`);
    }
    console.log(writeChecksums(output, archives));
    return 0;
  } catch (error) {
    console.error(error instanceof Error ? error.message : error);
    return 1;
  }
}

/** An executable, and whether it was tried out. @throws where it does not do what it should */
async function executableFor(
  platform: Platform,
  here: Platform,
  bun: Bun,
): Promise<{ readonly executable: string; readonly tried: string }> {
  if (platform === here) {
    const executable = join('dist', 'bin', executableName(platform));
    if (!existsSync(executable))
      throw new Error(`There is no ${executable}: npm run build:executable`);
    return { executable, tried: 'tried when it was built' };
  }
  const executable = resolve('build', 'bin', platform.name, executableName(platform));
  const { runtime } = platform;
  await compileExecutable(bun, executable, { name: runtime, runtime: fetchRuntime(runtime, bun) });
  // Where an emulator is registered, that of another processor runs here as well.
  const { status } = spawnSync(executable, ['--version'], { stdio: 'ignore', timeout: 60_000 });
  if (status !== 0) return { executable, tried: 'not tried: it does not run here' };
  const problems = tryExecutable(executable);
  if (problems.length > 0) throw new Error(`${platform.name}: ${problems.join('\n')}`);
  return { executable, tried: 'tried' };
}

function report(archive: string, what: string): void {
  console.log(`${archive}: ${megabytes(archive)}; ${what}`);
}

function megabytes(path: string): string {
  return `${(statSync(path).size / 1e6).toFixed(1)} MB`;
}
