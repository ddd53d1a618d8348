import { numberAt, parseJsonObject, textAt } from './json.ts';

/** What has been listed of a person's roles so far, for a listing that was interrupted. */
export interface ListingRecord {
  /** Whose roles they are (see SessionToken). */
  readonly signIn: string;
  /** When the listing began; epoch milliseconds. */
  readonly startedAt: number;
  /** The roles by account id. */
  readonly roleNames: ReadonlyMap<string, readonly string[]>;
}

const version = 1;

/** A listing that began longer ago is not gone on with: roles come and go. Milliseconds. */
const keptMs = 30 * 60_000;

/** The text of a listing record. Each name stands in it once: accounts have much the same roles. */
export function encodeListingRecord({ signIn, startedAt, roleNames }: ListingRecord): string {
  const numbers = new Map<string, number>();
  const numberOf = (name: string) => {
    const number = numbers.get(name) ?? numbers.size;
    numbers.set(name, number);
    return number;
  };
  const accounts = [...roleNames].map(([accountId, names]) => [accountId, names.map(numberOf)]);
  return JSON.stringify({
    version,
    signIn,
    startedAt,
    names: [...numbers.keys()],
    accounts: Object.fromEntries(accounts),
  });
}

/** Undefined for a text that is no such record, or one that is too old. @param now epoch milliseconds */
export function decodeListingRecord(text: string, now: number): ListingRecord | undefined {
  const file = parseJsonObject(text);
  if (file === undefined || numberAt(file, 'version') !== version) return undefined;
  const signIn = textAt(file, 'signIn');
  const startedAt = numberAt(file, 'startedAt');
  const names: unknown = file['names'];
  const accounts = parseJsonObject(JSON.stringify(file['accounts'] ?? null));
  if (signIn === undefined || startedAt === undefined || accounts === undefined) return undefined;
  if (startedAt > now || now - startedAt > keptMs || !Array.isArray(names)) return undefined;
  const roleNames = new Map<string, readonly string[]>();
  for (const [accountId, numbers] of Object.entries(accounts)) {
    if (!Array.isArray(numbers)) return undefined;
    const found = numbers.map((number: unknown): unknown => names[Number(number)]);
    if (!found.every((name) => typeof name === 'string')) return undefined;
    roleNames.set(accountId, found);
  }
  return { signIn, startedAt, roleNames };
}
