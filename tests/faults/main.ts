import { parseArgs } from 'node:util';
import { findBun } from '../../scripts/find-bun.ts';
import { builds } from '../support/builds.ts';
import { clockFaults } from './clock-faults.ts';
import { containerFaults } from './container-faults.ts';
import { sweepKills } from './crash-sweep.ts';
import { diskFaults } from './disk-faults.ts';
import { kinds } from './fault-world.ts';
import { fileFaults } from './file-faults.ts';
import { killTheHolder } from './kill-the-holder.ts';
import { loadTests } from './load.ts';
import { lockFaults } from './lock-faults.ts';
import { sweepLogouts } from './logout-sweep.ts';
import { replyFaults } from './reply-faults.ts';
import { createReport } from './report.ts';
import { signalFaults } from './signal-faults.ts';
import { tryFaults } from './single-fault.ts';
import { sweepStops } from './stop-sweep.ts';
import { killInOneHome } from './strays.ts';
import { canTrace } from './trace-steps.ts';

const usage = `npm run test:faults -- [--full] [--only TEXT]… [--verbose]
Kills, stops and starves sso-cred where it hurts most, with a stand-in for AWS, and says what came of it.
  --full       all steps, all rounds; without it what takes a quarter of an hour at most
  --only TEXT  only parts with TEXT in their name
  --verbose    also prints what has passed
`;

/** Table 4.3 of the test plan. What tests/cli has of it already is not here. */
const singleFaults = {
  files: fileFaults,
  disks: diskFaults,
  locks: lockFaults,
  signals: signalFaults,
  replies: replyFaults,
  clocks: clockFaults,
  containers: containerFaults,
};

/** For all parts together, so that nothing hangs; minutes. */
const limitMin = { some: 18, all: 150 };

async function main(): Promise<number> {
  const { values } = parseArgs({
    options: {
      full: { type: 'boolean', default: false },
      only: { type: 'string', multiple: true, default: [] },
      verbose: { type: 'boolean', default: false },
      help: { type: 'boolean', default: false },
    },
  });
  if (values.help) {
    process.stdout.write(usage);
    return 0;
  }
  const { full, only, verbose } = values;
  const deadline = Date.now() + (full ? limitMin.all : limitMin.some) * 60_000;
  const report = createReport({ verbose, only, deadline });
  const rounds = full ? 500 : 100;
  await report.part('kill the holder, Node.js', (part) =>
    killTheHolder(part, process.execPath, rounds),
  );
  const bun = findBun();
  await report.part('kill the holder, Bun', async (part) => {
    if (bun === undefined) part.skip('Bun', 'it is not installed');
    else await killTheHolder(part, bun.path, rounds);
  });
  for (const build of builds()) {
    for (const [name, faults] of Object.entries(singleFaults)) {
      await report.part(`${name}, ${build.name}`, (part) => tryFaults(part, build, faults));
    }
    await report.part(`load, ${build.name}`, (part) => loadTests(part, build));
    await report.part(`kills in one home, ${build.name}`, (part) => killInOneHome(part, build));
    for (const kind of kinds) {
      await report.part(`crash sweep, ${kind}, ${build.name}`, (part) =>
        sweepKills(part, { build, kind, full }),
      );
      await report.part(`crash sweep with little time, ${kind}, ${build.name}`, async (part) => {
        if (canTrace) await sweepKills(part, { build, kind, full, timeoutS: 10 });
        else part.skip('all of it', 'strace does not work here');
      });
      await report.part(`stops, ${kind}, ${build.name}`, (part) =>
        sweepStops(part, { build, kind, full }),
      );
      await report.part(`logout meanwhile, ${kind}, ${build.name}`, (part) =>
        sweepLogouts(part, { build, kind, full }, false),
      );
      await report.part(`logout first, ${kind}, ${build.name}`, (part) =>
        sweepLogouts(part, { build, kind, full }, true),
      );
    }
  }
  return report.finish();
}

process.exitCode = await main();
