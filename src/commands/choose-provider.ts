import type { ConfigSection } from '../config/config-section.ts';
import { checkShape, describeSection, findKey } from '../config/find-key.ts';
import { isPortableName, isPortableValue } from '../config/portable-form.ts';
import { isIssuer, oidcSessionOfFlags } from '../config/resolve-oidc-session.ts';
import { fromFlag, isPort } from '../config/resolve-session.ts';
import { cleanText } from '../model/clean-text.ts';
import { SsoCredError } from '../model/errors.ts';
import { type ChosenSession, nameOfHost, nameWanted } from './choose-session.ts';
import type { OpenCall } from './open-call.ts';
import type { Questions } from './questions.ts';

/** What the command line says of a session at an OpenID provider. */
export interface ProviderFlagsToWrite {
  readonly session: string | undefined;
  readonly issuer: string | undefined;
  readonly auth0Domain: string | undefined;
  readonly clientId: string | undefined;
  readonly audience: string | undefined;
  readonly scopes: string | undefined;
  readonly token: 'id_token' | 'access_token' | undefined;
  readonly redirectPorts: string | undefined;
  readonly redirectHost: '127.0.0.1' | 'localhost' | undefined;
  readonly organization: string | undefined;
  readonly connection: string | undefined;
}

const issuerWanted = 'an https URL without query, or a domain such as acme.eu.auth0.com';
const portsWanted = 'a list of ports such as 8400 8401';

/** Providers that compare the callback URL to the letter, with its port. */
const exactHosts = /(?:^|\.)(?:auth0\.com|okta\.com|oktapreview\.com|okta-emea\.com)$/;
const usualPorts = '8400 8401';

/** The provider that wants a secret of a program that cannot keep one. */
const wantsSecret = 'https://accounts.google.com';

/** Each flag and its key, in the order in which they are written. */
function keysOf(flags: ProviderFlagsToWrite): readonly (readonly [string, string, string?])[] {
  return [
    ['--issuer', 'issuer', flags.issuer],
    ['--auth0-domain', 'auth0_domain', flags.auth0Domain],
    ['--client-id', 'client_id', flags.clientId],
    ['--audience', 'audience', flags.audience],
    ['--scopes', 'scopes', flags.scopes],
    ['--token', 'token', flags.token],
    ['--redirect-ports', 'redirect_ports', flags.redirectPorts],
    ['--redirect-host', 'redirect_host', flags.redirectHost],
    ['--organization', 'organization', flags.organization],
    ['--connection', 'connection', flags.connection],
  ].map(([flag = '', key = '', value]) => (value === undefined ? [flag, key] : [flag, key, value]));
}

/**
 * Which session at an OpenID provider is meant: one of the config, by its name alone, or a new one.
 * @throws InvalidUsage naming the flag
 */
export async function chooseProvider(
  flags: ProviderFlagsToWrite,
  opened: OpenCall,
  questions: Questions,
): Promise<ChosenSession> {
  checkFlags(flags, opened);
  const { config } = opened.sources;
  let name = flags.session;
  if (name === undefined && flags.issuer === undefined && flags.auth0Domain === undefined) {
    const names = config.names('oidc-session');
    if (names.length > 0) name = await askForSession(names, opened, questions);
  }
  const section = name === undefined ? undefined : config.oidcSession(name);
  if (name !== undefined && section !== undefined) {
    checkAgreement(section, flags, opened);
    return { name, edit: undefined };
  }
  return await newSession(name, flags, opened, questions);
}

function checkFlags(flags: ProviderFlagsToWrite, { sources }: OpenCall): void {
  const { config, home } = sources;
  const { session, issuer, auth0Domain, scopes, token, redirectPorts } = flags;
  if (session !== undefined) {
    checkShape(fromFlag('--session', session), isPortableName(session), nameWanted, home);
    const other = config.ssoSession(session);
    if (other !== undefined) {
      throw new SsoCredError(
        'InvalidUsage',
        `--session names a session of Identity Center: ${describeSection(other, home)}`,
      );
    }
  }
  if (redirectPorts !== undefined) {
    checkShape(
      fromFlag('--redirect-ports', redirectPorts),
      arePorts(redirectPorts),
      portsWanted,
      home,
    );
  }
  for (const [flag, , value] of keysOf(flags)) {
    if (value === undefined) continue;
    checkShape(fromFlag(flag, value), isPortableValue(value), 'a text of one line', home);
  }
  if (issuer === undefined && auth0Domain === undefined) return;
  // An access token needs no openid among the scopes.
  const asked = token === 'access_token' ? undefined : scopes;
  const clientId = flags.clientId ?? 'not said yet';
  oidcSessionOfFlags({ issuer, auth0Domain, clientId, scopes: asked }, sources);
}

function arePorts(text: string): boolean {
  const ports = text.split(/[\s,]+/).filter(Boolean);
  return ports.length > 0 && ports.every(isPort);
}

/** Undefined for a new one. */
async function askForSession(
  names: readonly string[],
  { sources }: OpenCall,
  questions: Questions,
): Promise<string | undefined> {
  const dialog = await questions.instead('--session');
  const choices = names.map((name) => {
    const section = sources.config.oidcSession(name);
    const url = section && findKey(section, ['issuer', 'auth0_domain'])?.value;
    return { value: name, name: cleanText(`${name}  ${url ?? ''}`) };
  });
  return await dialog.choose<string | undefined>('Session', [
    ...choices,
    { value: undefined, name: 'A new one, at another provider' },
  ]);
}

/** A session is used by its name; what is said of it beside must be what it says itself. */
function checkAgreement(
  section: ConfigSection,
  flags: ProviderFlagsToWrite,
  { sources: { home } }: OpenCall,
): void {
  for (const [flag, key, value] of keysOf(flags)) {
    if (value === undefined || findKey(section, [key])?.value === value) continue;
    throw new SsoCredError(
      'InvalidUsage',
      `${flag} is not the ${key} of ${describeSection(section, home)}: leave it out, or take another --session`,
    );
  }
}

async function newSession(
  wantedName: string | undefined,
  given: ProviderFlagsToWrite,
  { sources: { config } }: OpenCall,
  questions: Questions,
): Promise<ChosenSession> {
  const flags = { ...given, ...(await askForProvider(given, questions)) };
  const issuer = flags.issuer ?? `https://${flags.auth0Domain}/`;
  const { host } = new URL(issuer);
  const clientId =
    flags.clientId ??
    (await (
      await questions.instead('--client-id')
    ).text({
      message: 'Client id of the application there',
      check: (answer) => (isPortableValue(answer) ? undefined : 'Not a client id'),
    }));
  const redirectPorts = flags.redirectPorts ?? (await askForPorts(host, questions));
  const secret = issuer === wantsSecret ? await askForSecret(questions) : undefined;
  const isTaken = (name: string) =>
    config.ssoSession(name) !== undefined || config.oidcSession(name) !== undefined;
  const name =
    wantedName ??
    (await (
      await questions.instead('--session')
    ).text({
      message: 'Name of the session',
      offered: nameOfHost(issuer, isTaken),
      check: (answer) => {
        if (!isPortableName(answer)) return `Not ${nameWanted}`;
        return isTaken(answer) ? 'There is a session of that name already' : undefined;
      },
    }));
  const keys = keysOf({ ...flags, clientId, redirectPorts });
  const properties = Object.fromEntries(keys.map(([, key, value]) => [key, value]));
  return {
    name,
    edit: { type: 'oidc-session', name, properties: { ...properties, client_secret: secret } },
  };
}

async function askForProvider(
  { issuer, auth0Domain }: ProviderFlagsToWrite,
  questions: Questions,
): Promise<Partial<Pick<ProviderFlagsToWrite, 'issuer' | 'auth0Domain'>>> {
  if (issuer !== undefined || auth0Domain !== undefined) return {};
  const dialog = await questions.instead('--issuer or --auth0-domain');
  const isDomain = (answer: string) => /^[\w-]+(?:\.[\w-]+)*\.auth0\.com$/.test(answer);
  const answer = await dialog.text({
    message: 'Issuer of the provider, or domain of the Auth0 tenant',
    check: (text) =>
      isDomain(text) || (isIssuer(text) && isPortableValue(text))
        ? undefined
        : `Not ${issuerWanted}`,
  });
  return isDomain(answer) ? { auth0Domain: answer } : { issuer: answer };
}

/** Only where the provider wants fixed ports, and there is somebody to ask. */
async function askForPorts(host: string, questions: Questions): Promise<string | undefined> {
  if (!exactHosts.test(host) || !questions.wasAsked()) return undefined;
  const dialog = await questions.instead('--redirect-ports');
  return await dialog.text({
    message: 'Ports of the callback URLs that are registered there',
    offered: usualPorts,
    check: (answer) => (arePorts(answer) ? undefined : `Not ${portsWanted}`),
  });
}

/** No flag says it: command lines are seen by others. */
async function askForSecret(questions: Questions): Promise<string | undefined> {
  const dialog = await questions.ifAny();
  const secret = await dialog?.secret('Client secret of the application there');
  return secret === '' ? undefined : secret;
}
