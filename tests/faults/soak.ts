import { readFileSync } from 'node:fs';
import { setTimeout as delay } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { processesOf } from '../stand-in/processes-of.ts';
import { builds } from '../support/builds.ts';
import type { Finished, Running } from '../support/run-process.ts';
import { tally } from './callers.ts';
import { findDamage, othersIn } from './damage.ts';
import { type FaultWorld, openWorld } from './fault-world.ts';

const usage = `npm run soak -- [--minutes N]
Ten processes of sso-cred a second for ten minutes, or N, with tokens that live 15 s and a provider that
forgives no token sent twice; once a minute one of them is killed, at any time but while a token is in
flight. Says what came of it.
`;

const processesPerSecond = 10;
const tokenLifetimeS = 15;
/** A token is looked at when a role is asked for, so that is asked for often. */
const roleLifetimeS = 6;

interface Minute {
  readonly calls: number;
  readonly refreshes: number;
  readonly roleCalls: number;
  readonly files: number;
  /** The most memory that a process of it has had; MiB. */
  readonly memoryMiB: number;
}

async function main(): Promise<number> {
  const { values } = parseArgs({
    options: {
      minutes: { type: 'string', default: '10' },
      help: { type: 'boolean', default: false },
    },
  });
  const minutes = Number(values.minutes);
  if (values.help || !(minutes > 0)) {
    process.stdout.write(usage);
    return values.help ? 0 : 2;
  }
  const [build] = builds();
  if (build === undefined) return 2;
  const world = await openWorld({
    kind: 'Identity Center',
    build,
    token: 'fresh',
    leewayS: 0,
    tokenLifetimeS,
    aws: { roleLifetimeS },
  });
  try {
    return await soak(world, minutes);
  } finally {
    await world.close();
  }
}

async function soak(world: FaultWorld, minutes: number): Promise<number> {
  const all = builds();
  const startedAt = Date.now();
  const running = new Set<Running>();
  const killed = new Set<Running>();
  const finished: Finished[] = [];
  const perMinute: Minute[] = [];
  let started = 0;
  let memoryKiB = 0;
  console.log(
    `${minutes} min, ${processesPerSecond} processes a second, ${all.map(({ name }) => name).join(' and ')} in turn`,
  );
  console.log('minute   calls  refreshes  role calls  files  MiB');
  for (let minute = 1; minute < minutes + 1; minute += 1) {
    const endAt = startedAt + Math.min(minute, minutes) * 60_000;
    const before = {
      calls: started,
      refreshes: world.refreshes().length,
      roles: world.roleCalls().length,
    };
    const killAt = startedAt + (minute - 1) * 60_000 + Math.random() * 50_000;
    let toKill = 1;
    memoryKiB = 0;
    while (Date.now() < endAt) {
      const due = ((Date.now() - startedAt) / 1000) * processesPerSecond;
      while (started < due) {
        const build = all[started % all.length];
        const each = world.start(undefined, build === undefined ? {} : { build });
        started += 1;
        running.add(each);
        void each.finished.then((result) => {
          running.delete(each);
          if (!killed.has(each)) finished.push(result);
        });
      }
      const [victim] = running;
      if (toKill > 0 && Date.now() > killAt && victim !== undefined && !isInFlight(world)) {
        killed.add(victim);
        victim.kill('SIGKILL');
        toKill -= 1;
      }
      memoryKiB = Math.max(memoryKiB, ...processesOf(world.home).map(peakMemoryKiB));
      await delay(20);
    }
    const row: Minute = {
      calls: started - before.calls,
      refreshes: world.refreshes().length - before.refreshes,
      roleCalls: world.roleCalls().length - before.roles,
      files: othersIn(world).length,
      memoryMiB: Math.round(memoryKiB / 1024),
    };
    perMinute.push(row);
    const cells = [minute, row.calls, row.refreshes, row.roleCalls, row.files, row.memoryMiB];
    console.log(
      cells.map((cell, n) => String(cell).padStart([6, 8, 11, 12, 7, 5][n] ?? 0)).join(''),
    );
  }
  await Promise.all([...running].map((each) => each.finished));
  await delay(2_000);
  return report(world, perMinute, finished, killed.size);
}

/** Prints what is wrong; gives the exit status. */
function report(
  world: FaultWorld,
  minutes: readonly Minute[],
  finished: readonly Finished[],
  kills: number,
): number {
  const calls = tally(finished);
  const sent = world.refreshes().map(({ input }) => String(input['refreshToken']));
  const [first, last] = [minutes[0], minutes.at(-1)];
  const answered = world.refreshes().filter(({ status }) => status === 200).length;
  console.log(
    `${finished.length} calls, ${kills} killed beside them: ${JSON.stringify(calls.statuses)}`,
  );
  console.log(
    `${sent.length} refreshes of ${new Set(sent).size} tokens, ${answered} answered; ${world.reuses()} reuses`,
  );
  const wrong = [
    ...(calls.statuses[0] === finished.length ? [] : [`not all calls succeeded: ${calls.said}`]),
    ...calls.problems,
    // Each token that expires is refreshed once.
    ...(new Set(sent).size === sent.length ? [] : ['a token was sent twice']),
    ...(world.reuses() === 0 ? [] : ['a session was lost']),
    ...((last?.files ?? 0) > (first?.files ?? 0) + 5 ? ['files become more and more'] : []),
    ...((last?.memoryMiB ?? 0) > 1.5 * (first?.memoryMiB ?? 0) ? ['memory grows'] : []),
    ...processesOf(world.home).map((pid) => `process ${pid} is left`),
    ...findDamage(world),
  ];
  for (const text of wrong) console.log(`WRONG ${text}`);
  console.log(wrong.length === 0 ? 'all as it should be' : `${wrong.length} wrong`);
  return wrong.length === 0 ? 0 : 1;
}

/** Whether a refresh token has been sent, and its successor is not on disk yet. */
function isInFlight(world: FaultWorld): boolean {
  const last = world.refreshes().at(-1);
  return last !== undefined && last.input['refreshToken'] === world.keptRefreshToken();
}

function peakMemoryKiB(pid: number): number {
  try {
    const status = readFileSync(`/proc/${pid}/status`, 'utf8');
    return Number(/^VmHWM:\s+(\d+) kB$/m.exec(status)?.[1] ?? 0);
  } catch {
    return 0; // It has ended meanwhile.
  }
}

process.exitCode = await main();
