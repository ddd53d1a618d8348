import type { ConfigSection } from './config-section.ts';
import { profileOfCommand } from './credential-command.ts';
import { servedProfile } from './find-profile-problems.ts';

/** The profile that a `credential_process` of ours names; undefined for one that is not ours. */
export function namedProfile(
  profile: ConfigSection,
  platform: NodeJS.Platform,
): string | undefined {
  const served = servedProfile(profile, platform);
  return served === undefined ? undefined : profileOfCommand(served.args);
}
