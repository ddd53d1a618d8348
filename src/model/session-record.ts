import { numberAt, parseJsonObject, textAt } from './json.ts';

const version = 1;

/** What we know of a session beside its token. */
export interface SessionRecord {
  /**
   * Another with each sign-in and each sign-out. Who obtained something for the session keeps it only
   * if this is still what it was when the work began.
   */
  readonly generation: string;
  /** The token that is the current one of our sign-in, if there is one. */
  readonly current: CurrentToken | undefined;
}

/** Which sign-in a token belongs to. */
export interface CurrentToken {
  /** Names one sign-in of one person; new for every token that we did not refresh ourselves. */
  readonly signIn: string;
  /** Digest of the access token. */
  readonly tokenDigest: string;
  /** When we obtained it; epoch milliseconds by our clock. */
  readonly obtainedAt: number;
}

/** The text of a session record. */
export function encodeSessionRecord({ generation, current }: SessionRecord): string {
  return JSON.stringify({ version, generation, ...current });
}

/** The session record that a text holds; undefined when it is none of this version. */
export function decodeSessionRecord(text: string): SessionRecord | undefined {
  const file = parseJsonObject(text);
  if (file === undefined || numberAt(file, 'version') !== version) return undefined;
  const generation = textAt(file, 'generation') ?? '';
  const signIn = textAt(file, 'signIn');
  const tokenDigest = textAt(file, 'tokenDigest');
  const obtainedAt = numberAt(file, 'obtainedAt');
  if (signIn === undefined || tokenDigest === undefined || obtainedAt === undefined) {
    return { generation, current: undefined };
  }
  return { generation, current: { signIn, tokenDigest, obtainedAt } };
}
