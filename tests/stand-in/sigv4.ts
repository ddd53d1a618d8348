import { createHash, createHmac } from 'node:crypto';
import type { WireRequest } from './wire.ts';

/** The parts of a Signature Version 4 Authorization header. */
export interface RequestSignature {
  readonly accessKeyId: string;
  readonly scope: string;
  readonly signedHeaders: readonly string[];
  readonly signature: string;
}

/** The signature that a request carries, or undefined when there is none of this form. */
export function readSignature(request: WireRequest): RequestSignature | undefined {
  const match =
    /^AWS4-HMAC-SHA256 Credential=(\w+)\/([^,\s]+),\s*SignedHeaders=([^,\s]+),\s*Signature=([0-9a-f]{64})$/.exec(
      request.headers.authorization ?? '',
    );
  if (match === null) return undefined;
  const [, accessKeyId = '', scope = '', signedHeaders = '', signature = ''] = match;
  return { accessKeyId, scope, signedHeaders: signedHeaders.split(';'), signature };
}

/**
 * Whether the request was signed with this secret key. For requests without a query, as STS has
 * them: https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv-create-signed-request.html
 */
export function isSignedWith(
  request: WireRequest,
  { scope, signedHeaders, signature }: RequestSignature,
  secretAccessKey: string,
): boolean {
  const sha256 = (text: string | Buffer): string => createHash('sha256').update(text).digest('hex');
  const hmac = (key: string | Buffer, text: string): Buffer =>
    createHmac('sha256', key).update(text).digest();

  const headers = signedHeaders.map((name) => {
    const value = String(request.headers[name] ?? '').trim();
    return `${name}:${value.replace(/ +/g, ' ')}\n`;
  });
  const canonicalRequest = [
    request.method,
    request.path,
    '',
    headers.join(''),
    signedHeaders.join(';'),
    sha256(request.body),
  ].join('\n');
  const stringToSign = [
    'AWS4-HMAC-SHA256',
    request.headers['x-amz-date'],
    scope,
    sha256(canonicalRequest),
  ].join('\n');
  const key = scope.split('/').reduce<string | Buffer>(hmac, `AWS4${secretAccessKey}`);
  return hmac(key, stringToSign).toString('hex') === signature;
}
