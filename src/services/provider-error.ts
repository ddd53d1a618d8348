import { cleanText } from '../model/clean-text.ts';
import { describeSkew } from '../model/clock-record.ts';
import { codeOf, hasCode, isSsoCredError, SsoCredError } from '../model/errors.ts';
import { textAt } from '../model/json.ts';
import type { OidcSession } from '../model/profile.ts';
import type { ReplyFacts } from './reply-facts.ts';

/** A provider's refusal (RFC 6749, 5.2; RFC 8628, 3.5), its words cleaned. */
export interface TokenRefusal {
  readonly kind: 'refused';
  readonly error: string;
  readonly text: string;
}

/** What came back, whatever openid-client thinks of it. */
export interface RawReply {
  readonly status: number;
  /** Undefined when it is no JSON object. */
  readonly body: Readonly<Record<string, unknown>> | undefined;
  readonly facts: ReplyFacts;
}

/** Below this, a clock is not what makes a token invalid: openid-client tolerates as much. */
const toleratedSkewMs = 30_000;

/** The refusal in what openid-client throws; server errors and throttling are failures, whatever they say. */
export function refusalOf(error: unknown, reply: RawReply | undefined): TokenRefusal | undefined {
  if (!hasCode(error, 'OAUTH_RESPONSE_BODY_ERROR', 'OAUTH_WWW_AUTHENTICATE_CHALLENGE')) {
    return undefined;
  }
  const code = reply?.body && textAt(reply.body, 'error');
  if (reply?.body === undefined || code === undefined) return undefined;
  if (reply.status >= 500 || isThrottling(reply.status, code)) return undefined;
  const text = cleanText(textAt(reply.body, 'error_description') ?? '');
  return { kind: 'refused', error: cleanText(code, 60), text };
}

/** Auth0 answers an early poll with status 429 and `slow_down`, which is no throttling. */
function isThrottling(status: number, code: string): boolean {
  return status === 429 && code !== 'slow_down' && code !== 'authorization_pending';
}

/** The error for a refusal that ends no session: something about the application has to be changed first. */
export function refusedByProvider(
  { issuer }: Pick<OidcSession, 'issuer'>,
  { error, text }: Pick<TokenRefusal, 'error' | 'text'>,
  cause?: unknown,
): SsoCredError {
  const said = text === '' ? '' : `: ${text}`;
  const advice =
    error === 'unauthorized_client'
      ? '; allow the application the grant (Auth0: Advanced Settings → Grant Types, tick Device Code or Refresh Token)'
      : '';
  const message = `${issuer} refuses (${error}${said})${advice}`;
  return new SsoCredError('ServiceFailed', message, { cause });
}

/** What openid-client throws, as a person needs it; the codes are openid-client's. */
export function providerError(
  what: string,
  session: Pick<OidcSession, 'issuer'>,
  error: unknown,
  reply: RawReply | undefined,
): SsoCredError {
  if (isSsoCredError(error)) return error;
  const cause = causeOf(error);
  if (isSsoCredError(cause)) return cause;
  const refusal = refusalOf(error, reply);
  if (refusal !== undefined) return refusedByProvider(session, refusal, error);
  const { issuer } = session;
  const retryAfterMs = reply?.facts.retryAfterMs;
  const details = { cause: error, ...(retryAfterMs === undefined ? {} : { retryAfterMs }) };
  if (reply?.status === 429) {
    const text = `${issuer} limits the rate of requests just now`;
    return new SsoCredError('Throttled', text, details);
  }
  const failed = (reason: string) =>
    new SsoCredError('ServiceFailed', `${what} of ${issuer} ${reason}`, details);
  switch (codeOf(error)) {
    case 'OAUTH_JWT_CLAIM_COMPARISON_FAILED':
      return failed(`gave a token that is not for us: ${claimOf(error) ?? 'a claim'} is wrong`);
    case 'OAUTH_JSON_ATTRIBUTE_COMPARISON_FAILED':
      return failed('names another issuer: write the issuer as its discovery document has it');
    case 'OAUTH_RESPONSE_IS_NOT_JSON':
      return failed('answered what is no JSON: is a proxy in between?');
    case 'OAUTH_RESPONSE_IS_NOT_CONFORM':
      return failed(`answered with status ${reply?.status ?? 'unknown'}`);
    case 'OAUTH_HTTP_REQUEST_FORBIDDEN':
      return failed('is not at an https URL');
    case 'OAUTH_INVALID_RESPONSE':
      return /"alg"/.test(messageOf(cause) ?? '')
        ? failed(
            'gave a token signed with an algorithm that AWS cannot check: set it to RS256 (Auth0: Advanced Settings → OAuth → JsonWebToken Signature Algorithm)',
          )
        : failed('gave a reply that lacks something or does not check out');
    default:
      return failed('gave a reply that makes no sense');
  }
}

/** The HTTP status in what openid-client throws: on the error, or on the reply that is its cause. */
export function providerStatusOf(error: unknown): number | undefined {
  for (const value of [error, causeOf(error)]) {
    const { status } = (value ?? {}) as { status?: unknown };
    if (typeof status === 'number') return status;
  }
  return undefined;
}

/** What to do about a token whose times do not fit ours. @param skewMs the provider's clock less ours */
export function clockAdvice(skewMs: number): string {
  if (Math.abs(skewMs) < toleratedSkewMs) {
    return 'is the clock of this machine right? (date -u)';
  }
  return `${describeSkew(skewMs, "the provider's")} (date -u)`;
}

function causeOf(error: unknown): unknown {
  return typeof error === 'object' && error !== null && 'cause' in error ? error.cause : undefined;
}

function messageOf(error: unknown): string | undefined {
  const { message } = (error ?? {}) as { message?: unknown };
  return typeof message === 'string' ? message : undefined;
}

function claimOf(error: unknown): string | undefined {
  const cause = causeOf(causeOf(error)) ?? causeOf(error);
  const { claim } = (cause ?? {}) as { claim?: unknown };
  return typeof claim === 'string' ? claim : undefined;
}
