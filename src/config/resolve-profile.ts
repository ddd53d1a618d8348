import { SsoCredError } from '../model/errors.ts';
import type { OidcSession, SsoProfile, SsoSession } from '../model/profile.ts';
import type { WebIdentityProfile } from '../model/web-identity-profile.ts';
import type { Environment } from '../world.ts';
import type { ConfigSection } from './config-section.ts';
import { checkShape, describeSection, findKey, missingKey, type NamedSetting } from './find-key.ts';
import { nearestName } from './nearest-name.ts';
import { place } from './place.ts';
import { oidcSessionKey, oidcSessionOfFlags, oidcSessionOfName } from './resolve-oidc-session.ts';
import {
  firstProfileOf,
  fromFlag,
  type ResolvedSession,
  requiredFlag,
  type SessionFlags,
  type Sources,
  sessionKeys,
  sessionOfFlags,
  sessionOfName,
  sessionOfProfile,
} from './resolve-session.ts';
import {
  type WebIdentityFlags,
  webIdentityOfFlags,
  webIdentityOfProfile,
} from './resolve-web-identity.ts';

/** What the command line says of whose credentials are wanted: a profile, or everything without one. */
export interface ProfileRequest extends SessionFlags, WebIdentityFlags {
  readonly profile?: string | undefined;
  readonly accountId?: string | undefined;
  readonly roleName?: string | undefined;
}

/** A profile, and each setting that made it, for `--explain`. */
export interface ResolvedProfile {
  readonly profile: SsoProfile | WebIdentityProfile;
  readonly settings: readonly NamedSetting[];
  /** `region` of the profile itself, if it has one, as it stands there. */
  readonly region?: NamedSetting;
  /** The profile whose keys for endpoints count, if there is one. */
  readonly endpointProfile?: ConfigSection;
}

/** Keys of one meaning: ours, then the native one, then granted's. */
export const roleKeys = {
  accountId: ['sso_cred_account_id', 'sso_account_id', 'granted_sso_account_id'],
  roleName: ['sso_cred_role_name', 'sso_role_name', 'granted_sso_role_name'],
} as const;

/** Keys that make a profile one of OpenID Connect. */
const oidcKeys = [oidcSessionKey, 'sso_cred_role_arn'] as const;

const ssoFlags = {
  startUrl: '--start-url',
  ssoRegion: '--sso-region',
  accountId: '--account-id',
  roleName: '--role-name',
} as const;

const oidcFlags = {
  issuer: '--issuer',
  auth0Domain: '--auth0-domain',
  clientId: '--client-id',
  audience: '--audience',
  scopes: '--scopes',
  roleArn: '--role-arn',
  roleSessionName: '--role-session-name',
  durationSeconds: '--duration-seconds',
} as const;

/**
 * The profile that a command line means.
 * @throws ProfileNotFound; InvalidConfig naming file, line and key; InvalidUsage naming the flag
 */
export function resolveProfile(request: ProfileRequest, sources: Sources): ResolvedProfile {
  const { profile: name } = request;
  checkAlone('profile', request);
  if (name !== undefined) return resolveNamed(findProfile(name, sources), sources);
  switch (flagKind(request)) {
    case 'oidc':
      return webIdentityOfFlags(request, sources);
    case 'sso':
      return roleOfSession(sessionOfFlags(request, sources), request, sources);
    case undefined:
      throw new SsoCredError('InvalidUsage', '--profile is required', {
        remedy: 'sso-cred --profile NAME',
      });
  }
}

/**
 * The profile that a human command's line means: as above, and also by a session's name with the flags
 * that name the role; without a word, the one that the environment names.
 * @throws ProfileNotFound, SessionNotFound, InvalidConfig, InvalidUsage
 */
export function resolveProfileOfPerson(
  request: ProfileRequest & SessionRequest,
  sources: Sources,
): ResolvedProfile {
  const { session: name, ...withoutSession } = request;
  if (name === undefined) {
    const profile = isRoleNamed(request) ? request.profile : profileOfEnvironment(sources.env);
    return resolveProfile({ ...withoutSession, profile }, sources);
  }
  const { accountId, roleName, roleArn, roleSessionName, durationSeconds, ...others } = request;
  checkAlone('session', others);
  const { session, settings } = anySessionOfName(name, sources);
  const isSso = session.kind === 'sso';
  const ofOtherKind = isSso
    ? givenFlag({ roleArn, roleSessionName, durationSeconds }, oidcFlags)
    : givenFlag({ accountId, roleName }, ssoFlags);
  if (ofOtherKind !== undefined) {
    const kind = isSso ? 'of Identity Center' : 'at an OpenID provider';
    throw new SsoCredError(
      'InvalidUsage',
      `${ofOtherKind} is not for a session ${kind}, and "${name}" is one`,
    );
  }
  if (!isSso) return webIdentityOfFlags(request, sources, { session, settings });
  const endpointProfile = firstProfileOf(sessionKeys.session, name, sources);
  return {
    ...roleOfSession({ session, settings }, request, sources),
    ...(endpointProfile === undefined ? {} : { endpointProfile }),
  };
}

/** Whether a command line says whose credentials are wanted. @throws InvalidUsage */
export function isRoleNamed(request: ProfileRequest): boolean {
  return request.profile !== undefined || flagKind(request) !== undefined;
}

/** The profile that a person means who names none. */
export function profileOfEnvironment(env: Environment): string {
  return env['AWS_PROFILE'] || env['AWS_DEFAULT_PROFILE'] || 'default';
}

/** The role that flags name, of a session. @throws InvalidUsage naming the flag */
function roleOfSession(
  session: ResolvedSession,
  { accountId, roleName }: ProfileRequest,
  sources: Sources,
): ResolvedProfile {
  if (accountId === undefined) throw requiredFlag(ssoFlags.accountId);
  if (roleName === undefined) throw requiredFlag(ssoFlags.roleName);
  return build(
    session,
    fromFlag(ssoFlags.accountId, accountId),
    fromFlag(ssoFlags.roleName, roleName),
    sources,
  );
}

/** Which session a person means: by its name, by a profile, or by flags. */
export interface SessionRequest extends SessionFlags, WebIdentityFlags {
  readonly profile?: string | undefined;
  readonly session?: string | undefined;
}

/** A session of either kind, and each setting that made it. */
export interface ResolvedAnySession {
  readonly session: SsoSession | OidcSession;
  readonly settings: readonly NamedSetting[];
}

/**
 * The session that a human command's line means; without a word, that of the profile in AWS_PROFILE,
 * then AWS_DEFAULT_PROFILE, then `default`.
 * @throws ProfileNotFound, SessionNotFound, InvalidConfig, InvalidUsage
 */
export function resolveSession(request: SessionRequest, sources: Sources): ResolvedAnySession {
  checkAlone('profile', request);
  checkAlone('session', request);
  const { session, profile } = request;
  if (session !== undefined) return anySessionOfName(session, sources);
  if (profile === undefined) {
    switch (flagKind(request)) {
      case 'sso':
        return sessionOfFlags(request, sources);
      case 'oidc':
        return oidcSessionOfFlags(request, sources);
      case undefined:
    }
  }
  const name = profile ?? profileOfEnvironment(sources.env);
  const section = findProfile(name, sources);
  if (kindOf(section, sources) === 'sso') return sessionOfProfile(section, sources);
  const oidc =
    findKey(section, [oidcSessionKey]) ?? missingKey(section, oidcSessionKey, sources.home);
  return oidcSessionOfName(oidc, sources, section);
}

/** The session of a name, of either kind. @throws SessionNotFound, InvalidConfig */
export function anySessionOfName(name: string, sources: Sources): ResolvedAnySession {
  const { config, configFile } = sources;
  const isSso = config.ssoSession(name) !== undefined;
  const isOidc = config.oidcSession(name) !== undefined;
  if (isSso && isOidc) {
    throw new SsoCredError(
      'InvalidConfig',
      `${configFile} has both [sso-session ${name}] and [oidc-session ${name}]: a name means one of them only`,
    );
  }
  if (isSso) return sessionOfName(name, sources);
  if (isOidc) return oidcSessionOfName(fromFlag('--session', name), sources);
  const names = [...config.names('sso-session'), ...config.names('oidc-session')];
  const nearest = nearestName(name, names);
  const hint = nearest === undefined ? '' : ` (did you mean "${nearest}"?)`;
  throw new SsoCredError(
    'SessionNotFound',
    `There is no session "${name}" in ${configFile}${hint}`,
  );
}

/** Whose credentials are wanted, in few words, for the record of errors. */
export function describeProfileRequest(request: ProfileRequest & SessionRequest): string {
  const { profile, session, startUrl, accountId, roleName, issuer, auth0Domain, roleArn } = request;
  const flags = [startUrl, accountId, roleName, issuer, auth0Domain, roleArn];
  return profile ?? session ?? flags.filter((part) => part !== undefined).join(' ');
}

function givenFlag<Key extends keyof ProfileRequest>(
  request: ProfileRequest,
  flags: Readonly<Record<Key, string>>,
): string | undefined {
  const given = Object.entries<string>(flags).find(([key]) => request[key as Key] !== undefined);
  return given?.[1];
}

/** Which kind of profile the flags describe; undefined when there are none. @throws InvalidUsage */
function flagKind(request: ProfileRequest): 'sso' | 'oidc' | undefined {
  const sso = givenFlag(request, ssoFlags);
  const oidc = givenFlag(request, oidcFlags);
  if (sso !== undefined && oidc !== undefined) {
    throw new SsoCredError('InvalidUsage', `${sso} and ${oidc} exclude each other`);
  }
  return sso !== undefined ? 'sso' : oidc !== undefined ? 'oidc' : undefined;
}

function checkAlone(name: 'profile' | 'session', request: ProfileRequest & SessionRequest): void {
  if (request[name] === undefined) return;
  const sibling = name === 'session' && request.profile !== undefined ? '--profile' : undefined;
  const other = sibling ?? givenFlag(request, ssoFlags) ?? givenFlag(request, oidcFlags);
  if (other === undefined) return;
  throw new SsoCredError('InvalidUsage', `--${name} and ${other} exclude each other`);
}

/** The section of a profile. @throws ProfileNotFound with the nearest name */
export function findProfile(name: string, { config, configFile }: Sources): ConfigSection {
  const section = config.profile(name);
  if (section !== undefined) return section;
  const nearest = nearestName(name, config.names('profile'));
  const hint = nearest === undefined ? '' : ` (did you mean "${nearest}"?)`;
  throw new SsoCredError(
    'ProfileNotFound',
    `There is no profile "${name}" in ${configFile}${hint}`,
  );
}

function resolveNamed(section: ConfigSection, sources: Sources): ResolvedProfile {
  const { home } = sources;
  const region = findKey(section, ['region']);
  const ofProfile = { endpointProfile: section, ...(region === undefined ? {} : { region }) };
  if (kindOf(section, sources) === 'oidc') {
    return { ...webIdentityOfProfile(section, sources), ...ofProfile };
  }
  const session = sessionOfProfile(section, sources);
  const find = (names: readonly [string, ...string[]]) =>
    findKey(section, names) ?? missingKey(section, names[0], home);
  return {
    ...build(session, find(roleKeys.accountId), find(roleKeys.roleName), sources),
    ...ofProfile,
  };
}

/** @throws InvalidConfig for a profile with keys of both kinds */
function kindOf(section: ConfigSection, { home }: Sources): 'sso' | 'oidc' {
  const oidc = findKey(section, oidcKeys);
  if (oidc === undefined) return 'sso';
  const sso = findKey(section, [...Object.values(sessionKeys), ...Object.values(roleKeys)].flat());
  if (sso === undefined) return 'oidc';
  throw new SsoCredError(
    'InvalidConfig',
    `${describeSection(section, home)} has both ${sso.name} (${place(sso.origin, home)}) and ${oidc.name} (${place(oidc.origin, home)}): it can be of one kind only`,
  );
}

function build(
  { session, settings }: ResolvedSession,
  accountId: NamedSetting,
  roleName: NamedSetting,
  { home }: Sources,
): ResolvedProfile {
  checkShape(accountId, /^\d{12}$/.test(accountId.value), '12 digits', home);
  checkShape(roleName, /^[\w+=,.@-]{1,64}$/.test(roleName.value), 'the name of a role', home);
  return {
    profile: { kind: 'sso', session, accountId: accountId.value, roleName: roleName.value },
    settings: [...settings, accountId, roleName],
  };
}
