import { setTimeout as delay } from 'node:timers/promises';
import type { Build } from '../support/builds.ts';
import { callAtOnce, mixOfBuilds } from './callers.ts';
import { findDamage } from './damage.ts';
import { expectSame, expectThat } from './expect.ts';
import { type FaultWorld, inWorld, type Kind } from './fault-world.ts';
import { inParallel } from './in-parallel.ts';
import { recordRefresh, stepText } from './refresh-steps.ts';
import type { PartReport } from './report.ts';
import { type StepOrder, startStepped } from './stepped-process.ts';

export interface SweepOptions {
  readonly build: Build;
  readonly kind: Kind;
  /** All steps; else those that tell most. */
  readonly everyStep: boolean;
  /** Whether all callers are of the build, and all kinds of provider are tried at each step. */
  readonly full: boolean;
  /** `--timeout` of the one to be killed: with little time, a process of its own refreshes for it. */
  readonly timeoutS?: number;
}

/** How far a refresh had come when its process died, by what the issuer saw and what lies on disk. */
type Phase = 'before the POST' | 'in flight' | 'after the rename';

const worldsAtOnce = 8;
const callersAtOnce = 20;
/** A lock that had to go stale would take ten seconds more; the machine may be busy. */
const callersMs = 60_000;

/**
 * Kills a refresh before each of its steps, and calls twenty times at once after it: table 4.1 of the
 * test plan. With a leeway for a spent refresh token nothing may be lost at any step; without, only what
 * was in flight costs a sign-in.
 */
export async function sweepKills(report: PartReport, options: SweepOptions): Promise<void> {
  const { build, kind, everyStep, full, timeoutS } = options;
  const order = (world: Pick<FaultWorld, 'profile'>) =>
    timeoutS === undefined
      ? {}
      : { args: ['--profile', world.profile, '--timeout', String(timeoutS)], withChildren: true };
  const profile = kind === 'Identity Center' ? 'dev' : 'web';
  const steps = await recordRefresh(build, kind, order({ profile }));
  const all = Array.from({ length: steps.texts.length + 1 }, (_, index) => index + 1);
  const isNearFlight = (n: number) => n >= steps.send - 1 && n <= steps.rename + 2;
  const points = [
    ...all.filter((n) => everyStep || isNearFlight(n)).map((at) => ({ at, leewayS: 30 })),
    ...all.filter((n) => full || isNearFlight(n)).map((at) => ({ at, leewayS: 0 })),
  ];
  const seen: Record<string, number> = {};
  let slowestMs = 0;
  await inParallel(points, worldsAtOnce, ({ at, leewayS }) =>
    report.check(`killed before ${stepText(steps, at)}, leeway ${leewayS} s`, () =>
      inWorld({ kind, build, token: 'expired', leewayS }, async (world) => {
        const killed = await kill(world, { at, fate: 'kill', ...order(world) });
        if (killed === undefined) return;
        const count = `${killed.phase}, leeway ${leewayS} s`;
        seen[count] = (seen[count] ?? 0) + 1;
        const ms = await expectRecovery(world, killed.left, leewayS, full);
        slowestMs = Math.max(slowestMs, ms);
      }),
    ),
  );
  report.note(`${steps.texts.length} steps; killed ${JSON.stringify(seen)}`);
  report.note(`the slowest ${callersAtOnce} callers after a kill took ${slowestMs} ms`);
  await report.check('the kills came before, in and after the flight of the token', async () => {
    for (const phase of ['before the POST', 'in flight', 'after the rename'])
      expectThat((seen[`${phase}, leeway 30 s`] ?? 0) > 1, `${phase}: ${JSON.stringify(seen)}`);
    expectThat((seen['in flight, leeway 0 s'] ?? 0) > 1, JSON.stringify(seen));
  });
}

/** How far things were when it died; and when those who worked with it, and lived, had ended too. */
interface Killed {
  readonly phase: Phase;
  readonly left: Phase;
}

/** Kills a call, or who refreshes for it, at its step; gives nothing when all ended before. */
async function kill(world: FaultWorld, order: StepOrder): Promise<Killed | undefined> {
  const phaseNow = (): Phase => {
    if (world.refreshes().length === 0) return 'before the POST';
    return world.keptRefreshToken() === token ? 'in flight' : 'after the rename';
  };
  const token = world.keptRefreshToken();
  const stepped = startStepped(world, order);
  const wasKilled = await stepped.reached;
  // What it has sent still has to arrive.
  await delay(50);
  const phase = phaseNow();
  const { exitStatus, signal } = await stepped.finished;
  const end = exitStatus ?? signal;
  if (order.withChildren !== true || !wasKilled) {
    expectSame('the end of the one to be killed', end, wasKilled ? 'SIGKILL' : 0);
  }
  return wasKilled ? { phase, left: phaseNow() } : undefined;
}

/** Calls many times at once and holds what comes of it against the table; gives how long it took. */
async function expectRecovery(
  world: FaultWorld,
  phase: Phase,
  leewayS: number,
  full: boolean,
): Promise<number> {
  const isLost = phase === 'in flight' && leewayS === 0;
  const sent = world.refreshes().length;
  const calls = await callAtOnce(world, callersAtOnce, {
    buildOf: mixOfBuilds(world.build, full),
  });
  const of = (what: string) => `${what}, ${phase}, which said "${calls.said}"`;
  expectSame(of('statuses'), calls.statuses, { [isLost ? 3 : 0]: callersAtOnce });
  expectSame(of('problems'), calls.problems, []);
  expectSame(of('different answers'), calls.accessKeyIds.length, isLost ? 0 : 1);
  expectSame(
    of('refreshes'),
    world.refreshes().length,
    Math.max(sent, phase === 'in flight' ? 2 : 1),
  );
  expectSame(of('reuses'), world.reuses(), isLost ? 1 : 0);
  expectThat(world.roleCalls().length <= 2, of(`${world.roleCalls().length} role calls`));
  expectSame(of('damage'), findDamage(world), []);
  expectThat(calls.ms < callersMs, of(`it took ${calls.ms} ms`));
  return calls.ms;
}
