import type { ConfigSection } from '../config/config-section.ts';
import type { SectionEdit } from '../config/edit-aws-config.ts';
import { checkShape, describeSection, findKey } from '../config/find-key.ts';
import { isPortableName, isPortableValue } from '../config/portable-form.ts';
import { fromFlag, isRegion, isStartUrl, regionOf } from '../config/resolve-session.ts';
import { cleanText } from '../model/clean-text.ts';
import { SsoCredError } from '../model/errors.ts';
import type { OpenCall } from './open-call.ts';
import type { Questions } from './questions.ts';

/** What the command line says of a session of Identity Center. */
export interface SessionFlagsToWrite {
  readonly session: string | undefined;
  readonly startUrl: string | undefined;
  readonly ssoRegion: string | undefined;
  readonly scopes: string | undefined;
}

/** A session that is there, or the section that makes it. */
export interface ChosenSession {
  readonly name: string;
  readonly edit: SectionEdit | undefined;
}

const defaultScopes = 'sso:account:access';
const urlWanted = 'an https URL such as https://corp.awsapps.com/start';
const regionWanted = 'a region such as eu-west-1';
export const nameWanted = 'a name of letters, digits and _.@+%:/-';

/**
 * Which session is meant: one of the config, by its name alone, or a new one.
 * @throws InvalidUsage naming the flag
 */
export async function chooseSession(
  flags: SessionFlagsToWrite,
  opened: OpenCall,
  questions: Questions,
): Promise<ChosenSession> {
  checkFlags(flags, opened);
  const { config } = opened.sources;
  let name = flags.session;
  if (name === undefined && flags.startUrl === undefined) {
    const names = config.names('sso-session');
    if (names.length > 0) name = await askForSession(names, opened, questions);
  }
  const section = name === undefined ? undefined : config.ssoSession(name);
  if (name !== undefined && section !== undefined) {
    checkAgreement(section, flags, opened);
    return { name, edit: undefined };
  }
  return await newSession(name, flags, opened, questions);
}

function checkFlags({ session, startUrl, ssoRegion }: SessionFlagsToWrite, opened: OpenCall): void {
  const { config, home } = opened.sources;
  const check = (flag: string, value: string | undefined, isGood: boolean, wanted: string) => {
    if (value !== undefined) checkShape(fromFlag(flag, value), isGood, wanted, home);
  };
  check('--session', session, isPortableName(session ?? ''), nameWanted);
  check('--start-url', startUrl, isUrlToWrite(startUrl ?? ''), urlWanted);
  check('--sso-region', ssoRegion, isRegion(ssoRegion ?? ''), regionWanted);
  const other = session === undefined ? undefined : config.oidcSession(session);
  if (other === undefined) return;
  throw new SsoCredError(
    'InvalidUsage',
    `--session names a session of an OpenID provider: ${describeSection(other, home)}`,
  );
}

function isUrlToWrite(value: string): boolean {
  return isStartUrl(value) && isPortableValue(value);
}

/** Undefined for a new one. */
async function askForSession(
  names: readonly string[],
  { sources }: OpenCall,
  questions: Questions,
): Promise<string | undefined> {
  const dialog = await questions.instead('--session');
  const choices = names.map((name) => {
    const section = sources.config.ssoSession(name);
    const url = section && findKey(section, ['sso_start_url'])?.value;
    return { value: name, name: cleanText(`${name}  ${url ?? ''}`) };
  });
  return await dialog.choose<string | undefined>('Session', [
    ...choices,
    { value: undefined, name: 'A new one, for another start URL' },
  ]);
}

/** A session is used by its name; what is said of it beside must be what it says itself. */
function checkAgreement(
  section: ConfigSection,
  flags: SessionFlagsToWrite,
  { sources: { home } }: OpenCall,
): void {
  const pairs = [
    ['--start-url', flags.startUrl, 'sso_start_url'],
    ['--sso-region', flags.ssoRegion, 'sso_region'],
    ['--scopes', flags.scopes, 'sso_registration_scopes'],
  ] as const;
  for (const [flag, value, key] of pairs) {
    if (value === undefined || findKey(section, [key])?.value === value) continue;
    throw new SsoCredError(
      'InvalidUsage',
      `${flag} is not the ${key} of ${describeSection(section, home)}: leave it out, or take another --session`,
    );
  }
}

async function newSession(
  wantedName: string | undefined,
  flags: SessionFlagsToWrite,
  { sources: { config, env } }: OpenCall,
  questions: Questions,
): Promise<ChosenSession> {
  const startUrl =
    flags.startUrl ??
    (await (
      await questions.instead('--start-url')
    ).text({
      message: 'Start URL',
      check: (answer) => (isUrlToWrite(answer) ? undefined : `Not ${urlWanted}`),
    }));
  const region =
    flags.ssoRegion ??
    (await (
      await questions.instead('--sso-region')
    ).text({
      message: 'Region of Identity Center',
      offered: regionOfStartUrl(startUrl) ?? regionOf(env)?.value,
      check: (answer) => (isRegion(answer) ? undefined : `Not ${regionWanted}`),
    }));
  const isTaken = (name: string) =>
    config.ssoSession(name) !== undefined || config.oidcSession(name) !== undefined;
  const name =
    wantedName ??
    (await (
      await questions.instead('--session')
    ).text({
      message: 'Name of the session',
      offered: nameOfHost(startUrl, isTaken),
      check: (answer) => {
        if (!isPortableName(answer)) return `Not ${nameWanted}`;
        return isTaken(answer) ? 'There is a session of that name already' : undefined;
      },
    }));
  return {
    name,
    edit: {
      type: 'sso-session',
      name,
      properties: {
        sso_start_url: startUrl,
        sso_region: region,
        sso_registration_scopes: flags.scopes ?? defaultScopes,
      },
    },
  };
}

/** The region that newer start URLs name: `https://ssoins-….portal.eu-west-1.app.aws`. */
function regionOfStartUrl(startUrl: string): string | undefined {
  const region = /\.portal\.([a-z0-9-]+)\.app\.aws$/.exec(new URL(startUrl).hostname)?.[1];
  return region !== undefined && isRegion(region) ? region : undefined;
}

/** A name after the host: `corp` for https://corp.awsapps.com/start, with a number where it is taken. */
export function nameOfHost(url: string, isTaken: (name: string) => boolean): string {
  const [label = ''] = new URL(url).hostname.split('.');
  const name = isPortableName(label) && !/^\d+$/.test(label) ? label : 'sso';
  for (let number = 2; ; number += 1) {
    const candidate = number === 2 ? name : `${name}-${number - 1}`;
    if (!isTaken(candidate)) return candidate;
  }
}
