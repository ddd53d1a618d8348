import { isSsoCredError } from '../model/errors.ts';
import {
  absentStamp,
  decodeProfileIndex,
  encodeProfileIndex,
  type FileFingerprint,
  type ProfileIndex,
  profileIndexFileName,
} from '../model/profile-index.ts';
import { usualPaths } from '../model/usual-paths.ts';
import { version } from '../model/version.ts';
import type { World } from '../world.ts';
import { fileStamp } from './file-stamp.ts';
import type { Store } from './store.ts';

/** The config files as they were before they were read. */
export interface ConfigFingerprint {
  readonly configFile: FileFingerprint;
  readonly credentialsFile: FileFingerprint;
}

/** A file changed so shortly before may change again without a new timestamp (git's "racy" rule). */
const racyMs = 2_000;

/** Taken before the config is read; undefined when the call is not one that an index can serve. */
export function configFingerprint(
  world: Pick<World, 'env' | 'platform'>,
): ConfigFingerprint | undefined {
  const paths = usualPaths(world.env, world.platform);
  if (paths === undefined) return undefined;
  return {
    configFile: { path: paths.configFile, stamp: fileStamp(paths.configFile) },
    credentialsFile: { path: paths.credentialsFile, stamp: fileStamp(paths.credentialsFile) },
  };
}

/** Notes which role record a profile means, so that the next call need not read the config. */
export function writeProfileIndex(
  store: Store,
  meant: Pick<ProfileIndex, 'profile' | 'roleFile' | 'renewAhead'>,
  fingerprint: ConfigFingerprint,
  world: Pick<World, 'clock' | 'trace'>,
): void {
  const name = profileIndexFileName(meant.profile);
  if (name === undefined) return;
  const files = [fingerprint.configFile, fingerprint.credentialsFile];
  const now = world.clock.now();
  const isSettled = ({ path, stamp }: FileFingerprint) =>
    fileStamp(path) === stamp && changedAt(stamp) < now - racyMs;
  if (!files.every(isSettled)) return;

  const text = encodeProfileIndex({ ...meant, writtenBy: version, ...fingerprint });
  try {
    const present = store.read('profiles', name, decodeProfileIndex);
    if (present !== undefined && encodeProfileIndex(present) === text) return;
    store.write('profiles', name, text);
    world.trace('cache', `${store.path('profiles', name)}: written, the next call reads no config`);
  } catch (error) {
    if (!isSsoCredError(error)) throw error;
    world.trace('cache', `not indexed: ${error.message}`);
  }
}

/** When a file last changed by its stamp; epoch milliseconds. */
function changedAt(stamp: string): number {
  if (stamp === absentStamp) return 0;
  const [, , , mtimeNs = '0', ctimeNs = '0'] = stamp.split(':');
  const latest = BigInt(mtimeNs) > BigInt(ctimeNs) ? BigInt(mtimeNs) : BigInt(ctimeNs);
  return Number(latest / 1_000_000n);
}
