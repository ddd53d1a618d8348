import { randomBytes } from 'node:crypto';

/** A random token of this length, in base64 characters, that begins with the prefix. */
export function opaqueToken(prefix: string, length: number): string {
  return (prefix + randomBytes(length).toString('base64')).slice(0, length);
}

/** The same in characters that need no escape in a URL. */
export function opaqueId(length: number): string {
  return randomBytes(length).toString('base64url').slice(0, length);
}

/** An id as IAM makes them: a prefix (ASIA, AROA) and characters of base32. */
export function iamId(prefix: string, length: number): string {
  const alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567';
  return (
    prefix + [...randomBytes(length - prefix.length)].map((byte) => alphabet[byte % 32]).join('')
  );
}
