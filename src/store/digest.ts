import { createHash } from 'node:crypto';

/** SHA-256 in lower-case hex. */
export function sha256(text: string): string {
  return createHash('sha256').update(text).digest('hex');
}

/** SHA-1 in lower-case hex: the names in ~/.aws/sso/cache, which AWS's tools chose. */
export function sha1(text: string): string {
  return createHash('sha1').update(text).digest('hex');
}
