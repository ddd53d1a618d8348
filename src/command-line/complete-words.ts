import type { SectionType } from '../config/config-section.ts';
import type { LocationOptions } from '../config/locate.ts';
import type { Command } from './define-command.ts';
import { findCommand } from './find-command.ts';
import type { Flag } from './flags.ts';
import type { Commands } from './registry.ts';

/** A word that could stand at the cursor, and what it means. */
export interface Candidate {
  readonly word: string;
  readonly meaning?: string;
}

/** What could stand at the cursor; the shell itself knows files, and what is behind the `--` of exec. */
export type Completion =
  | { readonly kind: 'words'; readonly words: readonly Candidate[] }
  | { readonly kind: 'files' | 'directories' | 'command' };

/** Looks up the names of sections in the config, at the places that the command line names. */
export type NamesOf = (types: readonly SectionType[], places: LocationOptions) => readonly string[];

/** Flags whose value is the name of a section. */
const sectionFlags: Readonly<Record<string, readonly SectionType[]>> = {
  profile: ['profile'],
  session: ['sso-session', 'oidc-session'],
};

/** Flags whose value is a path. */
const pathFlags: Readonly<Record<string, 'files' | 'directories'>> = {
  'config-file': 'files',
  'credentials-file': 'files',
  'cache-dir': 'directories',
};

/**
 * What could stand at the end of a command line that is being typed.
 * @param words behind the program's name; the last one is being typed
 */
export function completeWords(
  words: readonly string[],
  [unnamed, ...others]: Commands,
  namesOf: NamesOf,
): Completion {
  const named = others.filter(({ isInternal }) => isInternal !== true);
  const before = words.slice(0, -1);
  const current = words.at(-1) ?? '';
  const firstOption = before.findIndex((word) => word.startsWith('-'));
  const leading = firstOption === -1 ? before : before.slice(0, firstOption);
  const isNamed = leading.length > 0;
  const command = isNamed ? findCommand(leading, named) : unnamed;
  // The first of two words, or a mistake: nothing but another word helps.
  if (command === undefined) return matching(current, nextWords(before, named));
  if (command.takesRest === true && before.includes('--')) return { kind: 'command' };

  const [start = '', name] = /^--([^=]+)=/.exec(current) ?? [];
  const previous = before.at(-1) ?? '';
  const asked = name ?? (previous.startsWith('--') ? previous.slice(2) : '');
  const flag = Object.hasOwn(command.flags, asked) ? command.flags[asked] : undefined;
  if (flag?.type === 'string') {
    return valuesOf(asked, flag, { start, current, places: placesIn(before), namesOf });
  }
  const isOption = current.startsWith('-');
  return matching(current, [
    ...(isOption || firstOption !== -1 ? [] : nextWords(before, named)),
    ...(isOption ? [] : operandsOf(command, before)),
    ...(isOption || before.length > 0 ? optionsOf(command, before) : []),
  ]);
}

/** The next word of each command that the words before begin to name. */
function nextWords(before: readonly string[], named: readonly Command[]): readonly Candidate[] {
  const next = new Map<string, string>();
  for (const { name, description } of named) {
    const parts = name.split(' ');
    const word = parts[before.length];
    if (word === undefined || before.some((each, index) => each !== parts[index])) continue;
    const isWhole = parts.length === before.length + 1;
    if (isWhole || !next.has(word)) next.set(word, isWhole ? description : '…');
  }
  return [...next].map(([word, meaning]) => ({ word, meaning }));
}

function operandsOf(command: Command, before: readonly string[]): readonly Candidate[] {
  const isFirst = before.length === command.name.split(' ').length;
  return isFirst ? (command.operandValues ?? []).map((word) => ({ word })) : [];
}

/** The options that are not there yet; each may be given once. */
function optionsOf(command: Command, before: readonly string[]): readonly Candidate[] {
  const given = new Set(before.map((word) => word.replace(/=.*/s, '')));
  const flags = Object.entries(command.flags).map(([name, { describe }]) => ({
    word: `--${name}`,
    meaning: describe,
  }));
  const others = [
    ...(command.takesRest === true ? [{ word: '--', meaning: 'The command follows' }] : []),
    { word: '--help', meaning: 'Show what the command takes' },
  ];
  return [...flags, ...others].filter(({ word }) => !given.has(word));
}

interface ValueAt {
  /** `--name=`, where the value is in one word with it. */
  readonly start: string;
  readonly current: string;
  readonly places: LocationOptions;
  readonly namesOf: NamesOf;
}

function valuesOf(
  name: string,
  flag: Flag,
  { start, current, places, namesOf }: ValueAt,
): Completion {
  const path = Object.hasOwn(pathFlags, name) ? pathFlags[name] : undefined;
  if (path !== undefined) return { kind: path };
  const types = Object.hasOwn(sectionFlags, name) ? sectionFlags[name] : undefined;
  const values = types === undefined ? (flag.values ?? []) : namesOf(types, places);
  return matching(
    current,
    values.map((value) => ({ word: `${start}${value}` })),
  );
}

function matching(current: string, words: readonly Candidate[]): Completion {
  return { kind: 'words', words: words.filter(({ word }) => word.startsWith(current)) };
}

/** Where the config is, if the command line says so. */
function placesIn(before: readonly string[]): LocationOptions {
  const givenTo = (name: string) => {
    const at = before.findIndex((word) => word === name || word.startsWith(`${name}=`));
    const word = before[at];
    return word === name ? before[at + 1] : word?.slice(name.length + 1);
  };
  return { configFile: givenTo('--config-file'), credentialsFile: givenTo('--credentials-file') };
}
