import { parseJsonObject } from '../model/json.ts';

/** What was sent, as far as it may hold secrets. */
interface SentRequest {
  readonly headers: Readonly<Record<string, string>>;
  readonly body?: string | Uint8Array;
}

/** A text this short is no secret, and may be a word of the message. */
const minLength = 16;

/**
 * The body of an error without the secrets of its request: an error's words end in logs, and a
 * service or a proxy may repeat in them what it was sent (CWE-532).
 */
export function withoutEcho(body: Buffer, request: SentRequest): Buffer {
  let text = body.toString('utf8');
  for (const secret of secretsOf(request)) text = text.replaceAll(secret, '…');
  return Buffer.from(text, 'utf8');
}

function secretsOf({ headers, body }: SentRequest): readonly string[] {
  // The SDK's body warns on stderr of every method of a text that is called on it.
  const sent = typeof body === 'string' ? body : new TextDecoder().decode(body);
  const members = parseJsonObject(sent) ?? Object.fromEntries(new URLSearchParams(sent));
  return Object.entries({ ...headers, ...members }).flatMap(([name, value]) =>
    /token|secret|code/i.test(name) && typeof value === 'string' && value.length >= minLength
      ? [value]
      : [],
  );
}
