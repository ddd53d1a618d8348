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
export function replyFacts({ headers }: Pick<HttpReply, 'headers'>, now: number): ReplyFacts {
  const serverNow = Date.parse(headers['date'] ?? '');
  // Date has whole seconds: what is less than two of them is no skew.
  const skewMs = Number.isNaN(serverNow) ? 0 : serverNow - now;
  return {
    skewMs: Math.abs(skewMs) < 2_000 ? 0 : skewMs,
    receivedAt: now,
    retryAfterMs: retryAfter(headers['retry-after'], Number.isNaN(serverNow) ? now : serverNow),
  };
}

/** RFC 9110, 10.2.3: seconds, or a date by the server's clock. */
function retryAfter(value: string | undefined, serverNow: number): number | undefined {
  if (value === undefined) return undefined;
  if (/^\d{1,9}$/.test(value.trim())) return Number(value) * 1_000;
  const date = Date.parse(value);
  return Number.isNaN(date) ? undefined : Math.max(0, date - serverNow);
}
