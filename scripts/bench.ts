import { spawnSync } from 'node:child_process';
import { once } from 'node:events';
import {
  copyFileSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  statSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { cpus } from 'node:os';
import { basename, delimiter, isAbsolute, join, resolve } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { isMainThread, parentPort, Worker } from 'node:worker_threads';
import { createSandboxHome, type SandboxHome } from '../tests/stand-in/sandbox-home.ts';
import { type SsoTokenFile, type StandIn, startStandIn } from '../tests/stand-in/stand-in.ts';
import { compileFlags } from './compile-flags.ts';
import { bunEnvironment, findBun } from './find-bun.ts';

const usage = `Usage: npm run bench
Measures how long calls of both builds take, and prints medians, quartiles and ratios. Takes about a
minute. It uses hyperfine where that is on the PATH.
`;

/** A program whose time is taken, from its start to its end. */
interface Case {
  readonly name: string;
  readonly command: readonly string[];
  readonly env: Readonly<Record<string, string>>;
  /** What it prints. */
  readonly expected: RegExp;
  /** Makes the next run what it is meant to be; not part of the time. */
  readonly prepare?: () => void;
}

/** How many times as long one case takes as another. */
interface Ratio {
  readonly of: Case;
  readonly to: Case;
  /** The most that is wanted. */
  readonly target?: number;
}

/** What is measured of one build; the slow cases disturb the fast ones, and so come after them. */
interface Plan {
  readonly fast: readonly Case[];
  readonly fastRounds: number;
  readonly fastRatios: readonly Ratio[];
  readonly slow: readonly Case[];
  readonly slowRatios: readonly Ratio[];
}

type Calls = Readonly<Record<'cached' | 'cachedOfMany' | 'cold' | 'changed', Case>>;

/** With 10 and with 10,000 profiles. */
interface Homes {
  readonly small: SandboxHome;
  readonly large: SandboxHome;
}

/** Times of each case, in milliseconds; those with one index were taken shortly after each other. */
type Times = ReadonlyMap<Case, readonly number[]>;

const slowRounds = 15;
/** How many runs in a row hyperfine makes of a case before the next one has its turn. */
const hyperfineRuns = 10;
const warmUps = 3;

const answer = /^\{"Version":1,[^\n]+\}\n$/;
const nothing = /^$/;

/** In a thread of its own, since the main one stands still while it waits for a program. */
async function serve(): Promise<void> {
  const standIn = await startStandIn();
  const { url, endpoints, startUrl, region, accounts } = standIn;
  const token = standIn.issueToken();
  parentPort?.postMessage({ url, endpoints, startUrl, region, accounts, token });
}

type Aws = Pick<StandIn, 'url' | 'endpoints' | 'startUrl' | 'region' | 'accounts'> & {
  readonly token: SsoTokenFile;
};

async function main(): Promise<number> {
  if (process.argv.length > 2) {
    process.stdout.write(usage);
    return process.argv[2] === '--help' ? 0 : 2;
  }
  // Beside what is measured, so that all programs come from one disk.
  const scratch = join('build', 'bench');
  rmSync(scratch, { recursive: true, force: true });
  mkdirSync(scratch, { recursive: true });
  const homes: SandboxHome[] = [];
  const worker = new Worker(new URL(import.meta.url));
  try {
    const [aws] = (await once(worker, 'message')) as [Aws];
    for (const extraProfiles of [9, 9_999]) {
      const issueToken = () => aws.token;
      homes.push(createSandboxHome({ ...aws, issueToken }, { ssoCred: nodeBuild, extraProfiles }));
    }
    const [small, large] = homes as [SandboxHome, SandboxHome];
    await measureAll(aws, { small, large }, scratch);
    return 0;
  } catch (error) {
    console.error(error instanceof Error ? error.message : error);
    return 1;
  } finally {
    for (const home of homes) home.remove();
    rmSync(scratch, { recursive: true, force: true });
    await worker.terminate();
  }
}

const nodeBuild = resolve('dist', 'main.js');
const executable = resolve(
  'dist',
  'bin',
  process.platform === 'win32' ? 'sso-cred.exe' : 'sso-cred',
);

async function measureAll(aws: Aws, homes: Homes, scratch: string): Promise<void> {
  const bun = findBun();
  const plans = [planNode(homes, scratch)];
  if (bun !== undefined && existsSync(executable)) {
    plans.push(planExecutable(homes, bun.path, scratch));
  } else {
    console.log('The executable was not built: only the Node build is measured.');
  }
  const cached = plans.flatMap((plan) => plan.fast).filter(({ expected }) => expected === answer);

  const hyperfine = findProgram('hyperfine');
  const versions = [
    `node ${process.version}`,
    bun && `bun ${bun.version}`,
    hyperfine && versionOf(hyperfine),
  ];
  const machine = `${cpus().length} CPUs, ${process.platform} ${process.arch}`;
  console.log(`${versions.filter(Boolean).join(', ')}; ${machine}\n`);

  // An answer is tied to a config file only once that has not changed for two seconds.
  await settled(homes);
  for (const call of cached) run(call);
  const before = await roleCalls(aws);
  const fastTimes = mergedTimes(
    plans.map(({ fast, fastRounds }) =>
      hyperfine === undefined
        ? timesOf(fast, fastRounds, timeOnce)
        : timesOf(fast, fastRounds / hyperfineRuns, (measured) =>
            timeByHyperfine(hyperfine, measured, scratch),
          ),
    ),
  );
  const seen = cached.map((call) => trace(call, scratch));
  const between = await roleCalls(aws);
  expectCount('Cached runs called GetRoleCredentials', between - before, 0);
  show(
    fastTimes,
    plans.flatMap((plan) => plan.fastRatios),
  );

  const slowTimes = mergedTimes(plans.map(({ slow }) => timesOf(slow, slowRounds, timeOnce)));
  const wanted = plans.length * (slowRounds + warmUps);
  expectCount('Runs called GetRoleCredentials', (await roleCalls(aws)) - between, wanted);
  show(
    slowTimes,
    plans.flatMap((plan) => plan.slowRatios),
  );

  console.log('Each run without a role in the cache asked for it once, and no other run did.');
  console.log(
    seen.every((isSeen) => isSeen)
      ? 'A cached call opens no config file (strace).'
      : 'That a cached call opens no config file could not be seen: strace does not work here.',
  );
  if (hyperfine === undefined) {
    console.log(
      'To start a program from Node takes longer than from hyperfine, which lowers the ratios of\n' +
        'the shortest ones; with hyperfine on the PATH they are higher.',
    );
  }
}

function planNode({ small, large }: Homes, scratch: string): Plan {
  const calls = callsOf('Node build', [process.execPath, nodeBuild], { small, large });
  const emptyModule = join(scratch, 'empty.mjs');
  writeFileSync(emptyModule, '');
  const node = (name: string, ...args: string[]): Case => {
    return { name, command: [process.execPath, ...args], env: small.env, expected: nothing };
  };
  const nothingAtAll = node('node -e 0', '-e', '0');
  const module = node('node with an empty module', resolve(emptyModule));
  return {
    fastRounds: 60,
    fast: [nothingAtAll, module, calls.cached, calls.cachedOfMany],
    fastRatios: [
      { of: calls.cached, to: nothingAtAll, target: 1.2 },
      { of: calls.cached, to: module },
      { of: calls.cachedOfMany, to: calls.cached, target: 1.1 },
    ],
    ...slowPlan(calls),
  };
}

function planExecutable({ small, large }: Homes, bun: string, scratch: string): Plan {
  // As fresh as the programs that it is compared with: an older file can start a fifth slower.
  const copy = resolve(scratch, basename(executable));
  copyFileSync(executable, copy);
  const calls = callsOf('executable', [copy], { small, large });
  const compiled = (name: string, source: string, expected: RegExp): Case => {
    const command = [compile(bun, scratch, source)];
    return { name: `executable: ${name}`, command, env: small.env, expected };
  };
  const emptyProgram = compiled('an empty program', '', nothing);
  const oneWrite = compiled(
    'one fs.writeSync',
    `import { writeSync } from 'node:fs';\nwriteSync(1, '${'x'.repeat(1_000)}\\n');\n`,
    /^x{1000}\n$/,
  );
  return {
    fastRounds: 200,
    fast: [emptyProgram, oneWrite, calls.cached, calls.cachedOfMany],
    fastRatios: [
      { of: calls.cached, to: emptyProgram, target: 1.6 },
      { of: calls.cached, to: oneWrite },
      { of: calls.cachedOfMany, to: calls.cached, target: 1.1 },
    ],
    ...slowPlan(calls),
  };
}

function slowPlan({ cached, cold, changed }: Calls): Pick<Plan, 'slow' | 'slowRatios'> {
  return {
    slow: [cached, cold, changed],
    slowRatios: [
      { of: cold, to: cached },
      { of: changed, to: cached },
    ],
  };
}

/** The calls of one build that are measured. */
function callsOf(build: string, program: readonly string[], { small, large }: Homes): Calls {
  const command = [...program, '--profile', 'dev'];
  const inSmall = { command, env: small.env, expected: answer };
  const inLarge = { command, env: large.env, expected: answer };
  const roles = join(small.home, '.aws', 'sso-cred', 'roles');
  return {
    cached: { ...inSmall, name: `${build}: cached, 10 profiles` },
    cachedOfMany: { ...inLarge, name: `${build}: cached, 10,000 profiles` },
    cold: {
      ...inSmall,
      name: `${build}: role asked for (loopback)`,
      prepare: () => rmSync(roles, { recursive: true, force: true }),
    },
    changed: {
      ...inLarge,
      name: `${build}: config of 10,000 profiles changed`,
      prepare: () => utimesSync(large.configFile, new Date(), new Date()),
    },
  };
}

/** Compiles a program as the executable is compiled; gives its path. */
function compile(bun: string, scratch: string, source: string): string {
  const directory = mkdtempSync(join(scratch, 'program-'));
  const outfile = resolve(directory, process.platform === 'win32' ? 'program.exe' : 'program');
  writeFileSync(join(directory, 'program.ts'), source);
  const { status, stderr } = spawnSync(
    bun,
    ['build', join(directory, 'program.ts'), ...compileFlags, `--outfile=${outfile}`],
    { encoding: 'utf8', env: bunEnvironment() },
  );
  if (status !== 0) throw new Error(`bun cannot compile a program: ${stderr}`);
  return outfile;
}

async function settled({ small, large }: Homes): Promise<void> {
  const changedAt = Math.max(
    ...[small, large].map(({ configFile }) => statSync(configFile).ctimeMs),
  );
  await delay(changedAt + 2_100 - Date.now());
}

/**
 * Takes the times of all cases in turns, so that a machine that slows down slows all of them, and
 * in changing order: a program that ran just before starts faster.
 */
function timesOf(
  cases: readonly Case[],
  rounds: number,
  time: (measured: Case) => readonly number[],
): Times {
  const times = new Map<Case, number[]>(cases.map((measured) => [measured, []]));
  for (let round = 0; round < warmUps; round += 1) for (const measured of cases) run(measured);
  for (let round = 0; round < rounds; round += 1) {
    for (const measured of shuffled(cases)) times.get(measured)?.push(...time(measured));
  }
  return times;
}

function shuffled(cases: readonly Case[]): readonly Case[] {
  const keys = new Map(cases.map((measured) => [measured, Math.random()]));
  return cases.toSorted((a, b) => (keys.get(a) ?? 0) - (keys.get(b) ?? 0));
}

function mergedTimes(times: readonly Times[]): Times {
  return new Map(times.flatMap((some) => [...some]));
}

function timeOnce(measured: Case): readonly number[] {
  return [run(measured)];
}

/** Runs a case and checks what it prints; gives how long it took. */
function run({ name, command, env, expected, prepare }: Case): number {
  const [program = '', ...args] = command;
  prepare?.();
  const startedAt = process.hrtime.bigint();
  const { status, stdout, stderr } = spawnSync(program, args, {
    env,
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'pipe'],
    timeout: 30_000,
  });
  const tookMs = Number(process.hrtime.bigint() - startedAt) / 1e6;
  if (status !== 0 || !expected.test(stdout) || stderr !== '') {
    throw new Error(`${name}: exit status ${status}, ${stdout.length} characters, ${stderr}`);
  }
  return tookMs;
}

function timeByHyperfine(
  hyperfine: string,
  { name, command, env }: Case,
  scratch: string,
): readonly number[] {
  const report = join(scratch, 'hyperfine.json');
  const line = command.map((word) => `'${word.replaceAll("'", "'\\''")}'`).join(' ');
  const options = [
    '--shell=none',
    '--style=none',
    `--warmup=${warmUps}`,
    `--runs=${hyperfineRuns}`,
  ];
  const { status, stderr } = spawnSync(hyperfine, [...options, `--export-json=${report}`, line], {
    env,
    encoding: 'utf8',
    timeout: 60_000,
  });
  if (status !== 0) throw new Error(`${name}: ${stderr}`);
  const { results } = JSON.parse(readFileSync(report, 'utf8')) as {
    results: readonly { times: readonly number[] }[];
  };
  return (results[0]?.times ?? []).map((seconds) => seconds * 1000);
}

/** The path of a program that this machine may have; undefined when it is not on the PATH. */
function findProgram(name: string): string | undefined {
  const file = process.platform === 'win32' ? `${name}.exe` : name;
  const directories = (process.env['PATH'] ?? '').split(delimiter).filter(isAbsolute);
  return directories.map((directory) => join(directory, file)).find((path) => existsSync(path));
}

function versionOf(program: string): string {
  return spawnSync(program, ['--version'], { encoding: 'utf8' }).stdout.trim();
}

/** How often the role was asked for so far. */
async function roleCalls({ url }: Aws): Promise<number> {
  const body = JSON.stringify({ operation: 'GetRoleCredentials' });
  const response = await fetch(`${url}/_control/calls`, { method: 'POST', body });
  return ((await response.json()) as readonly unknown[]).length;
}

function expectCount(what: string, count: number, expected: number): void {
  if (count !== expected) throw new Error(`${what} ${count} times instead of ${expected}`);
}

/** Whether it could be seen that a cached call takes the short way; throws when it does not. */
function trace({ name, command, env }: Case, scratch: string): boolean {
  const strace = findProgram('strace');
  if (strace === undefined) return false;
  const log = join(scratch, 'strace.log');
  rmSync(log, { force: true });
  const args = ['-f', '-e', 'trace=open,openat', '-o', log, ...command];
  const { status } = spawnSync(strace, args, { env, stdio: 'ignore', timeout: 60_000 });
  if (status !== 0 || !existsSync(log)) return false;
  const opened = readFileSync(log, 'utf8');
  if (/\.aws\/config"/.test(opened)) throw new Error(`${name}: it reads the config all the same`);
  return /sso-cred\/roles\//.test(opened);
}

function show(times: Times, ratios: readonly Ratio[]): void {
  const rows = [...times].map(([{ name }, values]) => {
    const [low, median, high] = quartiles(values).map((value) => value.toFixed(1));
    return [name, `${median} ms`, `${low}–${high}`, `${values.length} runs`];
  });
  print(['', 'median', 'quartiles', ''], rows);
  const ratioRows = ratios.map(({ of, to, target }) => {
    const quotients = pairs(times.get(of), times.get(to)).map(([a, b]) => a / b);
    const [low, median, high] = quartiles(quotients).map((value) => value.toFixed(2));
    const wanted = target === undefined ? '' : `wanted: ≤ ${target}`;
    return [`${of.name} / ${to.name}`, `${median} ×`, `${low}–${high}`, wanted];
  });
  print(['', 'ratio', 'quartiles', ''], ratioRows);
}

function pairs(
  left: readonly number[] = [],
  right: readonly number[] = [],
): readonly (readonly [number, number])[] {
  return left.flatMap((value, index) => {
    const other = right[index];
    return other === undefined ? [] : [[value, other] as const];
  });
}

/** The first quartile, the median and the third. */
function quartiles(values: readonly number[]): readonly [number, number, number] {
  const sorted = values.toSorted((a, b) => a - b);
  const at = (share: number): number => {
    const place = share * (sorted.length - 1);
    const [low = Number.NaN, high = low] = sorted.slice(Math.floor(place));
    return low + (high - low) * (place % 1);
  };
  return [at(0.25), at(0.5), at(0.75)];
}

function print(header: readonly string[], rows: readonly (readonly string[])[]): void {
  const widths = header.map((_, column) =>
    Math.max(...[header, ...rows].map((row) => row[column]?.length ?? 0)),
  );
  for (const row of [header, ...rows]) {
    const [name = '', ...figures] = row.map((text, column) =>
      column === 0 ? text.padEnd(widths[0] ?? 0) : text.padStart(widths[column] ?? 0),
    );
    console.log([name, ...figures].join('  ').trimEnd());
  }
  console.log('');
}

if (isMainThread) process.exitCode = await main();
else await serve();
