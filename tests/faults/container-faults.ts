import { spawnSync } from 'node:child_process';
import { setTimeout as delay } from 'node:timers/promises';
import { processesOf } from '../stand-in/processes-of.ts';
import { callAtOnce } from './callers.ts';
import { findDamage } from './damage.ts';
import { expectSame, expectThat } from './expect.ts';
import { childrenOf } from './processes.ts';
import { expectCalls, expectCredentials, type SingleFault } from './single-fault.ts';

/** Words that run a program as the first process of a container's pid namespace, with its own /proc. */
const contained = ['unshare', '--pid', '--fork', '--kill-child', '--mount-proc'];

function noNamespaces(): string | undefined {
  const [command = '', ...args] = [...contained, 'true'];
  return spawnSync(command, args).status === 0 ? undefined : 'no pid namespace can be made';
}

/** The case of a cache directory that containers share: F34 of the failure model. */
export const containerFaults: readonly SingleFault[] = [
  {
    name: 'twenty callers, each in a pid namespace of its own or in none, refresh once',
    token: 'expired',
    isOut: noNamespaces,
    run: async (world) => {
      const [inside, outside] = await Promise.all([
        callAtOnce(world, 10, { wrapper: contained }),
        callAtOnce(world, 10),
      ]);
      expectSame(`statuses inside; one said "${inside.said}"`, inside.statuses, { 0: 10 });
      expectSame(`statuses outside; one said "${outside.said}"`, outside.statuses, { 0: 10 });
      expectCalls(world, 1, 1);
      expectSame('damage', findDamage(world), []);
    },
  },
  ...[
    { where: 'a container', holderIn: contained, callersIn: [] },
    { where: 'no container', holderIn: [], callersIn: contained },
    { where: 'another container', holderIn: contained, callersIn: contained },
  ].flatMap(({ where, holderIn, callersIn }): SingleFault[] => [
    {
      name: `a refresh in ${where} that is stopped for 14 s is not taken for dead`,
      token: 'expired',
      isOut: noNamespaces,
      run: async (world) => {
        const barrier = world.issuer.barrier('held');
        world.issuer.fault(world.refreshOperation, { hold: barrier });
        const running = world.start(undefined, { wrapper: ['setsid', ...holderIn] });
        await barrier.arrivals(1);
        const holder = programOf(world.home);
        process.kill(holder, 'SIGSTOP');
        barrier.release();
        const calling = callAtOnce(world, 10, { wrapper: callersIn });
        await delay(14_000);
        process.kill(holder, 'SIGCONT');
        expectCredentials(await running.finished);
        const calls = await calling;
        expectSame(`statuses; one said "${calls.said}"`, calls.statuses, { 0: 10 });
        expectSame('refreshes', world.refreshes().length, 1);
        expectSame('reuses', world.reuses(), 0);
        expectSame('damage', findDamage(world), []);
      },
    },
    {
      name: `a refresh in ${where} that is killed is found to be dead`,
      token: 'expired',
      world: { leewayS: 120 },
      isOut: noNamespaces,
      run: async (world) => {
        const barrier = world.issuer.barrier('held');
        world.issuer.fault(world.refreshOperation, { hold: barrier });
        const running = world.start(undefined, { wrapper: ['setsid', ...holderIn] });
        await barrier.arrivals(1);
        process.kill(programOf(world.home), 'SIGKILL');
        await running.finished;
        barrier.release();
        const calls = await callAtOnce(world, 10, { wrapper: callersIn });
        expectSame(`statuses; one said "${calls.said}"`, calls.statuses, { 0: 10 });
        expectSame('refreshes', world.refreshes().length, 2);
        expectSame('reuses', world.reuses(), 0);
        // By age at the latest, where the owner cannot be seen.
        expectThat(calls.ms < 40_000, `taken over after ${calls.ms} ms`);
        expectSame('damage', findDamage(world), []);
      },
    },
  ]),
];

/** The one process of a home that has no child: the program, not who made its namespace. */
function programOf(home: string): number {
  const programs = processesOf(home).filter((pid) => childrenOf(pid).length === 0);
  const [program] = programs;
  expectThat(program !== undefined && programs.length === 1, `programs: ${programs.join(' ')}`);
  return program;
}
