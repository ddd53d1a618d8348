import { numberAt, parseJsonObject, textAt } from './json.ts';

const version = 1;

/** What we know of a session beside its token: which sign-in the token belongs to. */
export interface SessionRecord {
  /** Names one sign-in of one person; new for every token that we did not refresh ourselves. */
  readonly signIn: string;
  /** Digest of the access token that is the current one of that sign-in. */
  readonly tokenDigest: string;
  /** When we obtained that token; epoch milliseconds by our clock. */
  readonly obtainedAt: number;
}

/** The text of a session record. */
export function encodeSessionRecord(record: SessionRecord): string {
  return JSON.stringify({ version, ...record });
}

/** The session record that a text holds; undefined when it is none of this version. */
export function decodeSessionRecord(text: string): SessionRecord | undefined {
  const file = parseJsonObject(text);
  if (file === undefined || numberAt(file, 'version') !== version) return undefined;
  const signIn = textAt(file, 'signIn');
  const tokenDigest = textAt(file, 'tokenDigest');
  const obtainedAt = numberAt(file, 'obtainedAt');
  if (signIn === undefined || tokenDigest === undefined || obtainedAt === undefined) {
    return undefined;
  }
  return { signIn, tokenDigest, obtainedAt };
}
