import { isToRenewAhead } from '../model/freshness.ts';
import { unmarkRenewal } from '../store/renewal-mark.ts';
import type { World } from '../world.ts';
import { obtainRole, type RoleOptions, resolveAsked } from './obtain-role.ts';

/**
 * Renews role credentials that are still handed out. Started by a call that saw that it is time; it
 * signs nobody in. What comes of it is on disk.
 * @throws SsoCredError
 */
export async function runRenewal(options: RoleOptions, world: World): Promise<void> {
  const asked = { ...options, signIn: 'never', isAhead: true } as const;
  const { record, opened } = await obtainRole(asked, resolveAsked, world);
  const { cacheDirectory } = opened.locations;
  // What failed leaves the mark, so that nobody tries again at once.
  if (!isToRenewAhead(record, world.clock.now())) {
    unmarkRenewal({ cacheDirectory, roleFile: record.roleFile });
  }
}
