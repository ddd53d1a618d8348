import { spawnSync } from 'node:child_process';
import { existsSync, readdirSync, utimesSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { findBun } from '../../scripts/find-bun.ts';
import type { Build } from '../support/builds.ts';
import { callAtOnce } from './callers.ts';
import { findDamage } from './damage.ts';
import { expectSame, expectThat } from './expect.ts';
import { expectCalls, expectCredentials, type SingleFault } from './single-fault.ts';

const library = findLibrary();

/** Variables that make a program see another time; what it measures durations with goes on as it is. */
function timeShifted(by: string): Readonly<Record<string, string>> {
  return {
    LD_PRELOAD: library ?? '',
    FAKETIME: by,
    FAKETIME_DONT_FAKE_MONOTONIC: '1',
    NO_FAKE_STAT: '1',
  };
}

/** Why a build does not see another time; undefined where it does. */
function noOtherTime({ name }: Build): string | undefined {
  if (library === undefined) return 'libfaketime is not installed';
  const runtime = name === 'node build' ? process.execPath : findBun()?.path;
  if (runtime === undefined) return 'there is no Bun to try it with';
  const env = { ...process.env, ...timeShifted('+1d') };
  const { stdout } = spawnSync(runtime, ['-e', 'console.log(Date.now())'], {
    env,
    encoding: 'utf8',
    timeout: 20_000,
  });
  const isShifted = Number(stdout) - Date.now() > 3_600_000;
  return isShifted ? undefined : 'libfaketime has no effect on it';
}

const shifts = ['+10m', '-10m', '+1d', '-1d'];

/** Rows of table 4.3 about clocks: F8 of the failure model. */
export const clockFaults: readonly SingleFault[] = [
  ...shifts.flatMap((by) =>
    (['fresh', 'expired'] as const).map(
      (token): SingleFault => ({
        name: `a clock that is wrong by ${by}, token ${token}: credentials, and no loop`,
        token,
        isOut: noOtherTime,
        run: async (world) => {
          const variables = timeShifted(by);
          const asked = () => world.refreshes().length + world.roleCalls().length;
          expectCredentials(await world.run(undefined, { variables }));
          expectThat(asked() <= 2, `${asked()} calls`);
          for (let times = 0; times < 5; times += 1)
            expectCredentials(await world.run(undefined, { variables }));
          expectThat(asked() <= 4, `${asked()} calls for six answers`);
          expectCredentials(await world.run(['--profile', world.profile, '--refresh']));
          expectSame('reuses', world.reuses(), 0);
        },
      }),
    ),
  ),
  {
    name: 'a clock that is set back by an hour in the middle of a refresh',
    token: 'expired',
    isOut: noOtherTime,
    run: async (world) => {
      const clock = join(world.home, 'clock');
      writeFileSync(clock, '+0\n');
      const { FAKETIME: _no, ...others } = timeShifted('');
      const variables = { ...others, FAKETIME_TIMESTAMP_FILE: clock, FAKETIME_NO_CACHE: '1' };
      const barrier = world.issuer.barrier('held');
      world.issuer.fault(world.refreshOperation, { hold: barrier });
      const running = world.start(undefined, { variables });
      await barrier.arrivals(1);
      writeFileSync(clock, '-1h\n');
      barrier.release();
      expectCredentials(await running.finished);
      expectCalls(world, 1, 1);
      // Two id_tokens of one second are the same to the letter, which no refresh may give.
      await delay(1_100);
      // With the clock right again; what was noted by the wrong one may count as old.
      for (let times = 0; times < 3; times += 1) expectCredentials(await world.run());
      expectThat(world.refreshes().length <= 2, `${world.refreshes().length} refreshes`);
      expectThat(world.roleCalls().length <= 2, `${world.roleCalls().length} role calls`);
      expectSame('reuses', world.reuses(), 0);
    },
  },
  {
    name: 'callers whose clock is ahead do not take a living holder for a dead one',
    token: 'expired',
    isOut: noOtherTime,
    run: async (world) => {
      const barrier = world.issuer.barrier('held');
      world.issuer.fault(world.refreshOperation, { hold: barrier });
      const running = world.start();
      await barrier.arrivals(1);
      const waiting = callAtOnce(world, 5, { variables: timeShifted('+15s') });
      setTimeout(() => barrier.release(), 3_000);
      expectCredentials(await running.finished);
      expectSame('statuses', (await waiting).statuses, { 0: 5 });
      expectCalls(world, 1, 1);
      expectSame('reuses', world.reuses(), 0);
    },
  },
  {
    name: 'a lock whose killed holder had a clock an hour ahead is taken over at once',
    token: 'expired',
    world: { leewayS: 30 },
    isOut: noOtherTime,
    run: async (world) => {
      const barrier = world.issuer.barrier('held');
      world.issuer.fault(world.refreshOperation, { holdRequest: barrier });
      const running = world.start(undefined, { variables: timeShifted('+1h') });
      await barrier.arrivals(1);
      running.kill('SIGKILL');
      await running.finished;
      barrier.release();
      const locks = join(world.cacheDirectory, 'locks');
      const ahead = (Date.now() + 3_600_000) / 1000;
      for (const name of readdirSync(locks)) utimesSync(join(locks, name), ahead, ahead);
      const startedAt = performance.now();
      expectCredentials(await world.run());
      const ms = Math.round(performance.now() - startedAt);
      expectThat(ms < 8_000, `taken over after ${ms} ms`);
      expectSame('damage', findDamage(world), []);
    },
  },
];

function findLibrary(): string | undefined {
  return ['/usr/lib', '/usr/local/lib', '/usr/lib64']
    .flatMap((folder) => [
      folder,
      ...(existsSync(folder) ? readdirSync(folder) : [])
        .filter((name) => name.endsWith('-linux-gnu'))
        .map((name) => join(folder, name)),
    ])
    .map((folder) => join(folder, 'faketime', 'libfaketime.so.1'))
    .find((path) => existsSync(path));
}
