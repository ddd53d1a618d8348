import { describeDuration } from './duration.ts';
import { type ErrorCode, SsoCredError } from './errors.ts';
import { numberAt, parseJsonObject, textAt } from './json.ts';

const version = 1;

/** The failures worth remembering: those that cost a network call, or a person's attention. */
const remembered = [
  'NetworkFailed',
  'ProxyRefused',
  'CertificateRejected',
  'ServiceFailed',
  'Throttled',
  'RoleRefused',
  'SessionEnded',
  'SignInUnfinished',
  'SignInDenied',
  'SignInRefused',
] as const satisfies readonly ErrorCode[];

type RememberedCode = (typeof remembered)[number];

/** No service asks for longer; what stands between it and us may ask for days. */
const maxRetryAfterMs = 300_000;

/** A failure kept so that the next callers need not ask again. */
export interface FailureRecord {
  readonly code: RememberedCode;
  readonly message: string;
  readonly remedy?: string;
  /** How many times in a row. */
  readonly count: number;
  /** Epoch milliseconds by our clock. */
  readonly failedAt: number;
  /** Not before this, whatever the count; epoch milliseconds. 0 when the service named no time. */
  readonly notBefore: number;
  /** The token file as it was (fileStamp); another token ends the memory. */
  readonly tokenStamp: string;
}

/** Whether an error is of a kind that is remembered. */
export function isRemembered(code: ErrorCode): code is RememberedCode {
  return (remembered as readonly ErrorCode[]).includes(code);
}

/** Whether it is the failure of a sign-in, which a person caused or could have ended. */
export function isOfSignIn(code: ErrorCode): boolean {
  return code === 'SignInUnfinished' || code === 'SignInDenied' || code === 'SignInRefused';
}

/** The record of an error, counted on from the failure before it; undefined if it is not remembered. */
export function rememberFailure(
  error: SsoCredError,
  before: FailureRecord | undefined,
  tokenStamp: string,
  now: number,
): FailureRecord | undefined {
  // One that is retold was remembered when it happened: nobody was asked since.
  if (!isRemembered(error.code) || error.isRetold) return undefined;
  // Sign-ins that failed are counted by themselves: the first waits 10 min, whatever was before it.
  const inARow =
    before !== undefined &&
    before.tokenStamp === tokenStamp &&
    isOfSignIn(before.code) === isOfSignIn(error.code);
  return {
    code: error.code,
    message: error.message,
    ...(error.remedy === undefined ? {} : { remedy: error.remedy }),
    count: (inARow ? before.count : 0) + 1,
    failedAt: now,
    notBefore:
      error.retryAfterMs === undefined ? 0 : now + Math.min(error.retryAfterMs, maxRetryAfterMs),
    tokenStamp,
  };
}

/**
 * When to ask again; epoch milliseconds. With something cached nobody waits for it, so it may take
 * longer: 30 s doubling to 5 min; else 2 s doubling to 15 s. An ended session is never asked again.
 * A sign-in that nobody finished is begun again after 10 min, a second one after 8 h: a program
 * that asks all night opens two browser tabs, not hundreds.
 */
export function nextTryAt(failure: FailureRecord, hasCached: boolean): number {
  if (failure.code === 'SessionEnded') return Number.POSITIVE_INFINITY;
  if (isOfSignIn(failure.code)) {
    return failure.failedAt + (failure.count === 1 ? 600_000 : 8 * 3_600_000);
  }
  const [firstMs, lastMs] = hasCached ? [30_000, 300_000] : [2_000, 15_000];
  const pauseMs = Math.min(lastMs, firstMs * 2 ** Math.min(failure.count - 1, 20));
  return Math.max(failure.notBefore, failure.failedAt + pauseMs);
}

/** Whether the failure still stands: same token, and its pause is not over. */
export function stillStands(
  failure: FailureRecord,
  situation: { readonly tokenStamp: string; readonly hasCached: boolean; readonly now: number },
): boolean {
  if (failure.tokenStamp !== situation.tokenStamp) return false;
  // A refresh token that was refused is not sent again, whatever time it is where.
  if (failure.code === 'SessionEnded') return true;
  // A clock set back must not keep a failure alive for as long as it was set back.
  if (failure.failedAt > situation.now + 1_000) return false;
  return situation.now < nextTryAt(failure, situation.hasCached);
}

/** The remembered failure as an error, with the time of the next try if that is still to come. */
export function asError(failure: FailureRecord, hasCached: boolean, now: number): SsoCredError {
  const nextTry = nextTryAt(failure, hasCached);
  const isToCome = Number.isFinite(nextTry) && nextTry > now;
  const pause = isToCome
    ? ` (not asked again; next try in ${describeDuration(nextTry - now + 999)})`
    : '';
  return new SsoCredError(failure.code, `${failure.message}${pause}`, {
    isRetold: true,
    ...(failure.remedy === undefined ? {} : { remedy: failure.remedy }),
  });
}

/** The text of a failure record. */
export function encodeFailureRecord(record: FailureRecord): string {
  return JSON.stringify({ version, ...record });
}

/** The failure record that a text holds; undefined when it is none of this version. */
export function decodeFailureRecord(text: string): FailureRecord | undefined {
  const file = parseJsonObject(text);
  if (file === undefined || numberAt(file, 'version') !== version) return undefined;
  const code = remembered.find((known) => known === textAt(file, 'code'));
  const message = textAt(file, 'message');
  const remedy = textAt(file, 'remedy');
  const count = numberAt(file, 'count');
  const failedAt = numberAt(file, 'failedAt');
  const notBefore = numberAt(file, 'notBefore');
  const tokenStamp = textAt(file, 'tokenStamp');
  if (code === undefined || message === undefined || tokenStamp === undefined) return undefined;
  if (count === undefined || count < 1 || failedAt === undefined || notBefore === undefined) {
    return undefined;
  }
  return {
    code,
    message,
    ...(remedy === undefined ? {} : { remedy }),
    count,
    failedAt,
    notBefore,
    tokenStamp,
  };
}
