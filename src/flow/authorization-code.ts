import type { CallbackExpectation, CallbackListener, ReceivedCallback } from '../model/callback.ts';
import { isSsoCredError } from '../model/errors.ts';
import type { World } from '../world.ts';
import { callbackPath, pastedRedirects } from './pasted-redirects.ts';
import { afterThePerson, signInDenied, signInRefused, signInUnfinished } from './session-kind.ts';
import type { SignInCall, SignInTo } from './sign-in-call.ts';

/** What a request for authorization is made of (RFC 6749, 4.1.1; RFC 7636). */
export interface AuthorizationRequest {
  readonly redirectUri: string;
  readonly state: string;
  readonly nonce: string;
  readonly codeChallenge: string;
}

/** What is exchanged for a token. */
export interface AuthorizationCode {
  readonly code: string;
  /** The redirect URI with the query that came back. */
  readonly redirect: URL;
  readonly redirectUri: string;
  readonly codeVerifier: string;
  readonly state: string;
  readonly nonce: string;
  /** By the monotonic clock; milliseconds. */
  readonly deadline: number;
}

/** The two halves of the flow that differ by provider. */
export interface AuthorizationCodeGrant<T> {
  readonly ports: readonly number[];
  readonly host: CallbackExpectation['host'];
  authorizationUrl(request: AuthorizationRequest): Promise<URL>;
  exchange(code: AuthorizationCode): Promise<T>;
}

/** What is left for the exchange when the person comes back at the last moment; milliseconds. */
const exchangeMs = 10_000;

/** A sign-in that was called off may hold a fixed port for a moment longer; milliseconds. */
const portPatienceMs = 2_000;

/**
 * Signs in by the browser of this machine: authorization code with PKCE, back to a port of ours
 * (RFC 7636, RFC 8252).
 * @throws SignInDenied, SignInUnfinished; ServiceFailed, NetworkFailed, Throttled
 */
export async function signInByBrowser<T>(
  call: SignInTo<T>,
  grant: AuthorizationCodeGrant<T>,
  world: World,
): Promise<T> {
  const { session } = call;
  const startedAt = world.clock.monotonicMs();
  const { default: pkceChallenge } = await import('pkce-challenge');
  const { code_verifier: codeVerifier, code_challenge: codeChallenge } = await pkceChallenge(64);
  const state = world.randomHex(32);
  const nonce = world.randomHex(32);
  const { ports, host } = grant;
  const listener = await listen({ ports, host, path: callbackPath, state }, world);
  try {
    const { redirectUri } = listener;
    const url = await grant.authorizationUrl({ redirectUri, state, nonce, codeChallenge });
    world.trace('sign-in', `redirectUri=${redirectUri}, code_challenge_method=S256`);
    const isOpened = await call.open(url);
    call.tell({ kind: 'browser', url: url.href, isOpened });

    const received = await firstAnswer(call, listener, state, world);
    if (received === undefined) {
      throw signInUnfinished(session, world.clock.monotonicMs() - startedAt);
    }
    return await concluding(received, session.name, async () => {
      const { callback, query } = received;
      if (callback.kind === 'refused') {
        const { error, description } = callback;
        if (error === 'access_denied') throw signInDenied(session, description);
        throw signInRefused(session, error, description);
      }
      const { code } = callback;
      const redirect = new URL(`${redirectUri}?${query}`);
      // The person has done their part: the exchange gets its time, whatever is left of the call's.
      const deadline = Math.max(call.deadline, world.clock.monotonicMs() + exchangeMs);
      const proof = { redirectUri, codeVerifier, state, nonce };
      // The code is good once: what it is exchanged for is kept, whatever ends us meanwhile.
      const letSignalsThrough = world.signals.hold();
      try {
        const token = await grant.exchange({ code, redirect, ...proof, deadline });
        await call.keep(token);
        return token;
      } finally {
        letSignalsThrough();
      }
    });
  } finally {
    listener.close();
  }
}

/** @throws NetworkFailed when none of the ports becomes free */
async function listen(
  expected: CallbackExpectation,
  { listenForCallback, clock }: World,
): Promise<CallbackListener> {
  const until = clock.monotonicMs() + portPatienceMs;
  for (;;) {
    try {
      return await listenForCallback(expected);
    } catch (error) {
      if (!isSsoCredError(error) || clock.monotonicMs() >= until) throw error;
      await clock.sleep(100);
    }
  }
}

/** The redirect, or the same URL pasted by the person; undefined at the deadline. */
async function firstAnswer(
  call: SignInCall,
  listener: CallbackListener,
  state: string,
  world: World,
): Promise<ReceivedCallback | undefined> {
  let timer: NodeJS.Timeout | undefined;
  const timeout = new Promise<undefined>((resolve) => {
    const remaining = Math.max(0, call.deadline - world.clock.monotonicMs());
    timer = setTimeout(() => resolve(undefined), remaining);
  });
  const pasted = call.pasted === undefined ? [] : [firstPasted(call.pasted, state)];
  try {
    return await Promise.race([listener.received, timeout, ...pasted]);
  } finally {
    clearTimeout(timer);
  }
}

async function firstPasted(
  pasted: AsyncIterable<string>,
  state: string,
): Promise<ReceivedCallback> {
  for await (const redirect of pastedRedirects(pasted, state)) {
    return { ...redirect, answer: async () => undefined };
  }
  return new Promise(() => undefined); // the terminal is closed: only the redirect is left
}

/** Tells the person in the browser how it ended, and gives or throws what the work does. */
async function concluding<T>(
  received: ReceivedCallback,
  sessionName: string,
  work: () => Promise<T>,
): Promise<T> {
  try {
    const result = await work();
    await received.answer({
      title: 'Signed in',
      text: `sso-cred has the session ${sessionName}. You can close this window.`,
    });
    return result;
  } catch (error) {
    await received.answer({
      title: 'Not signed in',
      text: isSsoCredError(error) ? `${error.message}.` : 'Something went wrong in sso-cred.',
    });
    throw afterThePerson(error);
  }
}
