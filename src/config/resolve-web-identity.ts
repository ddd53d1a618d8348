import { partitionOfArn, partitionOfRegion } from '../model/partition.ts';
import type { WebIdentityProfile } from '../model/web-identity-profile.ts';
import type { ConfigSection } from './config-section.ts';
import { checkShape, findKey, missingKey, type NamedSetting } from './find-key.ts';
import { endpointSettings, resolveEndpoint } from './resolve-endpoints.ts';
import {
  type OidcFlags,
  oidcSessionKey,
  oidcSessionOfFlags,
  oidcSessionOfName,
  type ResolvedOidcSession,
} from './resolve-oidc-session.ts';
import { checkRegion, fromFlag, regionOf, requiredFlag, type Sources } from './resolve-session.ts';

/** A profile for a web identity, and each setting that made it, for `--explain`. */
export interface ResolvedWebIdentity {
  readonly profile: WebIdentityProfile;
  readonly settings: readonly NamedSetting[];
}

/** The flags that take the place of such a profile. */
export interface WebIdentityFlags extends OidcFlags {
  readonly roleArn?: string | undefined;
  readonly roleSessionName?: string | undefined;
  readonly durationSeconds?: string | undefined;
}

/** @throws InvalidConfig naming file, line and key */
export function webIdentityOfProfile(
  profile: ConfigSection,
  sources: Sources,
): ResolvedWebIdentity {
  const { home } = sources;
  const name = findKey(profile, [oidcSessionKey]) ?? missingKey(profile, oidcSessionKey, home);
  const find = (key: string) => findKey(profile, [key]);
  return build({
    session: oidcSessionOfName(name, sources, profile),
    roleArn: find('sso_cred_role_arn') ?? missingKey(profile, 'sso_cred_role_arn', home),
    sessionName: find('sso_cred_role_session_name'),
    duration: find('sso_cred_duration_seconds'),
    policyArns: find('sso_cred_policy_arns'),
    region: find('region'),
    section: profile,
    sources,
  });
}

/**
 * @param session the session, where it is not one of flags too
 * @throws InvalidUsage naming the flag
 */
export function webIdentityOfFlags(
  flags: WebIdentityFlags,
  sources: Sources,
  session: ResolvedOidcSession = oidcSessionOfFlags(flags, sources),
): ResolvedWebIdentity {
  const optional = (flag: string, value: string | undefined) =>
    value === undefined ? undefined : fromFlag(flag, value);
  if (flags.roleArn === undefined) throw requiredFlag('--role-arn');
  return build({
    session,
    roleArn: fromFlag('--role-arn', flags.roleArn),
    sessionName: optional('--role-session-name', flags.roleSessionName),
    duration: optional('--duration-seconds', flags.durationSeconds),
    policyArns: undefined,
    region: regionOf(sources.env),
    section: undefined,
    sources,
  });
}

function build(parts: {
  readonly session: ResolvedOidcSession;
  readonly roleArn: NamedSetting;
  readonly sessionName: NamedSetting | undefined;
  readonly duration: NamedSetting | undefined;
  readonly policyArns: NamedSetting | undefined;
  readonly region: NamedSetting | undefined;
  readonly section: ConfigSection | undefined;
  readonly sources: Sources;
}): ResolvedWebIdentity {
  const { session, roleArn, sessionName, duration, policyArns, region, section, sources } = parts;
  const { home, env, config } = sources;
  checkShape(roleArn, isRoleArn(roleArn.value), 'the ARN of a role', home);
  if (duration !== undefined) {
    checkShape(duration, isDuration(duration.value), durationWanted, home);
  }
  if (region !== undefined) checkRegion(region, home);
  const arns = (policyArns?.value ?? '').split(/[\s,]+/).filter(Boolean);
  if (policyArns !== undefined) {
    const isGood = arns.length <= 10 && arns.every((arn) => /^arn:aws[a-z-]*:iam::/.test(arn));
    checkShape(policyArns, isGood, 'a list of at most 10 ARNs of policies', home);
  }
  const partition = partitionOfArn(roleArn.value);
  const isUsable = region !== undefined && partitionOfRegion(region.value) === partition;
  const stsRegion = isUsable ? region.value : partition.region;
  const endpointSources = { env, profile: section, services: config.services, home };
  const profile: WebIdentityProfile = {
    kind: 'web-identity',
    session: session.session,
    roleArn: roleArn.value,
    ...(sessionName === undefined ? {} : { roleSessionNameTemplate: sessionName.value }),
    ...(duration === undefined ? {} : { durationSeconds: Number(duration.value) }),
    policyArns: arns,
    sts: resolveEndpoint('sts', stsRegion, endpointSources),
  };
  const own = [roleArn, sessionName, duration, policyArns, isUsable ? region : undefined];
  return {
    profile,
    settings: [
      ...session.settings,
      ...own.filter((setting) => setting !== undefined),
      ...endpointSettings(['sts'], endpointSources),
    ],
  };
}

/** Whether a text is the ARN of a role. */
export function isRoleArn(value: string): boolean {
  return /^arn:aws[a-z-]*:iam::\d{12}:role\/[\w+=,.@/-]{1,512}$/.test(value);
}

/** What isDuration asks of a text. */
export const durationWanted = 'a number of seconds from 900 to 43200';

/** Whether a text is a duration that STS may be asked for. */
export function isDuration(value: string): boolean {
  return /^\d{3,5}$/.test(value) && Number(value) >= 900 && Number(value) <= 43_200;
}
