import { isToRenewAhead, judgeFreshness, roleRenewalWindowMs } from '../model/freshness.ts';
import { decodeProfileIndex, profileIndexFileName } from '../model/profile-index.ts';
import { decodeRoleRecord } from '../model/role-record.ts';
import { unattendedBy } from '../model/unattended.ts';
import { usualPaths } from '../model/usual-paths.ts';
import { usualProfile } from '../model/usual-profile.ts';
import { version } from '../model/version.ts';
import { fileStamp } from '../store/file-stamp.ts';
import { readPrivateFile } from '../store/private-file.ts';
import { distrust } from '../store/trust.ts';

/** What the answer depends on beside the files. */
export interface Situation {
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly platform: NodeJS.Platform;
  /** The uid that files must belong to; undefined where there are none. */
  readonly user: number | undefined;
  /** Epoch milliseconds. */
  readonly now: number;
}

/** A cached answer. */
export interface CachedAnswer {
  /** What goes to stdout, without its line break. */
  readonly line: string;
  /** What is to be renewed ahead, now that the answer is given; undefined when it is not time. */
  readonly renewal: RenewalNeed | undefined;
}

/** A role whose credentials are to be renewed, and the profile that means it. */
export interface RenewalNeed {
  readonly profile: string;
  readonly cacheDirectory: string;
  readonly roleFile: string;
}

/**
 * The answer to print, if the command line is the usual one and a fresh answer lies ready that every
 * check allows; undefined in any doubt, and then the long way decides. This is the path of nearly
 * every call, so it imports nothing but node:fs (scripts/check-fast-path.ts).
 */
export function cachedAnswer(
  argv: readonly string[],
  { env, platform, user, now }: Situation,
): CachedAnswer | undefined {
  const profile = usualProfile(argv);
  if (profile === undefined) return undefined;
  const paths = usualPaths(env, platform);
  if (paths === undefined) return undefined;

  const indexFile = profileIndexFileName(profile);
  if (indexFile === undefined) return undefined;
  const read = (folder: string, name: string): string | undefined => {
    const directory = `${paths.cacheDirectory}/${folder}`;
    if (distrust(directory, user) !== undefined) return undefined;
    const found = readPrivateFile(`${directory}/${name}`, user);
    return found.kind === 'read' && !found.loose ? found.text : undefined;
  };
  if (distrust(paths.cacheDirectory, user) !== undefined) return undefined;

  const index = decodeProfileIndex(read('profiles', indexFile) ?? '');
  if (index === undefined || index.profile !== profile || index.writtenBy !== version) {
    return undefined;
  }
  const { configFile, credentialsFile } = index;
  if (configFile.path !== paths.configFile) return undefined;
  if (credentialsFile.path !== paths.credentialsFile) return undefined;
  if (fileStamp(configFile.path) !== configFile.stamp) return undefined;
  if (fileStamp(credentialsFile.path) !== credentialsFile.stamp) return undefined;

  const record = decodeRoleRecord(read('roles', index.roleFile) ?? '');
  if (record === undefined || record.roleFile !== index.roleFile) return undefined;
  if (fileStamp(record.tokenFile) !== record.tokenStamp) return undefined;
  const freshness = judgeFreshness(record, roleRenewalWindowMs(record), now);
  if (freshness !== 'fresh') return undefined;
  const isDue = index.renewAhead && isToRenewAhead(record, now) && unattendedBy(env) === undefined;
  const { cacheDirectory } = paths;
  const renewal = isDue ? { profile, cacheDirectory, roleFile: index.roleFile } : undefined;
  return { line: record.output, renewal };
}
