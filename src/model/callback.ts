import { cleanText } from './clean-text.ts';

/** What the authorization endpoint told through the redirect (RFC 6749, 4.1.2). */
export type Callback =
  | { readonly kind: 'code'; readonly code: string }
  | { readonly kind: 'refused'; readonly error: string; readonly description: string };

const knownParameters = ['code', 'state', 'error', 'error_description', 'error_uri', 'iss'];

/**
 * Reads the query of a redirect; undefined when it is not an answer to our request: no state or
 * another one, a parameter given twice, neither code nor error, or both.
 * @param isOurState compares in constant time
 */
export function readCallback(
  query: URLSearchParams,
  isOurState: (state: string) => boolean,
): Callback | undefined {
  if (knownParameters.some((name) => query.getAll(name).length > 1)) return undefined;
  const state = query.get('state');
  if (state === null || !isOurState(state)) return undefined;
  const code = query.get('code');
  const error = query.get('error');
  if ((code === null) === (error === null)) return undefined;
  if (code !== null) return code === '' ? undefined : { kind: 'code', code };
  return {
    kind: 'refused',
    error: cleanText(error ?? '', 60),
    description: cleanText(query.get('error_description') ?? ''),
  };
}

/** A page for the person who comes back from signing in. */
export interface CallbackPage {
  readonly title: string;
  readonly text: string;
}

/** What to listen for. */
export interface CallbackExpectation {
  /** Tried in order; 0 takes any free port. */
  readonly ports: readonly number[];
  /** `localhost` listens on both loopback addresses, for providers that want that name. */
  readonly host: '127.0.0.1' | 'localhost';
  /** Such as `/oauth/callback`. */
  readonly path: string;
  readonly state: string;
}

/** The answer of the authorization endpoint, and the browser that waits for a page. */
export interface ReceivedCallback {
  readonly callback: Callback;
  /** The query as it came, without its question mark. */
  readonly query: string;
  /** Shows the person how it ended; resolves when the page is on its way. */
  readonly answer: (page: CallbackPage) => Promise<void>;
}

/** A listener on the loopback interface. */
export interface CallbackListener {
  /** `http://HOST:PORT/PATH` */
  readonly redirectUri: string;
  /** Settles with the first request that carries our state. */
  readonly received: Promise<ReceivedCallback>;
  close(): void;
}
