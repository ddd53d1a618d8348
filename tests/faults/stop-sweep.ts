import { setTimeout as delay } from 'node:timers/promises';
import { callAtOnce, mixOfBuilds, problemsOf } from './callers.ts';
import type { SweepOptions } from './crash-sweep.ts';
import { findDamage } from './damage.ts';
import { expectSame, expectThat } from './expect.ts';
import { type FaultWorld, inWorld } from './fault-world.ts';
import { type RefreshSteps, recordRefresh, stepText } from './refresh-steps.ts';
import type { PlannedCheck } from './report.ts';
import { startStepped } from './stepped-process.ts';

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
export async function planStops({
  build,
  kind,
  everyStep,
  full,
}: SweepOptions): Promise<readonly PlannedCheck[]> {
  const steps = await recordRefresh(build, kind);
  const points = everyStep ? steps.texts.map((_, index) => index + 1) : chosenSteps(steps);
  const stops: readonly Stop[] = [
    ...points.map((at) => ({ at, seconds: 20 })),
    ...points.map((at) => ({ at, seconds: 6 })),
    { at: steps.send + 1, seconds: 20, timeoutS: 8 },
  ];
  return stops.map((stop) => {
    const { at, seconds, timeoutS } = stop;
    const budget = timeoutS === undefined ? '' : `, callers with ${timeoutS} s`;
    return {
      name: `${kind}, ${build.name}: stopped for ${seconds} s before ${stepText(steps, at)}${budget}`,
      run: () =>
        inWorld({ kind, build, token: 'expired' }, (world) => stopAndCall(world, stop, full)),
    };
  });
}

async function stopAndCall(
  world: FaultWorld,
  { at, seconds, timeoutS }: Stop,
  full: boolean,
): Promise<void> {
  const stepped = startStepped(world, { at, fate: 'stop' });
  const wasStopped = await stepped.reached;
  const args = ['--profile', world.profile];
  if (timeoutS !== undefined) args.push('--timeout', String(timeoutS));
  const calling = callAtOnce(world, callersAtOnce, {
    buildOf: mixOfBuilds(world.build, full),
    argsOf: () => args,
  });
  if (wasStopped) await delay(seconds * 1000);
  stepped.resume();
  const [calls, stopped] = await Promise.all([calling, stepped.finished]);

  const of = (what: string) => `${what}; others said "${calls.said}"`;
  const said = `which said "${stopped.stderr.trimEnd()}"`;
  expectSame(of(`status of the stopped one, ${said}`), stopped.exitStatus, 0);
  expectSame('problems of the stopped one', problemsOf(stopped), []);
  const { 8: tooLate = 0, ...others } = calls.statuses;
  const answered = callersAtOnce - (timeoutS === undefined ? 0 : tooLate);
  expectSame(of('statuses'), others, answered === 0 ? {} : { 0: answered });
  expectSame(of('problems'), calls.problems, []);
  expectSame(of('refreshes'), world.refreshes().length, 1);
  expectSame(of('reuses'), world.reuses(), 0);
  // The stopped one may have to ask again, and another has asked meanwhile: that costs nothing.
  expectThat(world.roleCalls().length <= 3, of(`${world.roleCalls().length} role calls`));
  expectSame(of('damage'), findDamage(world), []);
}

/** Under the first lock, before the token leaves, in its flight, before its successor is kept, after. */
function chosenSteps({ send, rename, texts }: RefreshSteps): readonly number[] {
  return [5, send, send + 1, rename, rename + 1, Math.floor((rename + texts.length) / 2)];
}
