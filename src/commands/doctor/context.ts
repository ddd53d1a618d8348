import { type ServedProfile, servedProfile } from '../../config/find-profile-problems.ts';
import type { InspectedConfig } from '../../config/inspect-config.ts';
import type { Sources } from '../../config/resolve-session.ts';
import type { OidcSession, SsoSession } from '../../model/profile.ts';
import type { World } from '../../world.ts';
import type { OpenCall } from '../open-call.ts';

/** What the checks look at, as far as it could be made out. */
export interface DoctorContext {
  readonly inspected: InspectedConfig;
  readonly sources: Sources;
  /** Undefined without a home directory: then nothing but config and environment is looked at. */
  readonly opened: OpenCall | undefined;
  /** The profiles to look at, by name. */
  readonly profiles: readonly string[];
  /** Whether that is one that was named. */
  readonly isOfOne: boolean;
  /** The sections of sessions to look at, by name. */
  readonly sections: readonly string[];
  /** The sessions to look at, as far as they resolve; also those without a section. */
  readonly sessions: readonly (SsoSession | OidcSession)[];
  /** The options of a call for credentials, without their dashes. */
  readonly flags: readonly string[];
  /** The version and build of this program, as `--version` prints it. */
  readonly version: string;
  /** By the monotonic clock; milliseconds. */
  readonly deadline: number;
  readonly world: World;
}

/** The profiles to look at that run us. */
export function servedProfiles({
  profiles,
  sources,
  world,
}: DoctorContext): readonly ServedProfile[] {
  return profiles.flatMap((name) => {
    const profile = sources.config.profile(name);
    return (profile && servedProfile(profile, world.platform)) ?? [];
  });
}
