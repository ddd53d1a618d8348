/**
 * Why a command failed. Closed: each code has one exit status (exitStatuses) and one heading in
 * docs/troubleshooting.md.
 */
export type ErrorCode =
  | 'InternalError'
  | 'InvalidUsage'
  | 'InvalidConfig'
  | 'ProfileNotFound'
  | 'SessionNotFound'
  | 'SignInNeeded'
  | 'SessionEnded'
  | 'SignInPending'
  | 'SignInUnfinished'
  | 'SignInDenied'
  | 'SignInRefused'
  | 'NetworkFailed'
  | 'ProxyRefused'
  | 'CertificateRejected'
  | 'ServiceFailed'
  | 'Throttled'
  | 'RoleRefused'
  | 'StorageFailed'
  | 'BudgetExhausted'
  | 'LockBusy'
  | 'CommandNotExecutable'
  | 'CommandNotFound';

/** The exit status of each error code; the only place that knows it. */
export const exitStatuses: Readonly<Record<ErrorCode, number>> = {
  InternalError: 1,
  InvalidUsage: 2,
  InvalidConfig: 2,
  ProfileNotFound: 2,
  SessionNotFound: 2,
  SignInNeeded: 3,
  SessionEnded: 3,
  SignInPending: 3,
  SignInUnfinished: 3,
  SignInDenied: 4,
  SignInRefused: 5,
  NetworkFailed: 5,
  ProxyRefused: 5,
  CertificateRejected: 5,
  ServiceFailed: 5,
  Throttled: 5,
  RoleRefused: 6,
  StorageFailed: 7,
  BudgetExhausted: 8,
  LockBusy: 8,
  CommandNotExecutable: 126,
  CommandNotFound: 127,
};

interface ErrorDetails {
  /** The command that mends it, as a person would type it. */
  readonly remedy?: string;
  /** Milliseconds after which the service asked to be called again (Retry-After). */
  readonly retryAfterMs?: number;
  /** Whether it is the failure of an earlier call, told again without asking anybody. */
  readonly isRetold?: boolean;
  readonly cause?: unknown;
}

/**
 * The one error that a user is meant to see. The message is a sentence without its final stop that
 * names the thing and the place (file, line, key); it never holds a secret.
 */
export class SsoCredError extends Error {
  readonly code: ErrorCode;
  readonly remedy: string | undefined;
  readonly retryAfterMs: number | undefined;
  readonly isRetold: boolean;

  constructor(code: ErrorCode, message: string, details: ErrorDetails = {}) {
    super(message, details.cause === undefined ? undefined : { cause: details.cause });
    this.name = 'SsoCredError';
    this.code = code;
    this.remedy = details.remedy;
    this.retryAfterMs = details.retryAfterMs;
    this.isRetold = details.isRetold ?? false;
  }
}

/** Whether a caught value is ours. Not instanceof: a value may come from another realm. */
export function isSsoCredError(error: unknown): error is SsoCredError {
  return (
    typeof error === 'object' &&
    error !== null &&
    'name' in error &&
    error.name === 'SsoCredError' &&
    'code' in error
  );
}

/** Whether a caught value carries this code, as errors of node:fs and node:net do. */
export function hasCode(error: unknown, ...codes: readonly string[]): boolean {
  const code = codeOf(error);
  return code !== undefined && codes.includes(code);
}

/** What libuv has no name for, by its number on Linux and on macOS and the BSDs. */
const unnamed: ReadonlyMap<string, string> = new Map([
  ['Unknown system error -122', 'EDQUOT'],
  ['Unknown system error -69', 'EDQUOT'],
]);

/** The code of a caught value (ENOENT, ECONNREFUSED …), if it has one. */
export function codeOf(error: unknown): string | undefined {
  if (typeof error !== 'object' || error === null || !('code' in error)) return undefined;
  return typeof error.code === 'string' ? (unnamed.get(error.code) ?? error.code) : undefined;
}

/** One line for a person: the cause, then what to type. */
export function describeError(error: SsoCredError): string {
  const remedy = error.remedy === undefined ? '' : ` Run: ${error.remedy}`;
  const stop = /[.?!]$/.test(error.message) ? '' : '.';
  return `${error.message}${stop}${remedy}`;
}
