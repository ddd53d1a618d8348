import { createHmac, generateKeyPair, type JsonWebKey, randomUUID, sign } from 'node:crypto';
import { promisify } from 'node:util';
import type { Fields } from './wire.ts';

/** The key of an OpenID provider, and its client secret, with which HS256 signs. */
export interface SigningKey {
  readonly privateJwk: JsonWebKey;
  readonly publicJwk: JsonWebKey;
  /** Makes a JWT; the header's `alg` is RS256, HS256 or none. */
  readonly sign: (header: Fields, claims: Fields) => string;
}

/** Makes an RSA key of 2048 bits. */
export async function createSigningKey(clientSecret: string): Promise<SigningKey> {
  const { privateKey, publicKey } = await promisify(generateKeyPair)('rsa', {
    modulusLength: 2048,
  });
  const common = { kid: randomUUID(), use: 'sig', alg: 'RS256' };

  function signatureOf(algorithm: unknown, text: string): string {
    if (algorithm === 'none') return '';
    if (algorithm === 'HS256')
      return createHmac('sha256', clientSecret).update(text).digest('base64url');
    return sign('sha256', Buffer.from(text), privateKey).toString('base64url');
  }

  return {
    privateJwk: { ...privateKey.export({ format: 'jwk' }), ...common },
    publicJwk: { ...publicKey.export({ format: 'jwk' }), ...common },
    sign: (header, claims) => {
      const text = [header, claims]
        .map((part) => Buffer.from(JSON.stringify(part)).toString('base64url'))
        .join('.');
      return `${text}.${signatureOf(header['alg'], text)}`;
    },
  };
}
