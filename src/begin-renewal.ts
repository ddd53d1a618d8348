import type { RenewalNeed } from './fast/cached-answer.ts';
import { markRenewal } from './store/renewal-mark.ts';
import { effectiveUser } from './system/platform.ts';
import { startSelf } from './system/start-self.ts';

/** Has what was handed out renewed by a process of its own, unless one is at it already. */
export async function beginRenewal({ profile, ...place }: RenewalNeed): Promise<void> {
  if (!markRenewal(place, effectiveUser(), Date.now())) return;
  await startSelf(['renewal', `--profile=${profile}`], process.env);
}
