import type { SectionEdit } from '../config/edit-aws-config.ts';
import { describeSection } from '../config/find-key.ts';
import { findCopiedCommand, servedProfile } from '../config/find-profile-problems.ts';
import { loadConfig } from '../config/load-config.ts';
import { SsoCredError } from '../model/errors.ts';
import type { World } from '../world.ts';
import { profileSnapshot } from './choose-profile-name.ts';
import { type ConfigPlan, editConfig } from './edit-config.ts';
import type { OpenCall } from './open-call.ts';

/** A profile that is to be written, with its session if that is new, and perhaps a twin. */
export interface ProfileToWrite {
  readonly name: string;
  /** The session's section, unless it is there. */
  readonly session: SectionEdit | undefined;
  readonly profiles: readonly SectionEdit[];
}

/** How long another process may be at the file; milliseconds. */
export const editBudgetMs = 30_000;

/** What is to be written, as a plan for the config file as it is by then. */
export function planProfile(
  { name, session, profiles }: ProfileToWrite,
  opened: OpenCall,
): ConfigPlan {
  const before = profileSnapshot(opened.sources.config.profile(name));
  return (config) => {
    if (profileSnapshot(config.profile(name)) !== before) {
      throw new SsoCredError(
        'InvalidUsage',
        `The profile "${name}" has been changed meanwhile; nothing was written`,
      );
    }
    return [...(session === undefined ? [] : missing(session, config)), ...profiles];
  };
}

/** Another process may have written the session meanwhile. */
function missing(edit: SectionEdit, config: Parameters<ConfigPlan>[0]): readonly SectionEdit[] {
  const { type, name, properties } = edit;
  const present = type === 'sso-session' ? config.ssoSession(name) : config.oidcSession(name);
  if (present === undefined) return [edit];
  const isSame =
    properties !== 'remove' &&
    Object.entries(properties).every(
      ([key, value]) => present.properties.get(key)?.value === value,
    );
  if (isSame) return [];
  throw new SsoCredError(
    'InvalidUsage',
    `Another [${type} ${name}] has been written meanwhile; nothing was written`,
  );
}

/** Writes a profile and says so. @throws SsoCredError */
export async function writeProfile(
  what: ProfileToWrite,
  opened: OpenCall,
  world: World,
): Promise<void> {
  const deadline = world.clock.monotonicMs() + editBudgetMs;
  const change = await editConfig(opened, planProfile(what, opened), { deadline }, world);
  const { configFile } = opened.sources;
  const headers = [what.session, ...what.profiles].flatMap((edit) =>
    edit === undefined
      ? []
      : [
          edit.name === 'default' && edit.type === 'profile'
            ? '[default]'
            : `[${edit.type} ${edit.name}]`,
        ],
  );
  world.print(
    2,
    change.changes.length === 0
      ? `${configFile} says all that already; nothing was changed.\n`
      : `Wrote ${headers.join(', ')} to ${configFile}.\n`,
  );
}

/** Warns of commands that hand out another profile's credentials: the end of every `configure`. */
export function warnOfCopiedCommands({ locations }: OpenCall, world: World): void {
  const config = loadConfig(locations);
  for (const name of config.names('profile')) {
    const profile = config.profile(name);
    const served = profile && servedProfile(profile, world.platform);
    const finding = profile && served && findCopiedCommand(profile, served);
    if (profile === undefined || finding === undefined) continue;
    const { message, advice } = finding;
    const at = describeSection(profile, locations.home);
    world.print(2, `Warning: ${message}. ${advice}, in ${at}.\n`);
  }
}
