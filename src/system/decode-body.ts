import { hasCode, SsoCredError } from '../model/errors.ts';

/**
 * A body without the coding of its `content-encoding` (RFC 9110, 8.4): we ask for none, but what
 * stands between us and the service may compress all the same.
 * @throws ServiceFailed when it would be longer than the limit, or is not what it says
 */
export async function decodeBody(
  body: Buffer,
  encoding: string | undefined,
  { host, maxBytes }: { readonly host: string; readonly maxBytes: number },
): Promise<Buffer> {
  const coding = (encoding ?? 'identity').trim().toLowerCase();
  if (coding === 'identity' || coding === '' || body.length === 0) return body;
  const decode = await decoderOf(coding);
  if (decode === undefined) {
    throw new SsoCredError(
      'ServiceFailed',
      `${host} sent a reply in a coding that nobody asked for`,
    );
  }
  try {
    return decode(body, { maxOutputLength: maxBytes });
  } catch (cause) {
    if (hasCode(cause, 'ERR_BUFFER_TOO_LARGE')) throw tooLong(host);
    throw new SsoCredError('ServiceFailed', `${host} sent a reply that cannot be decompressed`, {
      cause,
    });
  }
}

type Decoder = typeof import('node:zlib').gunzipSync;

async function decoderOf(coding: string): Promise<Decoder | undefined> {
  const { brotliDecompressSync, gunzipSync, inflateSync } = await import('node:zlib');
  switch (coding) {
    case 'gzip':
    case 'x-gzip':
      return gunzipSync;
    case 'deflate':
      return inflateSync;
    case 'br':
      return brotliDecompressSync;
    default:
      return undefined;
  }
}

/** The error for a reply beyond the limit, compressed or not. */
export function tooLong(host: string): SsoCredError {
  return new SsoCredError('ServiceFailed', `${host} sent a reply of over 1 MiB`);
}
