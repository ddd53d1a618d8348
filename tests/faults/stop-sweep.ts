import { setTimeout as delay } from 'node:timers/promises';
import { callAtOnce, mixOfBuilds, problemsOf } from './callers.ts';
import type { SweepOptions } from './crash-sweep.ts';
import { findDamage } from './damage.ts';
import { expectSame, expectThat } from './expect.ts';
import { inWorld } from './fault-world.ts';
import { inParallel } from './in-parallel.ts';
import { type RefreshSteps, recordRefresh, stepText } from './refresh-steps.ts';
import type { PartReport } from './report.ts';
import { startStepped } from './stepped-process.ts';

const worldsAtOnce = 8;
const callersAtOnce = 20;

interface Stop {
  readonly at: number;
  readonly seconds: number;
  /** `--timeout` of those who call meanwhile; seconds, the default without. */
  readonly timeoutS?: number;
}

/**
 * Stops a refresh before a step for 6 s, less than a lock takes to go stale, and for 20 s, more than
 * that; has twenty call meanwhile, and lets it go on: no token is sent twice, and nobody needs to sign
 * in. So a laptop's sleep looks from inside.
 */
export async function sweepStops(report: PartReport, options: SweepOptions): Promise<void> {
  const { build, kind, full } = options;
  const steps = await recordRefresh(build, kind);
  const points = full ? steps.texts.map((_, index) => index + 1) : chosenSteps(steps);
  const stops: readonly Stop[] = [
    // The long ones first: they are what the end waits for.
    ...points.map((at) => ({ at, seconds: 20 })),
    ...points.map((at) => ({ at, seconds: 6 })),
    { at: steps.send + 1, seconds: 20, timeoutS: 8 },
  ];
  let reached = 0;
  await inParallel(stops, worldsAtOnce, async (stop) => {
    const { at, seconds, timeoutS } = stop;
    const budget = timeoutS === undefined ? '' : `, callers with ${timeoutS} s`;
    await report.check(`stopped for ${seconds} s before ${stepText(steps, at)}${budget}`, () =>
      inWorld({ kind, build, token: 'expired' }, async (world) => {
        const stepped = startStepped(world, { at, then: 'stop' });
        if (await stepped.reached) reached += 1;
        const args = ['--profile', world.profile];
        if (timeoutS !== undefined) args.push('--timeout', String(timeoutS));
        const calling = callAtOnce(world, callersAtOnce, {
          buildOf: mixOfBuilds(build, full),
          argsOf: () => args,
        });
        await delay(seconds * 1000);
        stepped.resume();
        const [calls, stopped] = await Promise.all([calling, stepped.finished]);

        const of = (what: string) => `${what}; one said "${calls.said}"`;
        expectSame('problems of the stopped one', problemsOf(stopped), []);
        expectSame(
          `status of the stopped one, which said "${stopped.stderr.trim()}"`,
          stopped.exitStatus,
          0,
        );
        const { 8: tooLate = 0, ...others } = calls.statuses;
        const answered = callersAtOnce - (timeoutS === undefined ? 0 : tooLate);
        expectSame(of('statuses'), others, answered === 0 ? {} : { 0: answered });
        expectSame(of('problems'), calls.problems, []);
        expectSame(of('refreshes'), world.refreshes().length, 1);
        expectSame(of('reuses'), world.reuses(), 0);
        expectThat(world.roleCalls().length <= 2, of(`${world.roleCalls().length} role calls`));
        expectSame(of('damage'), findDamage(world), []);
      }),
    );
  });
  await report.check('each of them was stopped', async () => {
    // The steps of one run may be one fewer than those of another: a lock that is touched, or not.
    expectThat(reached >= stops.length - 2, `${reached} of ${stops.length}`);
  });
}

/** Under the first lock, before the token leaves, in its flight, before its successor is kept, after. */
function chosenSteps({ send, rename, texts }: RefreshSteps): readonly number[] {
  return [5, send, send + 1, rename, rename + 1, Math.floor((rename + texts.length) / 2)];
}
