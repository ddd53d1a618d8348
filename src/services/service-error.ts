import { cleanText } from '../model/clean-text.ts';
import { isSsoCredError, SsoCredError } from '../model/errors.ts';
import type { ReplyFacts } from './reply-facts.ts';

/** What a caught value tells of a service's refusal. */
export interface Refusal {
  /** The exception's name, such as `UnauthorizedException`. */
  readonly name: string;
  /** HTTP status; 0 when there was none. */
  readonly status: number;
  /** The service's own words, cleaned. */
  readonly text: string;
}

/** The refusal in a caught value; undefined when it is none (no reply, or one that made no sense). */
export function refusalOf(error: unknown): Refusal | undefined {
  if (typeof error !== 'object' || error === null || isSsoCredError(error)) return undefined;
  const {
    name,
    message,
    error_description: description,
  } = error as { name?: unknown; message?: unknown; error_description?: unknown };
  const status = statusOf(error);
  if (status === undefined || status < 400) return undefined;
  const text = typeof description === 'string' ? description : message;
  return {
    name: typeof name === 'string' ? name : '',
    status,
    text: cleanText(typeof text === 'string' ? text : ''),
  };
}

/** The HTTP status of a reply that the SDK could not use. */
function statusOf(error: unknown): number | undefined {
  const { $metadata } = (error ?? {}) as { $metadata?: { httpStatusCode?: unknown } };
  const status = $metadata?.httpStatusCode;
  return typeof status === 'number' ? status : undefined;
}

/**
 * The error for a call that failed for no reason of its own: no network, throttled, a service's
 * fault, or a reply that makes no sense. The body is never echoed.
 */
export function serviceError(
  operation: string,
  error: unknown,
  facts: ReplyFacts | undefined,
): SsoCredError {
  if (isSsoCredError(error)) return error;
  const refusal = refusalOf(error);
  const status = statusOf(error);
  if (status !== undefined && status >= 300 && status < 400) {
    return new SsoCredError(
      'ServiceFailed',
      `${operation} is sent elsewhere (${status}), where nothing of ours goes: is something in between?`,
      { cause: error },
    );
  }
  const retryAfter = facts?.retryAfterMs === undefined ? {} : { retryAfterMs: facts.retryAfterMs };
  if (refusal === undefined) {
    return new SsoCredError('ServiceFailed', `${operation} got a reply that makes no sense`, {
      cause: error,
    });
  }
  if (refusal.status === 429 || /Throttl|TooManyRequests|SlowDown/.test(refusal.name)) {
    return new SsoCredError('Throttled', `${operation} is rate limited by AWS just now`, {
      ...retryAfter,
      cause: error,
    });
  }
  const said = refusal.text === '' ? '' : `: ${refusal.text}`;
  return new SsoCredError(
    'ServiceFailed',
    `${operation} failed with status ${refusal.status} (${refusal.name || 'no name'})${said}`,
    { ...retryAfter, cause: error },
  );
}

/** The error for a reply that lacks something. */
export function incompleteReply(operation: string, lacks: string): SsoCredError {
  return new SsoCredError('ServiceFailed', `The reply to ${operation} lacks ${lacks}`);
}
