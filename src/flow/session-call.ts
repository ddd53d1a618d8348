import type { SignInFlow } from '../model/client-registration.ts';
import type { PendingRecord, SignInShown } from '../model/pending-record.ts';
import type { KeptToken } from './session-kind.ts';
import type { SessionPlace } from './session-place.ts';

/** What is asked of a session. */
export interface SessionCall extends SessionPlace {
  /** By the monotonic clock; milliseconds. */
  readonly deadline: number;
  /** Whether to ask even where a failure is remembered. */
  readonly retryNow: boolean;
  /** How the person may be asked to sign in when nothing else is left; undefined where not. */
  readonly signIn: SignInWork | undefined;
  /** The work that this process itself was started for: not to be waited for. */
  readonly ownWork?: string;
  /** Whether a refresh by another process has been waited for: what is left to do is done here. */
  readonly isHandedOver?: boolean;
  /**
   * When the sign-in began that it has waited for already, if it has: then it begins no other one.
   * Epoch milliseconds.
   */
  readonly waitedSince?: number;
}

/** A sign-in that a call may begin. */
export interface SignInWork {
  readonly flow: SignInFlow;
  /** Whether a person looks on: then a sign-in that was left or denied may be begun anew. */
  readonly isWatched: boolean;
  /** Tells the person how to go on; called once, by the process that began it. */
  readonly tell: (shown: SignInShown) => void;
  /** Does the work in this process, where no other can be started. */
  readonly here: (record: PendingRecord) => Promise<void>;
}

/** A token that may be used, and the sign-in that it belongs to. */
export interface SessionToken {
  readonly kind: 'token';
  readonly bearer: string;
  /** Epoch milliseconds. */
  readonly expiresAt: number;
  /** See CurrentToken. */
  readonly signIn: string;
  /** The token file as it was (fileStamp). */
  readonly stamp: string;
}

/** Work on the session that goes on, to be waited for without a lock. */
export interface PendingSession {
  readonly kind: 'pending';
  readonly record: PendingRecord;
  /** Who began it: this call has to tell the person, or to do it. */
  readonly by: 'another' | 'this-call' | 'this-call-alone';
}

/** What is to be done under the session's lock. */
export type SessionDue =
  | {
      readonly kind: 'refresh';
      readonly kept: KeptToken;
      readonly refreshToken: string;
      readonly current: SessionToken;
      readonly stillGood: boolean;
    }
  | { readonly kind: 'sign-in'; readonly work: SignInWork; readonly stamp: string };
