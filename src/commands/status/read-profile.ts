import { resolveEndpoint } from '../../config/resolve-endpoints.ts';
import type { ResolvedProfile } from '../../config/resolve-profile.ts';
import { roleFileName } from '../../flow/get-credentials.ts';
import { type SessionPlace, signInOf } from '../../flow/session-place.ts';
import { isSsoCredError } from '../../model/errors.ts';
import { remainingMs } from '../../model/freshness.ts';
import { parseJsonObject, textAt } from '../../model/json.ts';
import { partitionOfRegion } from '../../model/partition.ts';
import { formatTimestamp } from '../../model/role-credentials.ts';
import { decodeRoleRecord, type RoleRecord } from '../../model/role-record.ts';
import { getCallerIdentity } from '../../services/caller-identity.ts';
import type { World } from '../../world.ts';
import type { OpenCall } from '../open-call.ts';
import { roleOf } from '../role-of.ts';

/** The role of a profile, as `--json` shows it. */
export interface ProfileStatus {
  readonly name: string;
  /** Twelve digits. */
  readonly accountId: string;
  readonly roleName: string;
  /** Of the cached credentials; null where there are none that are good. */
  readonly expiration: string | null;
  /** 0 where there are none. */
  readonly secondsLeft: number;
  /** Who they make one, as AWS says; null where there are none, or AWS cannot be asked. */
  readonly arn: string | null;
}

/** AWS is asked for the ARN for no longer than this; milliseconds. */
const arnTimeoutMs = 5_000;

/** The role of a profile: what is cached of it, and who one is with that. @throws StorageFailed */
export async function readProfile(
  name: string,
  resolved: ResolvedProfile,
  place: SessionPlace,
  opened: OpenCall,
  world: World,
): Promise<ProfileStatus> {
  const { profile } = resolved;
  const role = roleOf(profile, place.session.tokenFile, world);
  const about = {
    name,
    accountId: profile.kind === 'sso' ? profile.accountId : (profile.roleArn.split(':')[4] ?? ''),
    roleName: role.roleName,
  };
  const record = place.store.read('roles', roleFileName(role), decodeRoleRecord);
  const leftMs = record === undefined ? 0 : remainingMs(record, world.clock.now());
  if (record === undefined || leftMs <= 0 || !(await isOfPresentSignIn(record, place))) {
    return { ...about, expiration: null, secondsLeft: 0, arn: null };
  }
  return {
    ...about,
    expiration: formatTimestamp(record.expiresAt),
    secondsLeft: Math.floor(leftMs / 1000),
    arn: await askArn(name, record, resolved, opened, world),
  };
}

async function isOfPresentSignIn(record: RoleRecord, place: SessionPlace): Promise<boolean> {
  const kept = await place.session.read();
  return kept.kind === 'token' && signInOf(place, kept.bearer) === record.signIn;
}

async function askArn(
  name: string,
  { output, skewMs }: RoleRecord,
  resolved: ResolvedProfile,
  opened: OpenCall,
  world: World,
): Promise<string | null> {
  const keys = parseJsonObject(output) ?? {};
  const request = {
    accessKeyId: textAt(keys, 'AccessKeyId') ?? '',
    secretAccessKey: textAt(keys, 'SecretAccessKey') ?? '',
    sessionToken: textAt(keys, 'SessionToken') ?? '',
    skewMs,
    deadline: world.clock.monotonicMs() + arnTimeoutMs,
  };
  try {
    return await getCallerIdentity(stsOf(name, resolved, opened), request, world);
  } catch (error) {
    if (!isSsoCredError(error)) throw error;
    world.trace('network', `no ARN: ${error.message}`);
    return null;
  }
}

/** STS of the role's partition. @throws InvalidConfig */
function stsOf(name: string, { profile, region }: ResolvedProfile, { sources }: OpenCall) {
  if (profile.kind === 'web-identity') return profile.sts;
  const { config, env, home } = sources;
  const own = profile.session.region;
  const isUsable =
    region !== undefined && partitionOfRegion(region.value) === partitionOfRegion(own);
  const endpointSources = { env, profile: config.profile(name), services: config.services, home };
  return resolveEndpoint('sts', isUsable ? region.value : own, endpointSources);
}
