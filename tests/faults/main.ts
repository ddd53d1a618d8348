import { parseArgs } from 'node:util';
import { findBun } from '../../scripts/find-bun.ts';
import { builds } from '../support/builds.ts';
import { clockFaults } from './clock-faults.ts';
import { containerFaults } from './container-faults.ts';
import { sweepKills } from './crash-sweep.ts';
import { diskFaults } from './disk-faults.ts';
import { closeWorlds, kinds } from './fault-world.ts';
import { fileFaults } from './file-faults.ts';
import { inParallel } from './in-parallel.ts';
import { killTheHolder } from './kill-the-holder.ts';
import { loadTests } from './load.ts';
import { lockFaults } from './lock-faults.ts';
import { planLogouts } from './logout-sweep.ts';
import { replyFaults } from './reply-faults.ts';
import { createReport, type PartReport, type PlannedCheck } from './report.ts';
import { signalFaults } from './signal-faults.ts';
import { planFaults } from './single-fault.ts';
import { planStops } from './stop-sweep.ts';
import { killInOneHome } from './strays.ts';
import { canTrace } from './trace-steps.ts';

const usage = `npm run test:faults -- [--full] [--only TEXT]… [--check TEXT]… [--verbose]
Kills, stops and starves sso-cred where it hurts most, with a stand-in for AWS, and says what came of it.
  --full        all steps, all rounds; without it what takes a quarter of an hour at most
  --only TEXT   only parts with TEXT in their name; each of several
  --check TEXT  only checks with TEXT in their name; with all of several
  --verbose     also prints what has passed
`;

/** Table 4.3 of the test plan. What tests/cli has of it already is not here. */
const singleFaults = [
  ...containerFaults,
  ...lockFaults,
  ...replyFaults,
  ...clockFaults,
  ...fileFaults,
  ...diskFaults,
  ...signalFaults,
];

/** For all parts together, so that nothing hangs; minutes. */
const limitMin = { some: 18, all: 180 };

async function main(): Promise<number> {
  const { values } = parseArgs({
    options: {
      full: { type: 'boolean', default: false },
      only: { type: 'string', multiple: true, default: [] },
      check: { type: 'string', multiple: true, default: [] },
      verbose: { type: 'boolean', default: false },
      help: { type: 'boolean', default: false },
    },
  });
  if (values.help) {
    process.stdout.write(usage);
    return 0;
  }
  const { full, only, check: checks, verbose } = values;
  const deadline = Date.now() + (full ? limitMin.all : limitMin.some) * 60_000;
  const report = createReport({ verbose, only, checks, deadline });
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
    process.once(signal, () => {
      report.abort(`ended by ${signal}`);
      void closeWorlds().then(() => process.exit(report.finish()));
    });
  }

  const rounds = full ? 500 : 100;
  await report.part('kill the holder, Node.js', (part) =>
    killTheHolder(part, process.execPath, rounds),
  );
  const bun = findBun();
  await report.part('kill the holder, Bun', async (part) => {
    if (bun === undefined) part.skip('Bun', 'it is not installed');
    else await killTheHolder(part, bun.path, rounds);
  });

  const present = builds();
  const quickest = present.at(-1);
  for (const build of present) {
    await report.part(`single faults, ${build.name}`, (part) =>
      runAll(part, planFaults(part, build, singleFaults), 8),
    );
    await report.part(`load, ${build.name}`, (part) => loadTests(part, build));
    await report.part(`kills in one home, ${build.name}`, (part) =>
      killInOneHome(part, build, full || build === quickest),
    );
  }
  // Both kinds go through one protocol, and both builds through one source: what takes longest, the
  // Node build with an OpenID provider, is spared the steps that tell least.
  const combinations = present.flatMap((build) => kinds.map((kind) => ({ build, kind })));
  for (const { build, kind } of combinations) {
    const everyStep = full || build === quickest || kind === 'Identity Center';
    await report.part(`crash sweep, ${kind}, ${build.name}`, (part) =>
      sweepKills(part, { build, kind, everyStep, full }),
    );
  }
  for (const { build, kind } of combinations) {
    if (!full && (build !== quickest || kind !== 'Identity Center')) continue;
    await report.part(`crash sweep with little time, ${kind}, ${build.name}`, async (part) => {
      if (!canTrace) part.skip('all of it', 'strace does not work here');
      else await sweepKills(part, { build, kind, everyStep: true, full, timeoutS: 10 });
    });
  }
  await report.part('stops', async (part) => {
    const options = combinations.map((each) => ({ ...each, everyStep: full, full }));
    const plans = await inParallel(options, 1, planStops);
    await runAll(part, plans.flat(), 10);
  });
  await report.part('logout', async (part) => {
    const options = combinations.map((each) => {
      const everyStep = full || each.build === quickest;
      return { ...each, everyStep, full };
    });
    const patient = await inParallel(options, 1, (each) =>
      planLogouts({ ...each, everyStep: full }, true),
    );
    const others = await inParallel(options, 1, (each) => planLogouts(each, false));
    // Those that wait for a lock to go stale first, since most of their time is spent asleep.
    await runAll(part, [...patient.flat(), ...others.flat()], 12);
  });
  return report.finish();
}

async function runAll(
  { check }: PartReport,
  planned: readonly PlannedCheck[],
  atOnce: number,
): Promise<void> {
  await inParallel(planned, atOnce, ({ name, run }) => check(name, run));
}

process.exitCode = await main();
