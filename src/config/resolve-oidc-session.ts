import { SsoCredError } from '../model/errors.ts';
import { isLoopback } from '../model/loopback.ts';
import type { OidcSession } from '../model/profile.ts';
import { quoted } from '../model/shell-word.ts';
import type { ConfigSection } from './config-section.ts';
import { checkShape, describeSection, findKey, missingKey, type NamedSetting } from './find-key.ts';
import { nearestName } from './nearest-name.ts';
import { place } from './place.ts';
import { type CaBundleSources, caBundleSetting, resolveCaBundle } from './resolve-ca-bundle.ts';
import { firstProfileOf, fromFlag, isPort, type Sources } from './resolve-session.ts';

/** A session at an OpenID provider, and each setting that made it, for `--explain`. */
export interface ResolvedOidcSession {
  readonly session: OidcSession;
  readonly settings: readonly NamedSetting[];
}

/** The flags that take the place of an `[oidc-session]`. */
export interface OidcFlags {
  readonly issuer?: string | undefined;
  readonly auth0Domain?: string | undefined;
  readonly clientId?: string | undefined;
  readonly audience?: string | undefined;
  readonly scopes?: string | undefined;
}

/** The key that makes a profile one of this kind. */
export const oidcSessionKey = 'sso_cred_oidc_session';

/** Keys that are passed on to the authorization endpoint as they are. */
const extraKeys = ['organization', 'connection', 'login_hint', 'prompt'] as const;

/** Without offline_access there is no refresh token, and the session ends with its first id_token. */
const defaultScopes = 'openid profile email offline_access';

/** Finds a setting by its key. */
type Find = (key: string) => NamedSetting | undefined;

/**
 * The session of a name, as `--session` or a profile gives it.
 * @param profile the profile that names it; by default the first that does
 * @throws SessionNotFound, InvalidConfig
 */
export function oidcSessionOfName(
  name: NamedSetting,
  sources: Sources,
  profile: ConfigSection | undefined = firstProfileOf([oidcSessionKey], name.value, sources),
): ResolvedOidcSession {
  const { config, env, home } = sources;
  const section = config.oidcSession(name.value);
  if (section === undefined) {
    const nearest = nearestName(name.value, config.names('oidc-session'));
    const hint = nearest === undefined ? '' : ` (did you mean "${nearest}"?)`;
    throw new SsoCredError(
      'InvalidConfig',
      `${name.name} at ${place(name.origin, home)} names [oidc-session ${name.value}], which is not there${hint}`,
    );
  }
  const find: Find = (key) => findKey(section, [key]);
  const issuer = issuerOf(find, describeSection(section, home), home);
  return build({
    find,
    name,
    issuer: issuer ?? missingKey(section, 'issuer', home),
    clientId: find('client_id') ?? missingKey(section, 'client_id', home),
    signInCommand: `sso-cred login --session ${quoted(name.value)}`,
    trust: { env, profile, home },
  });
}

/** The session that flags describe. @throws InvalidUsage naming the flag */
export function oidcSessionOfFlags(
  flags: OidcFlags,
  { env, home }: Pick<Sources, 'env' | 'home'>,
): ResolvedOidcSession {
  const given = new Map<string, NamedSetting>();
  const note = (key: string, flag: string, value: string | undefined) => {
    if (value !== undefined) given.set(key, fromFlag(flag, value));
  };
  note('issuer', '--issuer', flags.issuer);
  note('auth0_domain', '--auth0-domain', flags.auth0Domain);
  note('client_id', '--client-id', flags.clientId);
  note('audience', '--audience', flags.audience);
  note('scopes', '--scopes', flags.scopes);
  const find: Find = (key) => given.get(key);
  const issuer = issuerOf(find, 'The command line', home);
  const clientId = find('client_id');
  if (issuer === undefined) throw required('--issuer or --auth0-domain');
  if (clientId === undefined) throw required('--client-id');
  const words = [...given.values()].map(({ name, value }) => `${name} ${quoted(value)}`);
  const signInCommand = `sso-cred login ${words.join(' ')}`;
  const trust = { env, profile: undefined, home };
  return build({ find, name: undefined, issuer, clientId, signInCommand, trust });
}

function required(flag: string): SsoCredError {
  return new SsoCredError('InvalidUsage', `${flag} is required without --profile`);
}

/** `issuer`, or the one that Auth0 gives a domain: with a slash at the end. */
function issuerOf(find: Find, what: string, home: string | undefined): NamedSetting | undefined {
  const issuer = find('issuer');
  const domain = find('auth0_domain');
  if (issuer !== undefined && domain !== undefined) {
    throw new SsoCredError(
      issuer.origin.kind === 'file' ? 'InvalidConfig' : 'InvalidUsage',
      `${what} has both ${issuer.name} and ${domain.name}: one of them says it all`,
    );
  }
  if (domain === undefined) return issuer;
  checkShape(
    domain,
    /^[\w-]+(\.[\w-]+)+$/.test(domain.value),
    'a domain such as acme.eu.auth0.com',
    home,
  );
  return { ...domain, value: `https://${domain.value}/` };
}

function build(parts: {
  readonly find: Find;
  readonly name: NamedSetting | undefined;
  readonly issuer: NamedSetting;
  readonly clientId: NamedSetting;
  readonly signInCommand: string;
  readonly trust: CaBundleSources;
}): ResolvedOidcSession {
  const { find, name, issuer, clientId, signInCommand, trust } = parts;
  const { home } = trust;
  const caBundle = resolveCaBundle(trust);
  checkShape(issuer, isIssuer(issuer.value), 'an https URL without query', home);
  const flow = oneOf(find('flow'), ['auto', 'browser', 'device'], 'auto', home);
  const token = oneOf(find('token'), ['id_token', 'access_token'], 'id_token', home);
  const redirectHost = oneOf(find('redirect_host'), ['127.0.0.1', 'localhost'], '127.0.0.1', home);
  const scopes = find('scopes');
  const scopeList = (scopes?.value ?? defaultScopes).split(/[\s,]+/).filter(Boolean);
  if (scopes !== undefined) {
    const isEnough = token === 'access_token' || scopeList.includes('openid');
    checkShape(
      scopes,
      isEnough,
      'enough: openid is missing, without which there is no id_token',
      home,
    );
  }
  const ports = find('redirect_ports');
  const portList = (ports?.value ?? '0').split(/[\s,]+/).filter(Boolean);
  if (ports !== undefined) {
    checkShape(
      ports,
      portList.length > 0 && portList.every(isPort),
      'a list of ports such as 8400 8401',
      home,
    );
  }
  const audience = find('audience');
  const secret = find('client_secret');
  const extra = extraKeys.map(find).filter((setting) => setting !== undefined);
  const session: OidcSession = {
    kind: 'oidc',
    ...(name === undefined ? {} : { name: name.value }),
    issuer: issuer.value,
    clientId: clientId.value,
    ...(secret === undefined ? {} : { clientSecret: secret.value }),
    ...(audience === undefined ? {} : { audience: audience.value }),
    scopes: scopeList.join(' '),
    flow,
    redirectPorts: portList.map(Number),
    redirectHost,
    token,
    extraParameters: Object.fromEntries(extra.map((setting) => [setting.name, setting.value])),
    signInCommand,
    ...(caBundle === undefined ? {} : { caBundle }),
  };
  const shownSecret = secret === undefined ? undefined : { ...secret, value: '(hidden)' };
  const choices = ['flow', 'token', 'redirect_host'].map(find);
  const settings = [
    name,
    issuer,
    clientId,
    audience,
    scopes,
    ...choices,
    ports,
    shownSecret,
    ...extra,
    caBundleSetting(trust),
  ];
  return { session, settings: settings.filter((setting) => setting !== undefined) };
}

/**
 * OpenID Connect Discovery 1.0, 3: https, no query, no fragment; and no password, which would be shown
 * wherever the issuer is. Plain http to this machine only.
 */
export function isIssuer(value: string): boolean {
  const url = URL.canParse(value) ? new URL(value) : undefined;
  if (url === undefined || url.search !== '' || url.hash !== '') return false;
  if (url.username !== '' || url.password !== '') return false;
  return url.protocol === 'https:' || (url.protocol === 'http:' && isLoopback(url));
}

function oneOf<T extends string>(
  setting: NamedSetting | undefined,
  allowed: readonly T[],
  otherwise: T,
  home: string | undefined,
): T {
  if (setting === undefined) return otherwise;
  const value = allowed.find((each) => each === setting.value);
  checkShape(setting, value !== undefined, `one of ${allowed.join(', ')}`, home);
  return value ?? otherwise;
}
