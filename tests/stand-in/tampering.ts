import type { SigningKey } from './signing-key.ts';
import type { Fields } from './wire.ts';

/** What is wrong with an id_token. */
export interface Tampering {
  /** For how many id_tokens; 1 by default. */
  readonly times?: number;
  /** Put over the claims, times in epoch seconds; undefined removes one. */
  readonly claims?: Fields;
  /** Good unless told otherwise; `none` is the algorithm none. */
  readonly signature?: 'good' | 'forged' | 'none';
}

/** The id_token with that wrong, and otherwise as it was. */
export function tamperWith(idToken: string, tampering: Tampering, key: SigningKey): string {
  const [header = {}, claims = {}] = idToken
    .split('.', 2)
    .map((part): Fields => JSON.parse(Buffer.from(part, 'base64url').toString()));
  const changed = { ...claims, ...tampering.claims };
  if (tampering.signature === 'none') return key.sign({ ...header, alg: 'none' }, changed);
  const good = key.sign(header, changed);
  if (tampering.signature !== 'forged') return good;
  const signatureOfAnother = key.sign(header, { ...changed, sub: 'another' }).split('.')[2] ?? '';
  return good.replace(/[^.]*$/, signatureOfAnother);
}
