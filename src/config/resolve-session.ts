import { SsoCredError } from '../model/errors.ts';
import { isLoopback } from '../model/loopback.ts';
import type { SsoSession } from '../model/profile.ts';
import { quoted } from '../model/shell-word.ts';
import type { Environment } from '../world.ts';
import type { ConfigSection } from './config-section.ts';
import { checkShape, findKey, missingKey, type NamedSetting } from './find-key.ts';
import type { SharedConfig } from './load-config.ts';
import { nearestName } from './nearest-name.ts';
import { place } from './place.ts';
import { endpointSettings, resolveEndpoint } from './resolve-endpoints.ts';

/** What the settings are read from. */
export interface Sources {
  readonly config: SharedConfig;
  readonly env: Environment;
  readonly home: string | undefined;
  /** The config file, as a message names it. */
  readonly configFile: string;
}

/** A session, and each setting that made it, for `--explain`. */
export interface ResolvedSession {
  readonly session: SsoSession;
  readonly settings: readonly NamedSetting[];
}

/** Keys of one meaning: ours, then the native one, then granted's. */
export const sessionKeys = {
  session: ['sso_cred_session', 'sso_session'],
  startUrl: ['sso_cred_start_url', 'sso_start_url', 'granted_sso_start_url'],
  region: ['sso_cred_region', 'sso_region', 'granted_sso_region'],
} as const;

/** The flags that take the place of a profile's or a session's settings. */
export interface SessionFlags {
  readonly startUrl?: string | undefined;
  readonly ssoRegion?: string | undefined;
}

/** The session of a profile. @throws InvalidConfig naming file, line and key */
export function sessionOfProfile(profile: ConfigSection, sources: Sources): ResolvedSession {
  const { home } = sources;
  const signInCommand = `sso-cred login --profile ${quoted(profile.name)}`;
  const name = findKey(profile, sessionKeys.session);
  if (name !== undefined) {
    const parts = readSection(findSection(name, sources), sources);
    checkAgreement(profile, sessionKeys.startUrl, parts.startUrl, home);
    checkAgreement(profile, sessionKeys.region, parts.region, home);
    return build({ ...parts, name, signInCommand }, profile, sources);
  }
  const startUrl =
    findKey(profile, sessionKeys.startUrl) ?? missingKey(profile, sessionKeys.session[0], home);
  const region =
    findKey(profile, sessionKeys.region) ?? missingKey(profile, sessionKeys.region[0], home);
  return build({ startUrl, region, signInCommand }, profile, sources);
}

/**
 * The session of a name. Its endpoints are those of the first profile that names it: a session has
 * no keys of its own for them.
 * @throws SessionNotFound; InvalidConfig naming file, line and key
 */
export function sessionOfName(name: string, sources: Sources): ResolvedSession {
  const { config, configFile } = sources;
  const section = config.ssoSession(name);
  if (section === undefined) {
    throw new SsoCredError(
      'SessionNotFound',
      `There is no [sso-session ${name}] in ${configFile}${didYouMean(name, sources)}`,
    );
  }
  const profile = firstProfileOf(sessionKeys.session, name, sources);
  const parts = {
    ...readSection(section, sources),
    name: fromFlag('--session', name),
    signInCommand: `sso-cred login --session ${quoted(name)}`,
  };
  return build(parts, profile, sources);
}

/** The session that flags describe. @throws InvalidUsage naming the flag */
export function sessionOfFlags(flags: SessionFlags, sources: Sources): ResolvedSession {
  const { startUrl: url } = flags;
  if (url === undefined) throw requiredFlag('--start-url');
  const startUrl = fromFlag('--start-url', url);
  const { ssoRegion } = flags;
  const region =
    ssoRegion === undefined ? regionOf(sources.env) : fromFlag('--sso-region', ssoRegion);
  if (region === undefined) {
    throw new SsoCredError(
      'InvalidUsage',
      '--sso-region is required: neither AWS_REGION nor AWS_DEFAULT_REGION is set',
    );
  }
  const signInCommand = `sso-cred login --start-url ${quoted(url)} --sso-region ${region.value}`;
  return build({ startUrl, region, signInCommand }, undefined, sources);
}

/** The first profile that names a session by one of these keys. */
export function firstProfileOf(
  keys: readonly string[],
  name: string,
  { config }: Pick<Sources, 'config'>,
): ConfigSection | undefined {
  return config
    .names('profile')
    .map((each) => config.profile(each))
    .find((each) => each && findKey(each, keys)?.value === name);
}

/** A flag's value as a setting. */
export function fromFlag(flag: string, value: string): NamedSetting {
  return { name: flag, value, origin: { kind: 'flag', flag } };
}

/** The error for a flag that is required where no profile is given. */
export function requiredFlag(flag: string): SsoCredError {
  return new SsoCredError('InvalidUsage', `${flag} is required without --profile`);
}

/** The region that the environment names: AWS_REGION, else AWS_DEFAULT_REGION. */
export function regionOf(env: Environment): NamedSetting | undefined {
  for (const variable of ['AWS_REGION', 'AWS_DEFAULT_REGION']) {
    const value = env[variable];
    if (value) return { name: variable, value, origin: { kind: 'environment', variable } };
  }
  return undefined;
}

function findSection(name: NamedSetting, sources: Sources): ConfigSection {
  const section = sources.config.ssoSession(name.value);
  if (section !== undefined) return section;
  throw new SsoCredError(
    'InvalidConfig',
    `${name.name} at ${place(name.origin, sources.home)} names [sso-session ${name.value}], which is not there${didYouMean(name.value, sources)}`,
  );
}

function didYouMean(name: string, { config }: Sources): string {
  const nearest = nearestName(name, config.names('sso-session'));
  return nearest === undefined ? '' : ` (did you mean "${nearest}"?)`;
}

interface SectionSettings {
  readonly startUrl: NamedSetting;
  readonly region: NamedSetting;
  readonly scopes?: NamedSetting;
  readonly useDeviceCode?: NamedSetting;
  readonly redirectPort?: NamedSetting;
}

function readSection(section: ConfigSection, { home }: Sources): SectionSettings {
  const optional = <Name extends string>(name: Name, key: string) => {
    const setting = findKey(section, [key]);
    return setting === undefined ? {} : ({ [name]: setting } as Record<Name, NamedSetting>);
  };
  return {
    startUrl: findKey(section, ['sso_start_url']) ?? missingKey(section, 'sso_start_url', home),
    region: findKey(section, ['sso_region']) ?? missingKey(section, 'sso_region', home),
    ...optional('scopes', 'sso_registration_scopes'),
    ...optional('useDeviceCode', 'sso_use_device_code'),
    ...optional('redirectPort', 'sso_redirect_port'),
  };
}

/** A profile may repeat what its session says, as AWS's own tools allow, but not contradict it. */
function checkAgreement(
  profile: ConfigSection,
  names: readonly string[],
  ofSession: NamedSetting,
  home: string | undefined,
): void {
  const ofProfile = findKey(profile, names.slice(0, 2));
  if (ofProfile === undefined || ofProfile.value === ofSession.value) return;
  throw new SsoCredError(
    'InvalidConfig',
    `${ofProfile.name} at ${place(ofProfile.origin, home)} contradicts ${ofSession.name} at ${place(ofSession.origin, home)}`,
  );
}

function build(
  parts: SectionSettings & { readonly name?: NamedSetting; readonly signInCommand: string },
  profile: ConfigSection | undefined,
  sources: Sources,
): ResolvedSession {
  const { name, startUrl, region, scopes, useDeviceCode, redirectPort, signInCommand } = parts;
  const { env, home, config } = sources;
  checkShape(startUrl, isStartUrl(startUrl.value), 'an https URL', home);
  checkRegion(region, home);
  if (redirectPort !== undefined) {
    checkShape(redirectPort, isPort(redirectPort.value), 'a port from 1 to 65535', home);
  }
  if (useDeviceCode !== undefined) {
    checkShape(useDeviceCode, /^(true|false)$/i.test(useDeviceCode.value), 'true or false', home);
  }
  const endpointSources = { env, profile, services: config.services, home };
  const session: SsoSession = {
    kind: 'sso',
    ...(name === undefined ? {} : { name: name.value }),
    startUrl: startUrl.value,
    region: region.value,
    registrationScopes: scopesOf(scopes?.value),
    useDeviceCode: useDeviceCode?.value.toLowerCase() === 'true',
    redirectPorts: redirectPort === undefined ? [0] : [Number(redirectPort.value)],
    endpoints: {
      sso: resolveEndpoint('sso', region.value, endpointSources),
      ssoOidc: resolveEndpoint('sso_oidc', region.value, endpointSources),
    },
    signInCommand,
  };
  const own = [name, startUrl, region, scopes, useDeviceCode, redirectPort];
  const endpoints = endpointSettings(['sso', 'sso_oidc'], endpointSources);
  return { session, settings: [...own.filter((setting) => setting !== undefined), ...endpoints] };
}

/** Without the scope there is no refresh token, and the session ends with its first access token. */
function scopesOf(value: string | undefined): readonly string[] {
  const scopes = (value ?? '').split(/[\s,]+/).filter((scope) => scope !== '');
  return scopes.length === 0 ? ['sso:account:access'] : scopes;
}

/** Vanity, China, GovCloud and Sovereign Cloud URLs all pass: nothing but the scheme is checked. */
export function isStartUrl(value: string): boolean {
  const url = URL.canParse(value) ? new URL(value) : undefined;
  return url?.protocol === 'https:' || (url?.protocol === 'http:' && isLoopback(url));
}

/** @throws InvalidConfig or InvalidUsage for what is not shaped like a region: it becomes part of a host */
export function checkRegion(region: NamedSetting, home: string | undefined): void {
  checkShape(region, isRegion(region.value), 'a region such as eu-west-1', home);
}

/** Whether a text is shaped like a region's name. */
export function isRegion(value: string): boolean {
  return /^[a-z]{2,}(-[a-z]+)+-\d{1,2}$/.test(value);
}

/** Whether a text is a port number, 1 to 65535. */
export function isPort(value: string): boolean {
  return /^\d{1,5}$/.test(value) && Number(value) >= 1 && Number(value) <= 65_535;
}
