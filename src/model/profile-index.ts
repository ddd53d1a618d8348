import { isMadeOf } from './is-made-of.ts';
import { isTrueAt, numberAt, parseJsonObject, textAt } from './json.ts';

const version = 1;

const digits = '0123456789';

/** A file as it was: its path, and its stamp (fileStamp) or `absent`. */
export interface FileFingerprint {
  readonly path: string;
  readonly stamp: string;
}

/**
 * Which role record a profile meant, and the config files that said so: a cached answer needs no
 * parsing while they are unchanged.
 */
export interface ProfileIndex {
  /** The exact profile name: `Dev` and `dev` may be one file. */
  readonly profile: string;
  /** The version of sso-cred that resolved the profile. */
  readonly writtenBy: string;
  readonly configFile: FileFingerprint;
  readonly credentialsFile: FileFingerprint;
  /** File name of the role record below `roles/`. */
  readonly roleFile: string;
  /** Whether the settings allow that it is renewed ahead. */
  readonly renewAhead: boolean;
}

/** The stamp of a file that is not there. */
export const absentStamp = 'absent';

/**
 * A file name below `profiles/` for a profile, the same for the same name; undefined for names that
 * no file system takes, which are then resolved anew each time.
 */
export function profileIndexFileName(profile: string): string | undefined {
  if (profile.length > 64 || isDeviceName(profile)) return undefined;
  try {
    const name = `${encodeURIComponent(profile).replaceAll('*', '%2A')}.json`;
    return name.length <= 255 ? name : undefined;
  } catch {
    return undefined; // a lone surrogate
  }
}

/** Whether Windows takes a file name for a device (`con`, `COM1.txt`). */
function isDeviceName(name: string): boolean {
  const [stem = ''] = name.split('.', 1);
  if (stem.length !== 3 && stem.length !== 4) return false;
  const device = stem.toLowerCase();
  return stem.length === 3
    ? ['con', 'prn', 'aux', 'nul'].includes(device)
    : (device.startsWith('com') || device.startsWith('lpt')) && isMadeOf(device.slice(3), digits);
}

/** The text of a profile index. */
export function encodeProfileIndex(index: ProfileIndex): string {
  return JSON.stringify({
    version,
    profile: index.profile,
    writtenBy: index.writtenBy,
    configFile: index.configFile.path,
    configStamp: index.configFile.stamp,
    credentialsFile: index.credentialsFile.path,
    credentialsStamp: index.credentialsFile.stamp,
    roleFile: index.roleFile,
    renewAhead: index.renewAhead,
  });
}

/** The profile index that a text holds; undefined when it is none of this version. */
export function decodeProfileIndex(text: string): ProfileIndex | undefined {
  const file = parseJsonObject(text);
  if (file === undefined || numberAt(file, 'version') !== version) return undefined;
  const profile = textAt(file, 'profile');
  const writtenBy = textAt(file, 'writtenBy');
  const configFile = textAt(file, 'configFile');
  const configStamp = textAt(file, 'configStamp');
  const credentialsFile = textAt(file, 'credentialsFile');
  const credentialsStamp = textAt(file, 'credentialsStamp');
  const roleFile = textAt(file, 'roleFile');
  if (profile === undefined || writtenBy === undefined) return undefined;
  if (configFile === undefined || configStamp === undefined) return undefined;
  if (credentialsFile === undefined || credentialsStamp === undefined) return undefined;
  if (roleFile === undefined || !isRoleFileName(roleFile)) return undefined;
  return {
    profile,
    writtenBy,
    configFile: { path: configFile, stamp: configStamp },
    credentialsFile: { path: credentialsFile, stamp: credentialsStamp },
    roleFile,
    renewAhead: isTrueAt(file, 'renewAhead'),
  };
}

/** Whether a name is that of a role record, and no path to elsewhere. */
function isRoleFileName(name: string): boolean {
  const hash = name.slice(0, 64);
  return hash.length === 64 && name.slice(64) === '.json' && isMadeOf(hash, `${digits}abcdef`);
}
