import { spawnSync } from 'node:child_process';
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** One call of the program, made in an empty directory and again in a hostile one. */
export interface HostileRun {
  readonly name: string;
  readonly args: readonly string[];
  /** Puts into the home folder what the run needs, such as a cached answer. */
  readonly prepare?: (home: string) => void;
  /** What the call must do in either directory. */
  readonly expected: {
    readonly status: number;
    readonly stdout: RegExp;
    readonly stderr: RegExp;
  };
}

interface Outcome {
  readonly status: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/**
 * Runs a standalone executable in a directory such as a stranger's repository can be: full of files
 * that Bun's runtime would load or execute. Whatever has an effect there comes back as a sentence.
 * @param executable its absolute path
 */
export function checkHostileDirectory(
  executable: string,
  runs: readonly HostileRun[],
): readonly string[] {
  return runs.flatMap((run) => {
    const base = mkdtempSync(join(tmpdir(), 'sso-cred-hostile-'));
    try {
      return compareRuns(executable, run, base);
    } finally {
      rmSync(base, { recursive: true, force: true });
    }
  });
}

function compareRuns(executable: string, run: HostileRun, base: string): readonly string[] {
  const home = join(base, 'home');
  const empty = join(base, 'empty');
  const hostile = join(base, 'hostile');
  const marker = join(base, 'marker');
  for (const directory of [home, empty, hostile]) mkdirSync(directory, { mode: 0o700 });
  writeHostileFiles(hostile, marker);
  run.prepare?.(home);

  const usual = start(executable, run.args, home, empty);
  const files = listFiles(hostile);
  const outcome = start(executable, run.args, home, hostile);
  const newFiles = listFiles(hostile).filter((file) => !files.includes(file));

  const problems: string[] = [];
  if (!isExpected(usual, run.expected)) {
    problems.push(`does not do what it should, even in an empty directory: ${show(usual)}`);
  }
  if (show(outcome) !== show(usual)) {
    problems.push(`answers ${show(outcome)} instead of ${show(usual)}`);
  }
  if (newFiles.length > 0) problems.push(`writes ${newFiles.join(', ')}`);
  if (existsSync(marker)) problems.push(`executes ${readFileSync(marker, 'utf8').trim()}`);
  return problems.map((problem) => `In a hostile directory, "${run.name}" ${problem}`);
}

/** Fills a directory with everything that might be read from, or run in, a working directory. */
function writeHostileFiles(directory: string, marker: string): void {
  const write = (name: string, text: string) => writeFileSync(join(directory, name), text);
  const evil = (how: string) =>
    `require('node:fs').appendFileSync(${JSON.stringify(marker)}, ${JSON.stringify(`${how} `)});\n`;

  const variables = [
    `AWS_CONFIG_FILE=${join(directory, 'config')}`,
    `AWS_SHARED_CREDENTIALS_FILE=${join(directory, 'config')}`,
    `SSO_CRED_CACHE_DIR=${join(directory, 'cache')}`,
    'AWS_ENDPOINT_URL=http://hostile.invalid',
    'HTTPS_PROXY=http://hostile.invalid',
  ];
  for (const suffix of ['', '.local', '.production', '.development', '.test']) {
    write(`.env${suffix}`, `${variables.join('\n')}\n`);
  }
  write('config', '[default]\nregion =\n[profile nosuch]\nsso_cred_session = hostile\n');

  write('bunfig.toml', 'preload = ["./evil.ts"]\n[run]\npreload = ["./evil.ts"]\n');
  write('evil.ts', evil('evil.ts, by a preload or a path mapping'));

  const aliases = ['*', './*', './cli.ts', 'yargs', 'ini', 'node:fs', 'fs'];
  const paths = Object.fromEntries(aliases.map((alias) => [alias, ['./evil.ts']]));
  write('tsconfig.json', JSON.stringify({ compilerOptions: { baseUrl: '.', paths } }));
  write(
    'package.json',
    JSON.stringify({
      type: 'commonjs',
      main: './evil.ts',
      imports: { '#*': './evil.ts' },
      browser: { fs: './evil.ts', yargs: './evil.ts' },
      overrides: { yargs: './evil.ts' },
    }),
  );
  for (const name of dependencyNames()) {
    mkdirSync(join(directory, 'node_modules', name), { recursive: true });
    write(`node_modules/${name}/package.json`, JSON.stringify({ name, main: 'index.js' }));
    write(`node_modules/${name}/index.js`, evil(`node_modules/${name}`));
  }
}

function listFiles(directory: string): readonly string[] {
  return readdirSync(directory, { recursive: true, encoding: 'utf8' });
}

function dependencyNames(): readonly string[] {
  const { devDependencies } = JSON.parse(readFileSync('package.json', 'utf8')) as {
    devDependencies: Record<string, string>;
  };
  return Object.keys(devDependencies);
}

function start(executable: string, args: readonly string[], home: string, cwd: string): Outcome {
  const { SystemRoot } = process.env;
  const { status, stdout, stderr } = spawnSync(executable, args, {
    cwd,
    env: { HOME: home, USERPROFILE: home, CI: 'true', ...(SystemRoot && { SystemRoot }) },
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'pipe'],
    timeout: 60_000,
  });
  return { status, stdout: stdout ?? '', stderr: stderr ?? '' };
}

function isExpected(outcome: Outcome, expected: HostileRun['expected']): boolean {
  return (
    outcome.status === expected.status &&
    expected.stdout.test(outcome.stdout) &&
    expected.stderr.test(outcome.stderr)
  );
}

function show({ status, stdout, stderr }: Outcome): string {
  return JSON.stringify({ status, stdout, stderr });
}
