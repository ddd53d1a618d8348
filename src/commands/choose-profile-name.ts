import { resolve } from 'node:path';
import type { ConfigSection } from '../config/config-section.ts';
import { checkShape, describeSection } from '../config/find-key.ts';
import { isPortableName } from '../config/portable-form.ts';
import { checkReplaceable } from '../config/profile-edits.ts';
import { fromFlag } from '../config/resolve-session.ts';
import { SsoCredError } from '../model/errors.ts';
import { nameWanted } from './choose-session.ts';
import { configPath } from './edit-config.ts';
import type { OpenCall } from './open-call.ts';
import type { Questions } from './questions.ts';

/** On which terms a profile may be written. */
export interface WriteTerms {
  /** `--force` */
  readonly force: boolean;
  /** Whether a profile that is there says already what is to be written. */
  readonly isSame: (profile: ConfigSection) => boolean;
}

/** Asks for the name of a profile that is to be written. @throws InvalidUsage naming the flag */
export async function askForProfileName(
  offered: string,
  terms: WriteTerms,
  opened: OpenCall,
  questions: Questions,
): Promise<string> {
  for (;;) {
    const dialog = await questions.instead('--profile');
    const name = await dialog.text({
      message: 'Name of the profile',
      ...(isPortableName(offered) ? { offered } : {}),
      check: (answer) => (isPortableName(answer) ? undefined : `Not ${nameWanted}`),
    });
    if (await mayWrite(name, terms, opened, questions)) return name;
  }
}

/**
 * Whether a profile may be written: it is new, says the same already, or the person gives leave.
 * @throws InvalidUsage for a name that cannot be, or where there is nobody to give leave; InvalidConfig
 */
export async function mayWrite(
  name: string,
  { force, isSame }: WriteTerms,
  opened: OpenCall,
  questions: Questions,
): Promise<boolean> {
  const { config, home } = opened.sources;
  checkShape(fromFlag('--profile', name), isPortableName(name), nameWanted, home);
  const profile = config.profile(name);
  if (profile === undefined) return true;
  checkReplaceable(profile, resolve(configPath(opened)), home);
  if (force || isSame(profile)) return true;
  const what = `${describeSection(profile, home)} is there already`;
  const dialog = await questions.ifAny();
  if (dialog !== undefined) return await dialog.confirm(`${what}. Replace it?`);
  throw new SsoCredError('InvalidUsage', `${what}: --force replaces it`);
}

/** What a profile says, to tell whether it has changed. */
export function profileSnapshot(profile: ConfigSection | undefined): string {
  return JSON.stringify([...(profile?.properties ?? [])].map(([key, { value }]) => [key, value]));
}
