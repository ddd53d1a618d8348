import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, rmSync, utimesSync } from 'node:fs';
import { cpus, loadavg } from 'node:os';
import { delimiter, isAbsolute, join, resolve } from 'node:path';
import { createSandboxHome, type SandboxHome } from '../tests/stand-in/sandbox-home.ts';
import { answer, type Case, nothing, run, settled } from './bench/case.ts';
import { crowdOf } from './bench/crowd.ts';
import { simulateDay } from './bench/day.ts';
import { peakMemory } from './bench/peak-memory.ts';
import { compilePrograms, freshCopy, type Programs } from './bench/programs.ts';
import { type Claim, type Finding, judge, showFindings, showTimes } from './bench/report.ts';
import { serveAws } from './bench/serve-aws.ts';
import { hyperfineTimer, runsOf, type Times, timesOf } from './bench/timing.ts';
import { findBun } from './find-bun.ts';

const usage = `Usage: npm run bench
Measures how long calls of both builds take, and judges the claims of docs/performance.md. Takes three
minutes. It uses hyperfine where that is on the PATH.
`;

/** Cases that are measured in turns, and what is claimed of them. */
interface Group {
  readonly cases: readonly Case[];
  readonly count: number;
  readonly claims: readonly Claim[];
  /** Whether hyperfine can time them: it checks no output and prepares nothing. */
  readonly isPlain?: true;
}

type Calls = Readonly<Record<'cached' | 'cachedOfMany' | 'cold' | 'changed', Case>>;

/** With 10 and with 10,000 profiles. */
interface Homes {
  readonly small: SandboxHome;
  readonly large: SandboxHome;
}

const slowCount = 20;
const crowd = 200;

const nodeBuild = resolve('dist', 'main.js');
const executable = resolve(
  'dist',
  'bin',
  process.platform === 'win32' ? 'sso-cred.exe' : 'sso-cred',
);

process.exitCode = await main();

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
  const { aws, roleCalls, stop } = await serveAws();
  try {
    for (const extraProfiles of [9, 9_999]) {
      const issueToken = () => aws.token;
      homes.push(createSandboxHome({ ...aws, issueToken }, { ssoCred: nodeBuild, extraProfiles }));
    }
    const [small, large] = homes as [SandboxHome, SandboxHome];
    await measureAll({ small, large }, scratch, roleCalls);
    return 0;
  } catch (error) {
    console.error(error instanceof Error ? error.message : error);
    return 1;
  } finally {
    for (const home of homes) await home.remove();
    rmSync(scratch, { recursive: true, force: true });
    await stop();
  }
}

async function measureAll(
  homes: Homes,
  scratch: string,
  roleCalls: () => Promise<number>,
): Promise<void> {
  const bun = findBun();
  const hyperfine = findProgram('hyperfine');
  const versions = [
    `node ${process.version}`,
    bun && `bun ${bun.version}`,
    hyperfine && spawnSync(hyperfine, ['--version'], { encoding: 'utf8' }).stdout.trim(),
  ];
  const machine = `${cpus().length} CPUs, ${process.platform} ${process.arch}`;
  console.log(`${versions.filter(Boolean).join(', ')}; ${machine}\n`);

  const isBuilt = bun !== undefined && existsSync(executable);
  const nodeCommand = [process.execPath, nodeBuild];
  const binCommand = isBuilt ? [freshCopy(executable, scratch)] : undefined;
  const node = callsOf('Node build', nodeCommand, homes);
  const bin = binCommand && callsOf('executable', binCommand, homes);
  const builds = bin === undefined ? [node] : [node, bin];
  if (!isBuilt) console.log('The executable was not built: only the Node build is measured.\n');

  await settled([homes.small.configFile, homes.large.configFile]);
  const cached = builds.flatMap((calls) => [calls.cached, calls.cachedOfMany]);
  for (const call of cached) run(call);
  const before = await roleCalls();
  const findings: Finding[] = [];
  let busiest = 0;
  const measure = ({ cases, count, claims, isPlain }: Group): void => {
    busiest = Math.max(busiest, loadavg()[0] ?? 0);
    const timer =
      isPlain === true && hyperfine !== undefined ? hyperfineTimer(hyperfine, scratch) : undefined;
    const times: Times = timesOf(cases, count, timer);
    showTimes(times);
    findings.push(...claims.map((claim) => judge(claim, times)));
  };

  if (bun !== undefined && bin !== undefined) {
    const programs = compilePrograms(bun.path, scratch, homes.small);
    measure(executableGroup(bin, programs));
    if (process.platform !== 'win32') measure(crowdGroup(bin, programs));
    findings.push(memoryOf(bin, programs));
  }
  measure(nodeGroup(node, homes.small));
  const seen = cached.map((call) => trace(call, scratch));
  expectCount('Cached runs called GetRoleCredentials', (await roleCalls()) - before, 0);

  const between = await roleCalls();
  measure(slowGroup(node, 120));
  if (bin !== undefined) measure(slowGroup(bin, 30));
  const expected = builds.length * runsOf(slowCount);
  expectCount('Runs called GetRoleCredentials', (await roleCalls()) - between, expected);
  const days = [{ name: 'Node build', command: nodeCommand }];
  if (binCommand !== undefined) days.unshift({ name: 'executable', command: binCommand });
  findings.push(...(await simulateDay(days)));
  showFindings(findings);

  console.log('Each run without a role in the cache asked for it once, and no other run did.');
  console.log(
    seen.every((isSeen) => isSeen)
      ? 'A cached call opens no config file (strace).'
      : 'That a cached call opens no config file could not be seen: strace does not work here.',
  );
  if (busiest > cpus().length) {
    console.log(
      `Other programs kept the machine busy (a load of ${busiest.toFixed(0)}): differences in ms are too high,\n` +
        'ratios vary, and what is renewed ahead may come too late for an hour of 8 s.',
    );
  }
  if (hyperfine === undefined) {
    console.log(
      'To start a program from Node.js takes longer than from hyperfine, which lowers the ratios of\n' +
        'the shortest ones; with hyperfine on the PATH they are higher.',
    );
  }
}

function executableGroup(calls: Calls, { empty, oneWrite, unchecked }: Programs): Group {
  return {
    isPlain: true,
    count: 200,
    cases: [empty, oneWrite, unchecked, calls.cached, calls.cachedOfMany],
    claims: [
      {
        what: 'Cached, executable / the same reads and the write, no check',
        of: calls.cached,
        to: unchecked,
        wanted: { ratio: 1.2 },
      },
      {
        what: 'Cached, executable / an empty executable',
        of: calls.cached,
        to: empty,
        wanted: { ratio: 1.6 },
      },
      { what: 'One write, executable / an empty executable', of: oneWrite, to: empty },
      {
        what: 'Cached, executable: 10,000 profiles / 10',
        of: calls.cachedOfMany,
        to: calls.cached,
        wanted: { ratio: 1.1 },
      },
    ],
  };
}

function crowdGroup({ cached }: Calls, { empty, unchecked }: Programs): Group {
  const [of, least, to] = [cached, unchecked, empty].map((single) => crowdOf(single, crowd)) as [
    Case,
    Case,
    Case,
  ];
  return {
    count: 15,
    cases: [of, least, to],
    claims: [
      {
        what: `Cached, executable, ${crowd} at once / ${crowd} empty ones`,
        of,
        to,
        wanted: { ratio: 1.3 },
      },
      { what: `The same reads, no check, ${crowd} at once / ${crowd} empty ones`, of: least, to },
    ],
  };
}

function nodeGroup(calls: Calls, { env }: SandboxHome): Group {
  const command = [process.execPath, '-e', '0'];
  const start: Case = { name: 'node -e 0', command, env, expected: nothing };
  return {
    isPlain: true,
    count: 60,
    cases: [start, calls.cached, calls.cachedOfMany],
    claims: [
      {
        what: 'Cached, Node build / node -e 0',
        of: calls.cached,
        to: start,
        wanted: { ratio: 1.2 },
      },
      {
        what: 'Cached, Node build: 10,000 profiles / 10',
        of: calls.cachedOfMany,
        to: calls.cached,
        wanted: { ratio: 1.1 },
      },
    ],
  };
}

/** The slow cases disturb the fast ones, and so come after them. */
function slowGroup({ cached, cold, changed }: Calls, coldOverMs: number): Group {
  const isNode = cached.command[0] === process.execPath;
  const build = isNode ? 'Node build' : 'executable';
  return {
    count: slowCount,
    cases: [cached, cold, changed],
    claims: [
      {
        what: `Role asked for (loopback) over cached, ${build}`,
        of: cold,
        to: cached,
        wanted: { overMs: coldOverMs },
      },
      {
        what: `Config of 10,000 profiles changed over cached, ${build}`,
        of: changed,
        to: cached,
        wanted: { overMs: isNode ? 120 : 60 },
      },
    ],
  };
}

function memoryOf({ cached }: Calls, { empty }: Programs): Finding {
  const [used, base] = [cached, empty].map((measured) => {
    const peak = peakMemory(measured);
    return peak === undefined ? 'not seen (no python3)' : `${peak.toFixed(0)} MB`;
  });
  return {
    what: 'Peak memory: cached, executable, and an empty executable',
    found: `${used}, ${base}`,
    spread: '–',
    wanted: '–',
    verdict: '–',
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

/** The path of a program that this machine may have; undefined when it is not on the PATH. */
function findProgram(name: string): string | undefined {
  const file = process.platform === 'win32' ? `${name}.exe` : name;
  const directories = (process.env['PATH'] ?? '').split(delimiter).filter(isAbsolute);
  return directories.map((directory) => join(directory, file)).find((path) => existsSync(path));
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
