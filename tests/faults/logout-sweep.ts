import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { problemsOf } from './callers.ts';
import type { SweepOptions } from './crash-sweep.ts';
import { findDamage } from './damage.ts';
import { expectSame } from './expect.ts';
import { type FaultWorld, inWorld, type WorldOptions } from './fault-world.ts';
import { letPass } from './let-pass.ts';
import { recordSteps } from './refresh-steps.ts';
import type { PlannedCheck } from './report.ts';
import { startStepped } from './stepped-process.ts';

/** What a call is about when the person logs out. */
interface Scene {
  readonly name: string;
  readonly token: WorldOptions['token'];
  readonly prepare: (world: FaultWorld) => Promise<void>;
}

const scenes: readonly Scene[] = [
  { name: 'a refresh', token: 'expired', prepare: async () => undefined },
  {
    name: 'a renewal',
    token: 'fresh',
    // Token and role are still good, and both due for renewal.
    prepare: async (world) => {
      expectSame('the first call', (await world.run()).exitStatus, 0);
      letPass(world, { tokenMs: 57 * 60_000, roleMs: 45 * 60_000 });
    },
  },
  { name: 'a role call', token: 'fresh', prepare: async () => undefined },
];

/**
 * Stops a call before each of its steps, logs out, and lets it go on: what it has got by then must not
 * bring the session back.
 * @param patient lets the logout end first, however long it waits for the stopped one's lock; else the
 * stopped one goes on while the logout waits
 */
export async function planLogouts(
  { build, kind, everyStep }: SweepOptions,
  patient: boolean,
): Promise<readonly PlannedCheck[]> {
  const plans = await Promise.all(
    scenes.map(async (scene) => {
      const { name, token, prepare } = scene;
      const texts = await recordSteps({ build, kind, token }, prepare);
      const all = texts.map((_, index) => index + 1);
      const points = everyStep ? all : all.filter((n) => n % 5 === (patient ? 1 : 3));
      return points.map((at) => ({
        name: `${kind}, ${build.name}: ${name}, stopped before step ${at} of ${texts.length} (${texts[at - 1]?.slice(0, 70)}), ${patient ? 'till logout has ended' : 'for a second'}`,
        run: () =>
          inWorld({ kind, build, token }, async (world) => {
            await prepare(world);
            await stopAndLogOut(world, at, patient);
          }),
      }));
    }),
  );
  return plans.flat();
}

async function stopAndLogOut(world: FaultWorld, at: number, patient: boolean): Promise<void> {
  const stepped = startStepped(world, { at, fate: 'stop' });
  await stepped.reached;
  const logout = world.run(['logout', '--session', world.session]);
  await Promise.race([logout, delay(patient ? 40_000 : 1_000)]);
  stepped.resume();
  const [loggedOut, stopped] = await Promise.all([logout, stepped.finished]);

  expectSame(`status of logout, which said "${loggedOut.stderr}"`, loggedOut.exitStatus, 0);
  expectSame('problems of the stopped one', problemsOf(stopped), []);
  expectSame('what is left', remains(world), []);
  const refreshes = world.refreshes().length;
  const next = await world.run();
  expectSame(`the next call, which said "${next.stderr}"`, next.exitStatus, 3);
  expectSame('refreshes of the next call', world.refreshes().length - refreshes, 0);
  expectSame('what is left then', remains(world), []);
  expectSame('damage', findDamage(world), []);
}

/** What logout must not leave, nor anybody bring back. */
function remains({ tokenFile, cacheDirectory }: FaultWorld): readonly string[] {
  const roles = join(cacheDirectory, 'roles');
  return [
    ...(existsSync(tokenFile) ? ['the token'] : []),
    ...(existsSync(roles) ? readdirSync(roles).filter((name) => name.endsWith('.json')) : []),
  ];
}
