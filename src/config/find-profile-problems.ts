import { affectedGroups, type ClashBehaviour, clashBehaviours } from '../model/clash-behaviour.ts';
import { cleanText } from '../model/clean-text.ts';
import { isSsoCredError } from '../model/errors.ts';
import type { Finding } from '../model/finding.ts';
import type { Origin } from '../model/origin.ts';
import { nameSdks } from '../model/sdks.ts';
import { quoted } from '../model/shell-word.ts';
import type { ConfigSection } from './config-section.ts';
import {
  type CredentialCommand,
  ownCommand,
  profileOfCommand,
  readCredentialCommand,
} from './credential-command.ts';
import { findClashes } from './find-clashes.ts';
import { findKey, type NamedSetting } from './find-key.ts';
import { findUnknownKeys } from './find-unknown-keys.ts';
import { nearestName } from './nearest-name.ts';
import { resolveProfile, roleKeys } from './resolve-profile.ts';
import { type Sources, sessionKeys } from './resolve-session.ts';

/** What profiles are judged by. */
interface ProfileSurroundings {
  readonly sources: Sources;
  /** Absolute; undefined without a home. */
  readonly credentialsFile: string | undefined;
  readonly platform: NodeJS.Platform;
  /** The options of a call for credentials, without their dashes. */
  readonly flags: readonly string[];
}

/** A profile whose `credential_process` runs sso-cred. */
export interface ServedProfile {
  readonly name: string;
  readonly setting: NamedSetting;
  readonly command: CredentialCommand;
  /** What sso-cred is told. */
  readonly args: readonly string[];
  /** The program, as the command names it. */
  readonly program: string;
  /** What runs that, such as npx; undefined for none. */
  readonly runner: string | undefined;
}

/** What makes a profile one that has somebody's credentials of its own. */
const ownKeys = [
  ...Object.values(roleKeys).flat(),
  ...Object.values(sessionKeys).flat(),
  'sso_cred_oidc_session',
  'sso_cred_role_arn',
];

/** The profile as one that runs us; undefined when it does not. */
export function servedProfile(
  profile: ConfigSection,
  platform: NodeJS.Platform,
): ServedProfile | undefined {
  const setting = findKey(profile, ['credential_process']);
  if (setting === undefined) return undefined;
  const command = readCredentialCommand(setting.value, platform);
  const own = ownCommand(command.words);
  if (own === undefined) return undefined;
  return { name: profile.name, setting, command, ...own };
}

/**
 * What is wrong with a profile that has to do with us: clashes, a command that some cannot run or
 * that means another profile, keys that lack or that nobody reads.
 */
export function findProfileProblems(
  profile: ConfigSection,
  surroundings: ProfileSurroundings,
): readonly Finding[] {
  const served = servedProfile(profile, surroundings.platform);
  const hasOwnKeys = findKey(profile, ownKeys.filter(isOurs)) !== undefined;
  if (served === undefined) return hasOwnKeys ? findUnknownKeys(profile) : [];
  return [
    ...clashesOf(profile, surroundings),
    ...commandProblems(served, surroundings.platform),
    ...unknownFlags(served, surroundings.flags),
    ...targetProblems(profile, served, surroundings),
    ...findUnknownKeys(profile),
  ];
}

const isProfileLess = (word: string) => /^--(?:start-url|issuer|auth0-domain)(?:=|$)/.test(word);

const isOurs = (key: string) => key.startsWith('sso_cred_');

function clashesOf(
  profile: ConfigSection,
  { credentialsFile }: ProfileSurroundings,
): readonly Finding[] {
  return findClashes(profile, credentialsFile).map(({ id, keys }): Finding => {
    const { severity, advice, command }: ClashBehaviour = clashBehaviours[id];
    const names = keys.map(({ name }) => name).join(', ');
    return {
      code: id,
      severity,
      message: `Profile "${profile.name}" has ${names} beside credential_process`,
      ...placeOf(keys[0].origin),
      affected: affectedGroups(id).map(({ how, sdks }) => ({ who: nameSdks(sdks), how })),
      advice: advice.replace('NAME', () => profile.name),
      ...(command === undefined
        ? {}
        : { command: command.replace('NAME', () => quoted(profile.name)) }),
    };
  });
}

function commandProblems(
  { name, setting, command, program }: ServedProfile,
  platform: NodeJS.Platform,
): readonly Finding[] {
  const at = placeOf(setting.origin);
  const findings: Finding[] = [];
  if (command.isOpen) {
    findings.push({
      code: 'open-quote',
      severity: 'error',
      message: `The command of profile "${name}" has a quote that is not closed`,
      ...at,
      affected: [{ who: 'All SDKs', how: 'it cannot be run' }],
    });
  }
  if (command.shellSyntax !== undefined) {
    findings.push({
      code: 'needs-shell',
      severity: 'warning',
      message: `The command of profile "${name}" has ${command.shellSyntax}, which only a shell understands`,
      ...at,
      affected: [{ who: nameSdks(['boto']), how: 'it is run without a shell, and fails' }],
      advice: 'Write plain words, and double quotes round a path with blanks',
    });
  }
  if (platform === 'win32' && command.hasSingleQuotes) {
    findings.push({
      code: 'single-quotes',
      severity: 'warning',
      message: `The command of profile "${name}" has single quotes`,
      ...at,
      affected: [{ who: 'SDKs on Windows', how: 'they are taken for a part of a word' }],
      advice: 'Write double quotes',
    });
  }
  if (/^\.{1,2}[/\\]/.test(program)) {
    findings.push({
      code: 'relative-program',
      severity: 'warning',
      message: `The command of profile "${name}" is a path that depends on the caller's directory`,
      ...at,
      affected: [{ who: 'All SDKs', how: 'it is found from one directory only' }],
      advice: 'Write the absolute path, or the name alone',
    });
  }
  return findings;
}

function unknownFlags(
  { name, args, setting }: ServedProfile,
  flags: readonly string[],
): readonly Finding[] {
  return args.flatMap((word): readonly Finding[] => {
    const flag = /^-+([^=]*)/.exec(word)?.[1];
    if (flag === undefined || (flags.includes(flag) && word.startsWith('--'))) return [];
    const nearest = nearestName(flag, flags);
    return [
      {
        code: 'unknown-option',
        severity: 'error',
        message: `The command of profile "${name}" has ${cleanText(word.replace(/=.*/s, ''), 60)}, which is no option`,
        ...placeOf(setting.origin),
        affected: [{ who: 'All SDKs', how: 'no credentials' }],
        advice: nearest === undefined ? 'Remove it' : `Did you mean --${nearest}?`,
      },
    ];
  });
}

/** Whose credentials the command gives, and whether it can. */
function targetProblems(
  profile: ConfigSection,
  { args, setting }: ServedProfile,
  { sources }: ProfileSurroundings,
): readonly Finding[] {
  const { config, home } = sources;
  const target = profileOfCommand(args);
  const at = placeOf(setting.origin);
  const isPrinting = args[0]?.startsWith('-') !== false;
  if (!isPrinting || (target === undefined && !args.some(isProfileLess))) {
    const what = isPrinting
      ? 'names no profile'
      : `is sso-cred ${args[0]}, which prints no credentials`;
    return [
      {
        code: 'command-without-profile',
        severity: 'error',
        message: `The command of profile "${profile.name}" ${what}`,
        ...at,
        affected: [{ who: 'All SDKs', how: 'no credentials' }],
        advice: `Write sso-cred --profile ${quoted(profile.name)}`,
      },
    ];
  }
  if (target === undefined) return [];
  const section = config.profile(target);
  if (section === undefined) {
    const nearest = nearestName(target, config.names('profile'));
    return [
      {
        code: 'command-names-no-profile',
        severity: 'error',
        message: `The command of profile "${profile.name}" names profile "${target}", which is not there`,
        ...at,
        advice:
          nearest === undefined ? `Write --profile ${profile.name}` : `Did you mean "${nearest}"?`,
      },
    ];
  }
  const copied = findCopiedCommand(profile, { args, setting });
  if (copied !== undefined) return [copied];
  try {
    resolveProfile({ profile: target }, { ...sources, home });
    return [];
  } catch (error) {
    if (!isSsoCredError(error)) throw error;
    const place = { file: section.path, line: section.line };
    return [{ code: 'incomplete-profile', severity: 'error', message: error.message, ...place }];
  }
}

/** A command that was copied with its section, and gives the credentials of the profile it is from. */
export function findCopiedCommand(
  profile: ConfigSection,
  { args, setting }: Pick<ServedProfile, 'args' | 'setting'>,
): Finding | undefined {
  const target = profileOfCommand(args);
  if (target === undefined || target === profile.name) return undefined;
  const own = findKey(profile, ownKeys);
  if (own === undefined) return undefined;
  return {
    code: 'copied-command',
    severity: 'error',
    message: `Profile "${profile.name}" has ${own.name} of its own, and its command gives the credentials of profile "${target}"`,
    ...placeOf(setting.origin),
    affected: [{ who: 'All SDKs', how: `they act as "${target}" there` }],
    advice: `Write --profile ${quoted(profile.name)} in its credential_process`,
  };
}

function placeOf(origin: Origin): { readonly file: string; readonly line: number } | object {
  return origin.kind === 'file' ? { file: origin.path, line: origin.line } : {};
}
