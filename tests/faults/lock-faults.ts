import {
  lstatSync,
  mkdirSync,
  readdirSync,
  rmSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import type { Fault } from '../stand-in/faults.ts';
import { findDamage } from './damage.ts';
import { expectSame, expectThat } from './expect.ts';
import type { FaultWorld } from './fault-world.ts';
import {
  expectCalls,
  expectCredentials,
  expectFailure,
  expectRecorded,
  type SingleFault,
} from './single-fault.ts';

/** Long enough for a busy machine, and shorter than a lock takes to go stale. */
const atOnceMs = 8_000;

/** Lets a call get as far as its request, and gives what ends it there; it holds its locks. */
async function holdAt(world: FaultWorld, where: 'refresh' | 'role', fault: Fault = {}) {
  const barrier = world.issuer.barrier(`held at ${where}`);
  const held = { ...fault, holdRequest: barrier };
  if (where === 'refresh') world.issuer.fault(world.refreshOperation, held);
  else world.standIn.fault(world.roleOperation, held);
  const holder = world.start();
  await barrier.arrivals(1);
  return { holder, barrier };
}

/** The paths of the locks that a refresh takes, the outer and the inner one. */
async function lockPaths(world: FaultWorld): Promise<readonly string[]> {
  const { holder, barrier } = await holdAt(world, 'refresh', { status: 500 });
  const folder = join(world.cacheDirectory, 'locks');
  const paths = readdirSync(folder)
    .filter((name) => name.endsWith('.lock'))
    .map((name) => join(folder, name));
  holder.kill('SIGKILL');
  await holder.finished;
  barrier.release();
  world.issuer.clearFaults();
  rmSync(folder, { recursive: true });
  for (const name of ['claims'])
    rmSync(join(world.cacheDirectory, name), { recursive: true, force: true });
  mkdirSync(folder, { mode: 0o700 });
  expectSame('locks', paths.length, 2);
  return paths;
}

const squatters: readonly (readonly [string, (path: string) => void])[] = [
  ['a file', (path) => writeFileSync(path, 'x')],
  ['a dangling link', (path) => symlinkSync(`${path}.none`, path)],
  [
    'a link to a directory',
    (path) => {
      mkdirSync(`${path}.victim`);
      symlinkSync(`${path}.victim`, path);
    },
  ],
  [
    'an old directory that is not empty',
    (path) => {
      mkdirSync(path);
      writeFileSync(join(path, 'x'), '');
      utimesSync(path, 1_000, 1_000);
    },
  ],
];

/** Rows of table 4.3 about locks. */
export const lockFaults: readonly SingleFault[] = [
  ...squatters.flatMap(([what, make]) =>
    ['role', 'session'].map(
      (which): SingleFault => ({
        name: `where the lock of the ${which} should be is ${what}: it is named`,
        kind: 'Identity Center',
        token: 'expired',
        run: async (world) => {
          const path = (await lockPaths(world)).find((each) => each.includes(`/${which}-`)) ?? '';
          const { length } = world.refreshes();
          make(path);
          const finished = await world.run();
          expectFailure(finished, 7, new RegExp(path), /Run: rm /);
          expectRecorded(world, finished);
          expectSame('refreshes', world.refreshes().length, length);
          expectThat(lstatSync(path, { throwIfNoEntry: false }) !== undefined, 'it was removed');
          rmSync(path, { recursive: true });
          expectCredentials(await world.run());
        },
      }),
    ),
  ),
  ...(['refresh', 'role'] as const).flatMap((where) =>
    [
      { of: '', laterMs: undefined },
      { of: ', dated an hour ahead', laterMs: 3_600_000 },
      { of: ', dated an hour back', laterMs: -3_600_000 },
    ].map(
      ({ of, laterMs }): SingleFault => ({
        name: `locks of a process that was killed at its ${where} call${of}: taken over at once`,
        token: 'expired',
        world: { leewayS: 30 },
        run: async (world) => {
          const { holder, barrier } = await holdAt(world, where);
          holder.kill('SIGKILL');
          await holder.finished;
          barrier.release();
          world.issuer.clearFaults();
          world.standIn.clearFaults();
          const folder = join(world.cacheDirectory, 'locks');
          const time = (Date.now() + (laterMs ?? 0)) / 1000;
          const locks = readdirSync(folder).filter((name) => name.endsWith('.lock'));
          expectThat(locks.length > 0, 'it had no lock');
          for (const name of laterMs === undefined ? [] : locks)
            utimesSync(join(folder, name), time, time);
          const startedAt = performance.now();
          expectCredentials(await world.run());
          const ms = Math.round(performance.now() - startedAt);
          expectThat(ms < atOnceMs, `taken over after ${ms} ms`);
          expectSame('reuses', world.reuses(), 0);
          expectSame('damage', findDamage(world), []);
        },
      }),
    ),
  ),
  ...(['refresh', 'role'] as const).map(
    (where): SingleFault => ({
      name: `a lock whose holder lives, at its ${where} call, is left alone, and who waits says whose it is`,
      token: 'expired',
      run: async (world) => {
        const { holder, barrier } = await holdAt(world, where);
        const [tooLate, explained] = await Promise.all([
          world.run(['--profile', world.profile, '--timeout', '4']),
          world.run(['--profile', world.profile, '--timeout', '4', '--explain']),
        ]);
        expectFailure(tooLate, 8, /\bpid \d+/i, /since \d\d:\d\d/);
        const [, pid = ''] = /\bpid (\d+)/i.exec(tooLate.stderr) ?? [];
        expectSame('the holder it names', isRunning(Number(pid)), true);
        expectSame('status', explained.exitStatus, 8);
        expectThat(explained.stderr.includes(`pid ${pid}`), explained.stderr);
        barrier.release();
        expectCredentials(await holder.finished);
        expectCalls(world, 1, 1);
        expectSame('damage', findDamage(world), []);
      },
    }),
  ),
];

function isRunning(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}
