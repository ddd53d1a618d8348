import { isSsoCredError } from '../model/errors.ts';
import type { ConfigSection } from './config-section.ts';
import { readCredentialCommand } from './credential-command.ts';
import type { SectionEdit } from './edit-aws-config.ts';
import { findKey } from './find-key.ts';
import type { SharedConfig } from './load-config.ts';
import { namedProfile } from './named-profile.ts';
import { isPortableName, isPortableValue } from './portable-form.ts';
import { checkReplaceable, ssoProfileEdit } from './profile-edits.ts';
import { roleKeys } from './resolve-profile.ts';
import { isRegion, isStartUrl, sessionKeys } from './resolve-session.ts';

/** What can be made of a profile. */
export type ImportCase =
  /** Of another tool, or in AWS's own words. */
  | { readonly kind: 'foreign'; readonly role: ForeignRole; readonly from: string }
  /** In our words already. */
  | { readonly kind: 'ours' }
  /** It means a role of Identity Center, and cannot be taken over for this reason. */
  | { readonly kind: 'stuck'; readonly reason: string }
  /** It means no role of Identity Center. */
  | { readonly kind: 'other' };

/** A role, as another tool's profile means it. */
interface ForeignRole {
  readonly accountId: string;
  readonly roleName: string;
  /** A session by its name, or what a session is made of. */
  readonly session:
    | { readonly name: string }
    | { readonly startUrl: string; readonly region: string };
}

/** What an import goes by beside the profile. */
export interface ImportSources {
  readonly config: Pick<SharedConfig, 'profile' | 'ssoSession' | 'oidcSession' | 'names'>;
  /** The session of profiles that tell none. */
  readonly session: string | undefined;
  /** The config file's, as origins have it. */
  readonly configPath: string;
  readonly home: string | undefined;
  readonly platform: NodeJS.Platform;
}

/** Another tool's `credential_process`. */
interface ForeignLine {
  readonly tool: string;
  /** What its options say, by ours. */
  readonly says: Readonly<Record<string, string | undefined>>;
  /** The profile that it names; undefined where it names none. */
  readonly profile: string | undefined;
}

/** Tells what can be made of a profile. */
export function judgeImport(profile: ConfigSection, sources: ImportSources): ImportCase {
  const { platform } = sources;
  const line = findKey(profile, ['credential_process']);
  const foreign = line === undefined ? undefined : readForeignLine(line.value, platform);
  const isOurLine = namedProfile(profile, platform) !== undefined;
  const native = [...Object.values(roleKeys), ...Object.values(sessionKeys)].flatMap((keys) =>
    keys.slice(1),
  );
  const hasNative = findKey(profile, native) !== undefined;
  if (foreign === undefined && !hasNative) {
    return isOurLine || findKey(profile, ['sso_cred_session']) !== undefined
      ? { kind: 'ours' }
      : { kind: 'other' };
  }
  const stuck = (reason: string) => ({ kind: 'stuck', reason }) as const;
  if (line !== undefined && foreign === undefined && !isOurLine) {
    return stuck('its credential_process is a program that is not known here');
  }
  const named = foreign?.profile ?? namedProfile(profile, platform);
  if (named !== undefined && named !== profile.name) {
    return stuck(`its credential_process names another profile, "${named}"`);
  }
  if (!isPortableName(profile.name)) return stuck('its name is one that not every SDK takes');
  try {
    checkReplaceable(profile, sources.configPath, sources.home);
  } catch (error) {
    if (isSsoCredError(error)) return stuck(error.message);
    throw error;
  }
  const value = (keys: readonly string[], option: string) =>
    findKey(profile, keys)?.value ?? foreign?.says[option];
  const accountId = value(roleKeys.accountId, 'account-id');
  const roleName = value(roleKeys.roleName, 'role-name');
  if (accountId === undefined && roleName === undefined && !hasNative) return { kind: 'other' };
  if (accountId === undefined || !/^\d{12}$/.test(accountId)) return stuck('it names no account');
  if (roleName === undefined || !/^[\w+=,.@-]{1,64}$/.test(roleName)) {
    return stuck('it names no role');
  }
  const session = sessionOf(profile, foreign, sources);
  if (typeof session === 'string') return stuck(session);
  const from = foreign?.tool ?? (findKey(profile, ['granted_sso_account_id']) ? 'granted' : 'AWS');
  return { kind: 'foreign', role: { accountId, roleName, session }, from };
}

/** The session, or why there is none. */
function sessionOf(
  profile: ConfigSection,
  foreign: ForeignLine | undefined,
  { config, session }: ImportSources,
): ForeignRole['session'] | string {
  const name = findKey(profile, sessionKeys.session)?.value;
  if (name !== undefined) {
    return config.ssoSession(name) === undefined
      ? `it names [sso-session ${name}], which is not there`
      : { name };
  }
  const startUrl = findKey(profile, sessionKeys.startUrl)?.value ?? foreign?.says['start-url'];
  const region = findKey(profile, sessionKeys.region)?.value ?? foreign?.says['sso-region'];
  if (startUrl !== undefined && region !== undefined) {
    const isGood = isStartUrl(startUrl) && isPortableValue(startUrl) && isRegion(region);
    return isGood ? { startUrl, region } : 'its start URL or region is not one';
  }
  if (session !== undefined) return { name: session };
  return startUrl === undefined
    ? 'it does not tell its start URL: --session NAME says which session it is of'
    : 'it does not tell the region of its start URL: --session NAME says which session it is of';
}

/**
 * The edits that turn profiles into ours, in place, with the sessions that they need. A start URL
 * becomes a session, the one of the config that has it or a new one: without a session there is no
 * refresh.
 * @param nameFor a name for a new session
 */
export function planImport(
  names: readonly string[],
  sources: ImportSources,
  commandLine: (profile: string) => string,
  nameFor: (startUrl: string, isTaken: (name: string) => boolean) => string,
): readonly SectionEdit[] {
  const { config, platform } = sources;
  const sessions = new Map<string, string>();
  for (const name of config.names('sso-session')) {
    const section = config.ssoSession(name);
    const startUrl = section && findKey(section, ['sso_start_url'])?.value;
    const region = section && findKey(section, ['sso_region'])?.value;
    if (startUrl === undefined || region === undefined) continue;
    const key = sessionKey(startUrl, region);
    if (!sessions.has(key)) sessions.set(key, name);
  }
  const made: SectionEdit[] = [];
  const isTaken = (name: string) =>
    config.ssoSession(name) !== undefined ||
    config.oidcSession(name) !== undefined ||
    made.some((edit) => edit.name === name);
  const nameOf = (session: ForeignRole['session']): string => {
    if ('name' in session) return session.name;
    const { startUrl, region } = session;
    const key = sessionKey(startUrl, region);
    const known = sessions.get(key);
    if (known !== undefined) return known;
    const name = nameFor(startUrl, isTaken);
    sessions.set(key, name);
    made.push({
      type: 'sso-session',
      name,
      properties: {
        sso_start_url: startUrl,
        sso_region: region,
        sso_registration_scopes: 'sso:account:access',
      },
    });
    return name;
  };
  const edits = names.flatMap((name) => {
    const profile = config.profile(name);
    const judged = profile === undefined ? undefined : judgeImport(profile, sources);
    if (profile === undefined || judged?.kind !== 'foreign') return [];
    const { accountId, roleName, session } = judged.role;
    return [
      ssoProfileEdit({
        name,
        commandLine: namedProfile(profile, platform) === name ? undefined : commandLine(name),
        region: undefined,
        output: undefined,
        session: nameOf(session),
        accountId,
        roleName,
        populatedBy: undefined,
      }),
    ];
  });
  return [...made, ...edits];
}

/** Start URLs that differ in how they end are one: `/start`, `/start/`, `/start/#/`. */
function sessionKey(startUrl: string, region: string): string {
  return `${startUrl.replace(/[/#]+$/, '').toLowerCase()} ${region}`;
}

/** What a known tool's line says; undefined for any other line. */
function readForeignLine(line: string, platform: NodeJS.Platform): ForeignLine | undefined {
  const { words } = readCredentialCommand(line, platform);
  const tool = /(?:^|[/\\])([\w-]+)(?:\.exe)?$/i.exec(words[0] ?? '')?.[1]?.toLowerCase();
  const known = tool === undefined ? undefined : tools[tool];
  if (tool === undefined || known === undefined || !words.includes(known.command)) return undefined;
  if (known.endsInProfile === true && words.at(-1)?.startsWith('-') === true) return undefined;
  const says: Record<string, string | undefined> = {};
  for (const [index, word] of words.entries()) {
    const [option = '', value = words[index + 1]] = word.split(/=(.*)/s);
    const ours = Object.hasOwn(known.options, option) ? known.options[option] : undefined;
    if (ours !== undefined) says[ours] = value;
  }
  const arn = /^arn:aws[a-z-]*:iam::(\d{12}):role\/(?:.*\/)?([^/]+)$/.exec(says['arn'] ?? '');
  if (arn !== null) {
    says['account-id'] = arn[1];
    says['role-name'] = arn[2];
  }
  return { tool, says, profile: known.endsInProfile === true ? words.at(-1) : says['profile'] };
}

/** A tool whose lines are known. */
interface KnownTool {
  /** The word that asks it for credentials. */
  readonly command: string;
  /** Its options, by ours. */
  readonly options: Readonly<Record<string, string>>;
  /** Whether the last word is the profile. */
  readonly endsInProfile?: true;
}

const tools: Readonly<Partial<Record<string, KnownTool>>> = {
  'aws-vault': { command: 'export', options: {}, endsInProfile: true },
  granted: {
    command: 'credential-process',
    options: { '--profile': 'profile' },
  },
  'aws-sso-util': {
    command: 'credential-process',
    options: {
      '--profile': 'profile',
      '--start-url': 'start-url',
      '-u': 'start-url',
      '--region': 'sso-region',
      '--sso-region': 'sso-region',
      '--account-id': 'account-id',
      '--account': 'account-id',
      '-a': 'account-id',
      '--role-name': 'role-name',
      '--role': 'role-name',
      '-r': 'role-name',
    },
  },
  'aws-sso': {
    command: 'process',
    options: {
      '--arn': 'arn',
      '-a': 'arn',
      '--account': 'account-id',
      '-A': 'account-id',
      '--role': 'role-name',
      '-R': 'role-name',
    },
  },
};
