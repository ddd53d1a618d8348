import { utimesSync } from 'node:fs';
import { join } from 'node:path';
import type { Build } from '../support/builds.ts';
import { findDamage, othersIn } from './damage.ts';
import { expectSame } from './expect.ts';
import { inWorld, pathsBelow } from './fault-world.ts';
import { letPass } from './let-pass.ts';
import { recordRefresh } from './refresh-steps.ts';
import type { PartReport } from './report.ts';
import { expectCredentials } from './single-fault.ts';
import { startStepped } from './stepped-process.ts';

const twoDaysMs = 48 * 3_600_000;

/**
 * One home in which a refresh dies at each of its steps, one after the other: what they leave stays few,
 * and goes when it is old.
 */
export async function killInOneHome(
  report: PartReport,
  build: Build,
  everyStep: boolean,
): Promise<void> {
  const kind = 'Identity Center';
  const steps = await recordRefresh(build, kind);
  await inWorld({ kind, build, token: 'expired', leewayS: 300 }, async (world) => {
    let most = 0;
    await report.check(
      `a home in which refreshes died at each of ${steps.texts.length} steps`,
      async () => {
        for (let at = 1; at <= steps.texts.length; at += everyStep ? 1 : 3) {
          const stepped = startStepped(world, { at, fate: 'kill' });
          await stepped.finished;
          expectCredentials(await world.run());
          most = Math.max(most, othersIn(world).length);
          expectSame(`damage after a kill at step ${at}`, findDamage(world), []);
          // The session is in use all the time, and expires again and again.
          letPass(world, { tokenMs: 2 * 3_600_000, roleMs: 2 * 3_600_000 });
        }
      },
    );
    report.note(`at most ${most} files beside tokens, roles and indexes`);
    await report.check('what they left goes when it is old', async () => {
      const old = (Date.now() - twoDaysMs) / 1000;
      for (const name of pathsBelow(world.cacheDirectory))
        if (!/^(tokens|roles|profiles)(\/[^.]|$)/.test(name))
          utimesSync(join(world.cacheDirectory, name), old, old);
      expectCredentials(await world.run(['--profile', world.profile, '--refresh']));
      const strays = othersIn(world).filter((path) =>
        /\.tmp$|\/(locks|claims|pending)\/./.test(path),
      );
      expectSame('strays', strays, []);
    });
  });
}
