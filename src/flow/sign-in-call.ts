import type { SignInShown } from '../model/pending-record.ts';
import type { NewToken, SessionName } from './session-kind.ts';

/** How a person is reached, and for how long. */
export interface SignInCall {
  /** Shows a URL to the person; gives whether that worked. */
  readonly open: (url: URL) => Promise<boolean>;
  readonly tell: (shown: SignInShown) => void;
  /** Callback URLs that the person pastes, from a browser on another machine. */
  readonly pasted?: AsyncIterable<string>;
  /** When to give up; by the monotonic clock, milliseconds. */
  readonly deadline: number;
}

/** A sign-in to a session, which gives a token. */
export interface SignInTo<Token = NewToken> extends SignInCall {
  readonly session: SessionName;
  /** A device authorization that a process which is gone had begun: gone on with. */
  readonly resumed?: SignInShown & { readonly kind: 'device' };
  /** Stores the token; to be called, with signals on hold, as soon as it is there. */
  readonly keep: (token: Token) => Promise<void>;
}
