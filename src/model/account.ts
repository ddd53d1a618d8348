import { matchesGlob } from './glob.ts';

/** An account of AWS, as Identity Center lists it. */
export interface Account {
  /** Twelve digits. */
  readonly accountId: string;
  /** As its owner typed it: any characters. Empty where AWS gives none. */
  readonly accountName: string;
  readonly emailAddress: string;
}

/** An account, and the roles (permission sets) that a person has in it. */
export interface AccountRoles {
  readonly account: Account;
  readonly roleNames: readonly string[];
}

/** Whether the name, id or e-mail address is of one of these patterns; any is, where there are none. */
export function isWantedAccount(account: Account, patterns: readonly string[]): boolean {
  const { accountId, accountName, emailAddress } = account;
  return [accountId, accountName, emailAddress].some((text) => isWanted(text, patterns));
}

/** Whether a name is of one of these patterns; any is, where there are none. */
export function isWanted(name: string, patterns: readonly string[]): boolean {
  return patterns.length === 0 || patterns.some((pattern) => matchesGlob(pattern, name));
}

/** Orders accounts by name, then by id; alike on every system. */
export function byName(a: Account, b: Account): number {
  const one = `${a.accountName.toLowerCase()}\0${a.accountId}`;
  const other = `${b.accountName.toLowerCase()}\0${b.accountId}`;
  return one < other ? -1 : one > other ? 1 : 0;
}
