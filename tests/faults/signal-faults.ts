import { readdirSync } from 'node:fs';
import { constants } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import type { Finished } from '../support/run-process.ts';
import { findDamage } from './damage.ts';
import { expectSame, expectThat } from './expect.ts';
import { expectCalls, expectCredentials, type SingleFault } from './single-fault.ts';

const signals = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;

/** As a shell counts it: by its own status, or by the signal that ended it. */
function statusOf({ exitStatus, signal }: Finished): number {
  return exitStatus ?? 128 + (signal === null ? 0 : constants.signals[signal]);
}

/** Rows of table 4.3 about signals: F28 of the failure model. */
export const signalFaults: readonly SingleFault[] = [
  ...signals.map(
    (signal): SingleFault => ({
      name: `${signal} while waiting for a lock ends the call at once, and the lock stays`,
      token: 'expired',
      run: async (world) => {
        const barrier = world.issuer.barrier('held');
        world.issuer.fault(world.refreshOperation, { holdRequest: barrier });
        const holder = world.start();
        await barrier.arrivals(1);
        const folder = join(world.cacheDirectory, 'locks');
        const locks = readdirSync(folder);
        const waiter = world.start();
        await delay(1_500);
        const startedAt = performance.now();
        waiter.kill(signal);
        const finished = await waiter.finished;
        const ms = Math.round(performance.now() - startedAt);
        expectSame('status', statusOf(finished), 128 + constants.signals[signal]);
        expectSame('stdout', finished.stdout, '');
        expectSame('stderr', finished.stderr, '');
        // Within a second on a quiet machine.
        expectThat(ms < 4_000, `it took ${ms} ms`);
        expectSame('locks', readdirSync(folder), locks);
        barrier.release();
        expectCredentials(await holder.finished);
        expectCalls(world, 1, 1);
        expectSame('damage', findDamage(world), []);
      },
    }),
  ),
  ...signals.map(
    (signal): SingleFault => ({
      name: `${signal} while the token is in flight waits until its successor is kept`,
      token: 'expired',
      run: async (world) => {
        const barrier = world.issuer.barrier('held');
        // The old token is spent, and the reply on its way.
        world.issuer.fault(world.refreshOperation, { hold: barrier });
        const token = world.keptRefreshToken();
        const running = world.start();
        await barrier.arrivals(1);
        running.kill(signal);
        await delay(500);
        expectThat(running.isRunning(), 'it has ended with the token in flight');
        running.kill(signal);
        await delay(200);
        barrier.release();
        const finished = await running.finished;
        expectSame('status', statusOf(finished), 128 + constants.signals[signal]);
        expectSame('stdout', finished.stdout, '');
        expectThat(world.keptRefreshToken() !== token, 'the new token is lost');
        expectCredentials(await world.run());
        expectSame('refreshes', world.refreshes().length, 1);
        expectSame('damage', findDamage(world), []);
      },
    }),
  ),
  {
    name: 'SIGTERM while a role is asked for ends the call at once, and loses nothing',
    token: 'fresh',
    run: async (world) => {
      const barrier = world.standIn.barrier('held');
      world.standIn.fault(world.roleOperation, { hold: barrier });
      const running = world.start();
      await barrier.arrivals(1);
      running.kill('SIGTERM');
      const finished = await running.finished;
      expectSame('status', statusOf(finished), 143);
      barrier.release();
      expectCredentials(await world.run());
      expectSame('locks left', readdirSync(join(world.cacheDirectory, 'locks')), []);
      expectSame('damage', findDamage(world), []);
    },
  },
];
