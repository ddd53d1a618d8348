import { rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type Disk, mountOver, noMounts } from './disk.ts';
import { expectSame, expectThat } from './expect.ts';
import type { FaultWorld } from './fault-world.ts';
import { letPass } from './let-pass.ts';
import { expectCalls, expectCredentials, expectFailure, type SingleFault } from './single-fault.ts';
import { canTrace } from './trace-steps.ts';

/** A fault in a world whose ~/.aws is a small disk of its own. */
function onDisk(
  name: string,
  token: SingleFault['token'],
  options: string,
  use: (world: FaultWorld, disk: Disk) => Promise<void>,
): SingleFault {
  return {
    name,
    token,
    isOut: noMounts,
    run: async (world) => {
      const disk = mountOver(join(world.home, '.aws'), options);
      try {
        await use(world, disk);
      } finally {
        disk.unmount();
      }
    },
  };
}

/** Nothing was spent, nothing is lost, and all is well once the disk is. */
async function expectNothingSpent(
  world: FaultWorld,
  errno: RegExp,
  mend: () => void,
): Promise<void> {
  const token = world.keptRefreshToken();
  const { length } = world.refreshes();
  expectFailure(await world.run(), 7, errno);
  expectSame('refreshes', world.refreshes().length, length);
  expectSame('the refresh token', world.keptRefreshToken(), token);
  mend();
  expectCredentials(await world.run());
  expectSame('refreshes then', world.refreshes().length, length + 1);
  expectSame('reuses', world.reuses(), 0);
}

/** As if a quota were used up: what the system says when a file is written out, or a lock is made. */
const overQuota = ['strace', '-f', '-qq', '-o', '/dev/null', '-e', 'trace=fsync,mkdir'];

/** Rows of table 4.3 about disks: F14 and F15 of the failure model. */
export const diskFaults: readonly SingleFault[] = [
  onDisk('a read-only disk, role cached: it is served', 'fresh', 'size=4m', async (world, disk) => {
    const before = await world.run();
    disk.remount('ro');
    expectSame('the answer', await world.run(), before);
    expectCalls(world, 0, 1);
  }),
  onDisk(
    'a read-only disk, token good: the role is asked for',
    'fresh',
    'size=4m',
    async (world, disk) => {
      disk.remount('ro');
      expectCredentials(await world.run());
      expectCredentials(await world.run());
      expectCalls(world, 0, 2);
    },
  ),
  onDisk(
    'a read-only disk, token expired: it is not spent',
    'expired',
    'size=4m',
    async (world, disk) => {
      disk.remount('ro');
      await expectNothingSpent(world, /EROFS/, () => disk.remount('rw'));
    },
  ),
  onDisk(
    'a read-only disk with what a killed process left on it',
    'fresh',
    'size=4m',
    async (world, disk) => {
      const barrier = world.standIn.barrier('held');
      world.standIn.fault(world.roleOperation, { hold: barrier });
      const killed = world.start();
      await barrier.arrivals(1);
      killed.kill('SIGKILL');
      await killed.finished;
      disk.remount('ro');
      expectCredentials(await world.run());
    },
  ),
  onDisk(
    '4 KiB left, token expired: it is not spent',
    'expired',
    'size=1m',
    async (world, disk) => {
      disk.fill(4096);
      await expectNothingSpent(world, /ENOSPC/, () => rmSync(join(world.home, '.aws', 'ballast')));
    },
  ),
  onDisk(
    'nothing left, token good: the role is handed out all the same',
    'fresh',
    'size=1m',
    async (world, disk) => {
      disk.fill(0);
      expectCredentials(await world.run());
      rmSync(join(world.home, '.aws', 'ballast'));
      expectCredentials(await world.run());
      const { length } = world.roleCalls();
      expectCredentials(await world.run());
      expectSame('role calls of one who finds it cached', world.roleCalls().length, length);
    },
  ),
  onDisk(
    'nothing left, role due for renewal: a good one is kept',
    'fresh',
    'size=1m',
    async (world, disk) => {
      expectCredentials(await world.run());
      letPass(world, { roleMs: 45 * 60_000 });
      disk.fill(0);
      expectCredentials(await world.run());
      rmSync(join(world.home, '.aws', 'ballast'));
      expectCredentials(await world.run());
    },
  ),
  onDisk(
    'no inodes left, token expired: it is not spent',
    'expired',
    'size=4m,nr_inodes=300',
    async (world) => {
      const files: string[] = [];
      const folder = join(world.home, '.aws');
      try {
        for (let n = 0; n < 400; n += 1) {
          const file = join(folder, `ballast-${n}`);
          writeFileSync(file, '');
          files.push(file);
        }
        throw new Error('there are too many inodes');
      } catch (error) {
        expectThat(String(error).includes('ENOSPC'), String(error));
      }
      await expectNothingSpent(world, /ENOSPC/, () => {
        for (const file of files) rmSync(file);
      });
    },
  ),
  ...['fsync', 'mkdir'].map(
    (call): SingleFault => ({
      name: `a quota that is used up (EDQUOT of ${call}), token expired: it is not spent`,
      token: 'expired',
      isOut: () => (canTrace ? undefined : 'strace does not work here'),
      run: async (world) => {
        const token = world.keptRefreshToken();
        const wrapper = [...overQuota, '-e', `inject=${call}:error=EDQUOT`];
        expectFailure(await world.run(undefined, { wrapper }), 7, /EDQUOT/);
        expectCalls(world, 0, 0);
        expectSame('the refresh token', world.keptRefreshToken(), token);
        expectCredentials(await world.run());
        expectCalls(world, 1, 1);
      },
    }),
  ),
];
