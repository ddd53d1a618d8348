import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { processesOf } from '../stand-in/processes-of.ts';
import { ageFailures } from '../support/age-records.ts';
import { callAtOnce } from './callers.ts';
import { findDamage } from './damage.ts';
import { expectSame, expectThat } from './expect.ts';
import { expectCalls, expectCredentials, expectFailure, type SingleFault } from './single-fault.ts';

const day = 24 * 3_600_000;

/** Rows of table 4.3 about replies that come late, not at all, or with bad news. */
export const replyFaults: readonly SingleFault[] = [
  {
    name: 'a refresh token that is refused is never sent again, however long after',
    token: 'expired',
    run: async (world) => {
      world.issuer.endSession();
      expectFailure(await world.run(), 3, /has ended/, /Run: sso-cred login/);
      expectSame('refreshes', world.refreshes().length, 1);
      for (const passedMs of [0, 3_600_000, 10 * day]) {
        if (passedMs > 0) ageFailures(world, passedMs);
        const calls = await callAtOnce(world, 20);
        expectSame(`statuses; one said "${calls.said}"`, calls.statuses, { 3: 20 });
        expectSame('refreshes', world.refreshes().length, 1);
      }
      // Whoever signs in anew, with this tool or another, is served.
      await world.signInAnew();
      expectCredentials(await world.run());
      expectSame('damage', findDamage(world), []);
    },
  },
  {
    name: 'a refresh token that is refused because another tool was faster: theirs is used',
    token: 'expired',
    run: async (world) => {
      const barrier = world.issuer.barrier('held');
      const error = world.provider === undefined ? 'InvalidGrantException' : 'invalid_grant';
      world.issuer.fault(world.refreshOperation, { status: 400, error, holdRequest: barrier });
      const running = world.start();
      await barrier.arrivals(1);
      await world.signInAnew();
      const theirs = world.keptRefreshToken();
      barrier.release();
      expectCredentials(await running.finished);
      expectThat(world.keptRefreshToken() === theirs, 'theirs was overwritten');
      expectCalls(world, 1, 1);
      expectSame('damage', findDamage(world), []);
    },
  },
  {
    name: 'a newer token that another tool put there meanwhile is not overwritten',
    token: 'expired',
    run: async (world) => {
      const barrier = world.issuer.barrier('held');
      world.issuer.fault(world.refreshOperation, { hold: barrier });
      const running = world.start();
      await barrier.arrivals(1);
      await world.signInAnew();
      const theirs = world.keptRefreshToken();
      barrier.release();
      expectCredentials(await running.finished);
      expectThat(world.keptRefreshToken() === theirs, 'theirs was overwritten');
      expectCredentials(await world.run());
      expectSame('refreshes', world.refreshes().length, 1);
    },
  },
  {
    name: 'a call with little time hands the refresh on: it ends in time, and the token is kept',
    token: 'expired',
    run: async (world) => {
      const barrier = world.issuer.barrier('held');
      world.issuer.fault(world.refreshOperation, { hold: barrier });
      const token = world.keptRefreshToken();
      // However long the machine takes for it: the reply has not come by then.
      expectFailure(await world.run(['--profile', world.profile, '--timeout', '3']), 8);
      barrier.release();
      await expectKept(world, token);
    },
  },
  {
    name: 'a call with little time that is killed meanwhile costs no token',
    token: 'expired',
    run: async (world) => {
      const barrier = world.issuer.barrier('held');
      world.issuer.fault(world.refreshOperation, { hold: barrier });
      const token = world.keptRefreshToken();
      const running = world.start(['--profile', world.profile, '--timeout', '10']);
      await barrier.arrivals(1);
      running.kill('SIGKILL');
      await running.finished;
      barrier.release();
      await expectKept(world, token);
    },
  },
  {
    name: 'twenty calls with little time, and a token that takes longer, refresh once',
    token: 'expired',
    run: async (world) => {
      world.issuer.fault(world.refreshOperation, { delayMs: 6_000 });
      const token = world.keptRefreshToken();
      const args = ['--profile', world.profile, '--timeout', '4'];
      const calls = await callAtOnce(world, 20, { argsOf: () => args });
      const { 0: answered = 0, 8: tooLate = 0, ...others } = calls.statuses;
      expectSame(`statuses beside 0 and 8; one said "${calls.said}"`, others, {});
      expectSame('calls', answered + tooLate, 20);
      await expectKept(world, token);
    },
  },
  {
    name: 'a wait that never ends is no success',
    token: 'expired',
    run: async (world) => {
      const preload = join(world.home, 'never.mjs');
      writeFileSync(
        preload,
        `const { setTimeout } = globalThis;
globalThis.setTimeout = (callback, ms, ...rest) =>
  ms < 500 ? { ref() {}, unref() {} } : setTimeout(callback, ms, ...rest);
`,
      );
      const variables = {
        NODE_OPTIONS: `--import ${preload}`,
        BUN_OPTIONS: `--preload ${preload}`,
      };
      const barrier = world.issuer.barrier('held');
      world.issuer.fault(world.refreshOperation, { hold: barrier });
      const holder = world.start();
      await barrier.arrivals(1);
      // Its pauses between two looks at the lock never end.
      const args = ['--profile', world.profile, '--timeout', '1'];
      const finished = await world.run(args, { variables });
      expectThat([1, 8].includes(finished.exitStatus ?? 0), JSON.stringify(finished));
      expectSame('stdout', finished.stdout, '');
      expectThat(/^[^\n]+\n$/.test(finished.stderr), `said "${finished.stderr}"`);
      barrier.release();
      expectCredentials(await holder.finished);
      expectCalls(world, 1, 1);
    },
  },
];

/** Whoever refreshes keeps the new token, then is gone; and the next call needs no other. */
async function expectKept(
  world: Parameters<SingleFault['run']>[0],
  spent: string | undefined,
): Promise<void> {
  const giveUpAt = Date.now() + 30_000;
  while (world.keptRefreshToken() === spent && Date.now() < giveUpAt) await delay(50);
  expectThat(world.keptRefreshToken() !== spent, 'the new token is lost');
  expectCredentials(await world.run());
  expectSame('refreshes', world.refreshes().length, 1);
  expectSame('reuses', world.reuses(), 0);
  while (processesOf(world.home).length > 0 && Date.now() < giveUpAt) await delay(50);
  expectSame('processes left', processesOf(world.home), []);
  expectSame('damage', findDamage(world), []);
}
