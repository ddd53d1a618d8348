import { isSsoCredError, SsoCredError } from '../model/errors.ts';
import type { ReservedFile } from '../store/write-file.ts';

/** A session as messages speak of it. */
export interface SessionName {
  /** `"corp"`, or `of https://…` for one without a name. */
  readonly name: string;
  /** What a person types to sign in to it. */
  readonly signInCommand: string;
}

/** A token as it lies on disk. */
export interface KeptToken {
  readonly kind: 'token';
  /** What is shown to AWS: never to be told. */
  readonly bearer: string;
  /** Epoch milliseconds. */
  readonly expiresAt: number;
  /** When it was obtained, as far as the file tells; epoch milliseconds. */
  readonly obtainedAt: number;
  /** The file as it was (fileStamp). */
  readonly stamp: string;
  readonly refreshToken: string | undefined;
  /** Why it cannot be refreshed, as the end of a sentence; undefined when it can. */
  readonly notRefreshable: string | undefined;
  /**
   * Spends its refresh token.
   * @param deadline by the monotonic clock; milliseconds
   * @param beforeSending asked when all is ready; nothing is sent if it says no
   * @throws NetworkFailed, ServiceFailed, Throttled
   */
  refresh(deadline: number, beforeSending: () => Promise<boolean>): Promise<Refreshed>;
}

/** A token that was just obtained, and the text of its file. */
export interface NewToken {
  readonly bearer: string;
  /** Epoch milliseconds. */
  readonly expiresAt: number;
  /** Epoch milliseconds by our clock. */
  readonly obtainedAt: number;
  readonly text: string;
}

/** What came of spending a refresh token. */
export type Refreshed =
  | {
      readonly kind: 'token';
      /** To be stored at once, whatever is wrong with it: its refresh token is the only good one. */
      readonly next: NewToken;
      /** What is wrong with it, if anything. */
      readonly problem?: SsoCredError;
      readonly isRefreshTokenReplaced: boolean;
    }
  | { readonly kind: 'refused'; readonly text: string }
  | { readonly kind: 'not-sent' };

/** Why there is no token, as the end of a sentence. */
export interface NoToken {
  readonly kind: 'none';
  readonly reason: string;
  /** Whether the file holds nothing that can be read, of whomever. */
  readonly isDamaged?: boolean;
}

/**
 * What differs between the kinds of session: where a token is, what is in it, how it is refreshed.
 * The protocol around it (get-session-token.ts) is one for all.
 */
export interface SessionKind extends SessionName {
  readonly tokenFile: string;
  /** The stored token; without one, why. @throws StorageFailed */
  read(): Promise<KeptToken | NoToken>;
  /** Takes the space for a token before anything is spent for it. @throws StorageFailed */
  reserve(): ReservedFile;
}

/** The error for a session that nobody has signed in to. */
export function signInNeeded({ name, signInCommand }: SessionName): SsoCredError {
  return new SsoCredError('SignInNeeded', `Not signed in to the session ${name}`, {
    remedy: signInCommand,
  });
}

/** The error for a session that only its user can bring back. */
export function sessionEnded({ name, signInCommand }: SessionName, reason: string): SsoCredError {
  return new SsoCredError('SessionEnded', `The session ${name} has ended: ${reason}`, {
    remedy: signInCommand,
  });
}

/** The error for a sign-in that the person, or an administrator, refused. */
export function signInDenied({ name, signInCommand }: SessionName, text: string): SsoCredError {
  const said = text === '' ? '' : `: ${text}`;
  return new SsoCredError('SignInDenied', `The sign-in to the session ${name} was denied${said}`, {
    remedy: signInCommand,
  });
}

/** The error for a sign-in that the person ended where it was begun, by Ctrl-C. */
export function signInCancelled({ name, signInCommand }: SessionName): SsoCredError {
  return new SsoCredError('SignInDenied', `The sign-in to the session ${name} was cancelled`, {
    remedy: signInCommand,
  });
}

/** The error for a sign-in whose processes were ended before the person was done. */
export function signInGivenUp({ name, signInCommand }: SessionName): SsoCredError {
  const text = `The sign-in to the session ${name} was given up: the process that waited for it was ended`;
  return new SsoCredError('SignInUnfinished', text, { remedy: signInCommand });
}

/** The error for a sign-in that nobody finished in time. */
export function signInUnfinished(
  { name, signInCommand }: SessionName,
  waitedMs: number,
): SsoCredError {
  const waited = Math.round(waitedMs / 1000);
  return new SsoCredError(
    'SignInUnfinished',
    `Nobody finished the sign-in to the session ${name} within ${waited} s`,
    { remedy: signInCommand },
  );
}

/** The error for a sign-in that somebody has ended before its end. */
export function signInCalledOff({ name, signInCommand }: SessionName): SsoCredError {
  const text = `The sign-in to the session ${name} was called off: by Ctrl-C, by signing out, or by another sign-in`;
  return new SsoCredError('SignInUnfinished', text, { remedy: signInCommand });
}

/** The error for a sign-in that the service did not take. */
export function signInRefused(
  { name, signInCommand }: SessionName,
  error: string,
  text: string,
): SsoCredError {
  const said = text === '' ? '' : `: ${text}`;
  return new SsoCredError(
    'SignInRefused',
    `The sign-in to the session ${name} was not taken (${error}${said})`,
    { remedy: signInCommand },
  );
}

/** What fails after the person has done their part is not tried again with them at once. */
export function afterThePerson(error: unknown): unknown {
  if (!isSsoCredError(error) || error.code !== 'ServiceFailed') return error;
  const { message, remedy } = error;
  return new SsoCredError('SignInRefused', message, {
    ...(remedy === undefined ? {} : { remedy }),
    cause: error,
  });
}
