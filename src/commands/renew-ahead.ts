import { isToRenewAhead } from '../model/freshness.ts';
import { unattendedBy } from '../model/unattended.ts';
import { markRenewal } from '../store/renewal-mark.ts';
import type { World } from '../world.ts';
import type { ObtainedRole, RoleOptions } from './obtain-role.ts';
import { workerFlags } from './worker-flags.ts';

/** Has a cached answer that was handed out renewed by a process of its own, if it is time. */
export async function renewAhead(
  { record, opened }: Pick<ObtainedRole, 'record' | 'opened'>,
  options: RoleOptions,
  world: World,
): Promise<void> {
  const { locations, settings } = opened;
  const now = world.clock.now();
  if (!settings.renewAhead || unattendedBy(world.env) !== undefined || !isToRenewAhead(record, now))
    return;
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
