import type { SessionName } from './session-kind.ts';

/** What the person must know to finish a sign-in. */
export type SignInNotice =
  | {
      readonly kind: 'browser';
      /** To be opened whole, in a browser of this machine. */
      readonly url: string;
      readonly isOpened: boolean;
      /** The port that the browser comes back to. */
      readonly port: number;
    }
  | {
      readonly kind: 'device';
      readonly verificationUri: string;
      readonly verificationUriComplete: string;
      readonly userCode: string;
      readonly isOpened: boolean;
    };

/** How a person is reached, and for how long. */
export interface SignInCall {
  /** Shows a URL to the person; gives whether that worked. */
  readonly open: (url: URL) => Promise<boolean>;
  readonly tell: (notice: SignInNotice) => void;
  /** Callback URLs that the person pastes, from a browser on another machine. */
  readonly pasted?: AsyncIterable<string>;
  /** When to give up; by the monotonic clock, milliseconds. */
  readonly deadline: number;
}

/** A sign-in to a session. */
export interface SignInTo extends SignInCall {
  readonly session: SessionName;
}
