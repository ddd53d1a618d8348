import { resolveProfile } from '../config/resolve-profile.ts';
import { isToRenewAhead } from '../model/freshness.ts';
import { isUnattended } from '../model/unattended.ts';
import { markRenewal, unmarkRenewal } from '../store/renewal-mark.ts';
import type { World } from '../world.ts';
import { type ObtainedRole, obtainRole, type RoleOptions } from './obtain-role.ts';
import { workerFlags } from './worker-flags.ts';

/**
 * Renews role credentials that are still handed out. Started by a call that saw that it is time; it
 * signs nobody in. What comes of it is on disk.
 * @throws SsoCredError
 */
export async function runRenewal(options: RoleOptions, world: World): Promise<void> {
  const asked = { ...options, signIn: 'never', isAhead: true } as const;
  const { record, opened } = await obtainRole(asked, resolveProfile, world);
  const { cacheDirectory } = opened.locations;
  // What failed leaves the mark, so that nobody tries again at once.
  if (!isToRenewAhead(record, world.clock.now())) {
    unmarkRenewal({ cacheDirectory, roleFile: record.roleFile });
  }
}

/** Has a cached answer that was handed out renewed by a process of its own, if it is time. */
export async function renewAhead(
  { record, opened }: Pick<ObtainedRole, 'record' | 'opened'>,
  options: RoleOptions,
  world: World,
): Promise<void> {
  const { locations, settings } = opened;
  const now = world.clock.now();
  if (!settings.renewAhead || isUnattended(world.env) || !isToRenewAhead(record, now)) return;
  const { cacheDirectory } = locations;
  const isOurs = markRenewal({ cacheDirectory, roleFile: record.roleFile }, world.user, now);
  const words = isOurs ? ['renewal', ...workerFlags(options, locations)] : [];
  const isStarted = isOurs && (await world.startSelf(words));
  world.trace(
    'renewal',
    isStarted
      ? 'ahead: a process of its own renews what was handed out'
      : 'ahead: begun already, or failed a moment ago',
  );
}
