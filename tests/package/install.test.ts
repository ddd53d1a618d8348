import { existsSync, lstatSync, realpathSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { executableName, thisPlatform } from '../../scripts/platforms.ts';
import { prepareAnswer } from '../../scripts/prepare-answer.ts';
import { packPackage, stageMain, stagePlatform } from '../../scripts/stage-packages.ts';
import { freshDirectory } from '../support/fresh-directory.ts';
import { type PackageRegistry, startPackageRegistry } from '../support/package-registry.ts';
import { type Finished, runProcess } from '../support/run-process.ts';

const platform = thisPlatform();
const executable = join('dist', 'bin', executableName({ os: process.platform }));
const canTest = platform !== undefined && process.platform !== 'win32' && existsSync(executable);
if (!canTest) process.stderr.write('SKIPPED: no dist/bin/sso-cred, it is not installed by npm\n');
const name = `@sso-cred/${platform?.name}`;

let registry: PackageRegistry;
/** For another platform: it has no executable for this one. */
let registryElsewhere: PackageRegistry;
/** The packed executable of this platform. */
let download: string;

beforeAll(async () => {
  [registry, registryElsewhere] = await Promise.all([
    startPackageRegistry(),
    startPackageRegistry(),
  ]);
  if (!canTest) return;
  const directory = freshDirectory();
  const [main, ofPlatform] = [join(directory, 'main'), join(directory, 'platform')];
  stageMain(main);
  stagePlatform(ofPlatform, platform, executable, '0.0.0');
  const archive = packPackage(main, directory);
  for (const each of [registry, registryElsewhere])
    each.publish(join(main, 'package.json'), archive);
  download = packPackage(ofPlatform, directory);
  registry.publish(join(ofPlatform, 'package.json'), download);
}, 300_000);

afterAll(() => Promise.all([registry.stop(), registryElsewhere.stop()]));

/** Runs npm in a directory, with nobody's settings. */
async function npm(directory: string, { url }: PackageRegistry, ...args: string[]): Promise<void> {
  const { PATH } = process.env;
  const settings = ['--registry', url, '--cache', `${directory}/cache`, '--no-audit', '--no-fund'];
  const { exitStatus, stderr } = await runProcess('npm', [...args, ...settings], {
    env: { PATH, HOME: directory },
    cwd: directory,
  });
  if (exitStatus !== 0) throw new Error(stderr);
}

async function tar(...args: string[]): Promise<Finished> {
  const finished = await runProcess('tar', args, { env: process.env });
  if (finished.exitStatus !== 0) throw new Error(finished.stderr);
  return finished;
}

/** Installs for all, where nothing is installed yet; gives the command's path. */
async function installGlobally(from: PackageRegistry, ...args: string[]): Promise<string> {
  const directory = freshDirectory();
  const flags = ['--global', '--prefix', directory, '--allow-scripts=sso-cred'];
  await npm(directory, from, 'install', ...flags, ...args);
  return join(directory, 'bin', 'sso-cred');
}

/** Which build a command is; that it finds its other files, and answers from the cache. */
async function tryCommand(
  command: string,
  PATH = process.env['PATH'],
): Promise<string | undefined> {
  const home = freshDirectory();
  const { line } = prepareAnswer(home, 'dev');
  const run = (...args: readonly string[]) =>
    runProcess(command, args, { env: { PATH, HOME: home } });
  expect(await run('--profile', 'dev')).toMatchObject({ exitStatus: 0, stdout: `${line}\n` });
  expect(await run('--profile', 'nosuch')).toMatchObject({ exitStatus: 2, stdout: '' });
  const { stdout } = await run('--version');
  return /\((Node build|executable)/.exec(stdout)?.[1];
}

(canTest ? describe : describe.skip)('npm install -g', () => {
  test('gives the executable of this platform as the command itself', async () => {
    const command = await installGlobally(registry, 'sso-cred');
    expect(await tryCommand(command)).toBe('executable');
    const program = realpathSync(command);
    expect(lstatSync(program).size).toBe(lstatSync(executable).size);
    // The program for Node.js is still there, for who calls it by its path.
    expect(await tryCommand(join(dirname(program), 'main.js'))).toBe('Node build');
  });

  test('gives the program for Node.js where install scripts are not run', async () => {
    const command = await installGlobally(registry, 'sso-cred', '--ignore-scripts');
    expect(await tryCommand(command)).toBe('Node build');
  });

  test('gives the program for Node.js where there is no executable', async () => {
    const command = await installGlobally(registryElsewhere, 'sso-cred');
    expect(await tryCommand(command)).toBe('Node build');
  });

  test('of the package of this platform gives the executable without a script', async () => {
    const command = await installGlobally(registry, name, '--ignore-scripts');
    expect(await tryCommand(command)).toBe('executable');
  });
});

(canTest ? describe : describe.skip)('the archive of a platform', () => {
  test('holds the executable and its papers, and nothing else', async () => {
    const { stdout } = await tar('-tzf', download);
    const files = ['LICENSE', 'README.md', 'THIRD-PARTY-LICENSES.txt', 'package.json', 'sso-cred'];
    expect(stdout.trim().split('\n').sort()).toEqual(files.map((file) => `package/${file}`));
  });

  test('gives the executable to who has downloaded it, without npm and Node.js', async () => {
    const directory = freshDirectory();
    await tar('-xzf', download, '-C', directory, '--strip-components=1', 'package/sso-cred');
    expect(await tryCommand(join(directory, 'sso-cred'), '/nonexistent')).toBe('executable');
  });
});

(canTest ? test : test.skip)('a project can have its own', async () => {
  const directory = freshDirectory();
  const packageJson = { private: true, allowScripts: { 'sso-cred': true } };
  writeFileSync(join(directory, 'package.json'), JSON.stringify(packageJson));
  await npm(directory, registry, 'install', 'sso-cred');
  expect(await tryCommand(join(directory, 'node_modules', '.bin', 'sso-cred'))).toBe('executable');
});
