import type { HttpReply } from '../system/http.ts';

/** What the headers of a reply tell, and when it came. */
export interface ReplyFacts {
  /** The server's clock less ours; milliseconds. 0 when it sent no Date. */
  readonly skewMs: number;
  /** Epoch milliseconds by our clock. */
  readonly receivedAt: number;
  readonly retryAfterMs: number | undefined;
}

/** @param now epoch milliseconds by our clock */
export function replyFacts(reply: Pick<HttpReply, 'headers'>, now: number): ReplyFacts {
  const skewMs = serverSkewMs(reply, now) ?? 0;
  return {
    skewMs,
    receivedAt: now,
    retryAfterMs: retryAfter(reply.headers['retry-after'], now + skewMs),
  };
}

/** The server's clock less ours; milliseconds. Undefined when it sent no Date. */
export function serverSkewMs(
  { headers }: Pick<HttpReply, 'headers'>,
  now: number,
): number | undefined {
  const serverNow = Date.parse(headers['date'] ?? '');
  if (Number.isNaN(serverNow)) return undefined;
  // Date has whole seconds: what is less than two of them is no skew.
  return Math.abs(serverNow - now) < 2_000 ? 0 : serverNow - now;
}

/** RFC 9110, 10.2.3: seconds, or a date by the server's clock. */
function retryAfter(value: string | undefined, serverNow: number): number | undefined {
  if (value === undefined) return undefined;
  if (/^\d{1,9}$/.test(value.trim())) return Number(value) * 1_000;
  const date = Date.parse(value);
  return Number.isNaN(date) ? undefined : Math.max(0, date - serverNow);
}
