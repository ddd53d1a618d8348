import type { Account } from './account.ts';

/** A role that is to have a profile. */
export interface RoleToName {
  readonly account: Account;
  readonly roleName: string;
  /** The region that the profile is for. */
  readonly region: string;
}

/** A role with its profile's name; without one where no name is free. */
export interface NamedRole extends RoleToName {
  readonly name: string | undefined;
  /** What the template alone would have given, where that is taken. */
  readonly taken?: string;
  /** Whether a character other than a blank had to be replaced. */
  readonly isReplaced: boolean;
}

/** What a name template may ask for. */
export const nameFields = [
  'account_name',
  'account_id',
  'account_email',
  'role_name',
  'session',
  'region',
] as const;
type NameField = (typeof nameFields)[number];

/** A template in parts: text as it is, and fields. */
export type NameTemplate = readonly (string | { readonly field: NameField })[];

/** Reads `{account_name}.{role_name}`; gives the name of a field that there is not. */
export function parseTemplate(text: string): NameTemplate | { readonly unknown: string } {
  const parts: (string | { readonly field: NameField })[] = [];
  for (const part of text.split(/(\{[^{}]*\})/)) {
    const name = /^\{(.*)\}$/.exec(part)?.[1];
    const field = nameFields.find((each) => each === name);
    if (field !== undefined) parts.push({ field });
    else if (name !== undefined) return { unknown: name };
    else if (part !== '') parts.push(part);
  }
  return parts;
}

/**
 * Names profiles by a template, so that every SDK reads them and no two are alike, in capitals or not:
 * roles whose names would be alike, or are taken, get their account's id, and if need be a number, at
 * the end. Which names come out depends on nothing but this input, not even on its order.
 * @param isTaken whether a profile of that name is somebody else's
 */
export function nameProfiles(
  roles: readonly RoleToName[],
  template: NameTemplate,
  session: string,
  isTaken: (name: string) => boolean,
): readonly NamedRole[] {
  const bases = roles.map((role) => fill(template, role, session));
  const suffixes = [
    () => '',
    ({ account }: RoleToName) => `-${account.accountId}`,
    ({ account, roleName, region }: RoleToName) =>
      `-${account.accountId}-${checksum(`${roleName} ${region}`)}`,
  ];
  const names: (string | undefined)[] = roles.map(() => undefined);
  let open = roles.map((_, index) => index);
  const used = new Set<string>();
  for (const suffixOf of suffixes) {
    const tried = new Map<string, number[]>();
    for (const index of open) {
      const name = `${bases[index]?.text}${suffixOf(roles[index] as RoleToName)}`.toLowerCase();
      tried.set(name, [...(tried.get(name) ?? []), index]);
    }
    open = [];
    for (const [key, indexes] of tried) {
      const [index = 0, ...others] = indexes;
      const name = `${bases[index]?.text}${suffixOf(roles[index] as RoleToName)}`;
      if (others.length > 0 || used.has(key) || isReserved(key) || isTaken(name)) {
        open.push(...indexes);
      } else {
        used.add(key);
        names[index] = name;
      }
    }
  }
  return roles.map((role, index) => {
    const name = names[index];
    const { text = '', isReplaced = false } = bases[index] ?? {};
    return { ...role, name, isReplaced, ...(name === text ? {} : { taken: text }) };
  });
}

/** `default` is what is meant where nothing is named, and for nobody to take in passing. */
function isReserved(lowerCaseName: string): boolean {
  return lowerCaseName === 'default';
}

/** A name that is longer is cut: nobody types it, and file names are made of it. */
const maxLength = 100;

function fill(
  template: NameTemplate,
  { account, roleName, region }: RoleToName,
  session: string,
): { readonly text: string; readonly isReplaced: boolean } {
  const values: Readonly<Record<NameField, string>> = {
    account_name: account.accountName,
    account_id: account.accountId,
    account_email: account.emailAddress,
    role_name: roleName,
    session,
    region,
  };
  let isReplaced = false;
  const texts = template.map((part) => {
    if (typeof part === 'string') return part;
    const value = values[part.field];
    const safe = safePart(value);
    isReplaced ||= safe !== value.trim().replace(/\s+/g, '-');
    return safe === '' ? account.accountId : safe;
  });
  const text = texts.join('').slice(0, maxLength);
  return { text: text.replace(/^-+/, '') || account.accountId, isReplaced };
}

/** Letters that are no letter with an accent, as people write them without. */
const otherLetters: Readonly<Record<string, string>> = {
  ß: 'ss',
  æ: 'ae',
  Æ: 'AE',
  œ: 'oe',
  Œ: 'OE',
  ø: 'o',
  Ø: 'O',
  ł: 'l',
  Ł: 'L',
  đ: 'd',
  Đ: 'D',
};

/** A text as a part of a name: accents are left out, and what else is in the way becomes a dash. */
function safePart(text: string): string {
  return text
    .replace(/[ßæÆœŒøØłŁđĐ]/g, (letter) => otherLetters[letter] ?? '-')
    .normalize('NFKD')
    .replace(/\p{M}+/gu, '')
    .replace(/[^A-Za-z0-9_.@+-]+/g, '-')
    .replace(/^[-.]+|[-.]+$/g, '');
}

/** Six hex digits of a text (FNV-1a, 32 bits), to tell names apart. */
function checksum(text: string): string {
  let hash = 0x811c9dc5;
  for (const byte of new TextEncoder().encode(text)) hash = Math.imul(hash ^ byte, 0x01000193);
  return (hash >>> 0).toString(16).padStart(8, '0').slice(0, 6);
}
