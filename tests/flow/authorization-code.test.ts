import { createHash } from 'node:crypto';
import { describe, expect, test } from '@jest/globals';
import {
  type AuthorizationCode,
  type AuthorizationRequest,
  signInByBrowser,
} from '../../src/flow/authorization-code.ts';
import type {
  CallbackExpectation,
  CallbackPage,
  ReceivedCallback,
} from '../../src/model/callback.ts';
import { readCallback } from '../../src/model/callback.ts';
import { SsoCredError } from '../../src/model/errors.ts';
import type { SignInShown } from '../../src/model/pending-record.ts';
import { fakeWorld } from '../support/fake-world.ts';

const session = { name: '"corp"', signInCommand: 'sso-cred login --session corp' };
const redirectUri = 'http://127.0.0.1:4711/oauth/callback';

/** What the person does with the redirect of a sign-in: their browser comes back, or they paste. */
interface Person {
  /** The query that the browser comes back with. */
  readonly browser?: (state: string) => string;
  /** What is typed at the terminal, a line each. */
  readonly pasted?: (state: string) => readonly string[];
  readonly timeoutMs?: number;
  /** What the exchange ends with instead of a token. */
  readonly failure?: SsoCredError;
}

/** Signs in; gives the token, and what was asked, told and shown meanwhile. */
async function play({ browser, pasted, timeoutMs = 5_000, failure }: Person) {
  const world = fakeWorld();
  const requests: AuthorizationRequest[] = [];
  const exchanged: AuthorizationCode[] = [];
  const told: SignInShown[] = [];
  const kept: string[] = [];
  const pages: CallbackPage[] = [];
  let expectation: CallbackExpectation | undefined;
  let isClosed = false;
  const listenForCallback = async (expected: CallbackExpectation) => {
    expectation = expected;
    const query = browser?.(expected.state);
    const callback =
      query && readCallback(new URLSearchParams(query), (state) => state === expected.state);
    const received = callback
      ? Promise.resolve<ReceivedCallback>({
          callback,
          query: query ?? '',
          answer: async (page) => void pages.push(page),
        })
      : new Promise<ReceivedCallback>(() => undefined);
    const close = () => {
      isClosed = true;
    };
    return { redirectUri, received, close };
  };
  const lines = async function* () {
    yield* pasted?.(expectation?.state ?? '') ?? [];
  };
  const call = {
    session,
    deadline: world.clock.monotonicMs() + timeoutMs,
    open: async () => true,
    tell: (notice: SignInShown) => void told.push(notice),
    keep: async (token: string) => void kept.push(token),
    ...(pasted === undefined ? {} : { pasted: lines() }),
  };
  const grant = {
    ports: [0],
    host: '127.0.0.1',
    async authorizationUrl(request: AuthorizationRequest) {
      requests.push(request);
      return new URL('https://oidc.example.com/authorize');
    },
    async exchange(code: AuthorizationCode) {
      exchanged.push(code);
      if (failure !== undefined) throw failure;
      return 'the token';
    },
  } as const;
  const outcome = await signInByBrowser(call, grant, { ...world, listenForCallback }).catch(
    (error: unknown) => error,
  );
  return { outcome, requests, exchanged, told, kept, pages, expectation, isClosed };
}

describe('a sign-in by browser', () => {
  test('asks with PKCE and a state, and exchanges the code with what belongs to it', async () => {
    const played = await play({ browser: (state) => `code=c1&state=${state}` });
    expect(played.outcome).toBe('the token');
    expect(played.kept).toEqual(['the token']);
    const [request] = played.requests;
    const [code] = played.exchanged;
    const challenge = createHash('sha256')
      .update(code?.codeVerifier ?? '')
      .digest('base64url');
    expect(request).toMatchObject({ redirectUri, codeChallenge: challenge });
    expect(code?.codeVerifier).toMatch(/^[\w.~-]{64}$/);
    expect(request?.state).toMatch(/^[0-9a-f]{64}$/);
    expect(played.expectation).toMatchObject({ state: request?.state, path: '/oauth/callback' });
    expect(code).toMatchObject({ code: 'c1', redirectUri, state: request?.state });
    expect(code?.redirect.href).toBe(`${redirectUri}?code=c1&state=${request?.state}`);
    expect(played.told).toEqual([
      { kind: 'browser', url: 'https://oidc.example.com/authorize', isOpened: true },
    ]);
  });

  test('uses nothing twice', async () => {
    const [one, other] = await Promise.all([play({ timeoutMs: 1 }), play({ timeoutMs: 1 })]);
    const { state, nonce, codeChallenge } = one.requests[0] ?? {};
    expect(new Set([state, nonce, codeChallenge]).size).toBe(3);
    expect(other.requests[0]).not.toMatchObject({ state });
    expect(other.requests[0]).not.toMatchObject({ nonce });
    expect(other.requests[0]).not.toMatchObject({ codeChallenge });
  });

  test('tells in the browser that it worked only once it has', async () => {
    const browser = (state: string) => `code=c1&state=${state}`;
    const { pages } = await play({ browser });
    expect(pages).toEqual([
      {
        title: 'Signed in',
        text: 'sso-cred has the session "corp". You can close this window.',
      },
    ]);
    const failure = new SsoCredError('ServiceFailed', 'CreateToken failed with status 500');
    const failed = await play({ browser, failure });
    // The person has done their part: they are not asked again at once.
    expect(failed.outcome).toMatchObject({ code: 'SignInRefused', message: failure.message });
    expect(failed.pages).toEqual([
      { title: 'Not signed in', text: 'CreateToken failed with status 500.' },
    ]);
  });

  test.each([
    ['access_denied', 'SignInDenied', 'The sign-in to the session "corp" was denied: No'],
    [
      'server_error',
      'SignInRefused',
      'The sign-in to the session "corp" was not taken (server_error: No)',
    ],
  ])('ends at %s with %s, in the browser too', async (error, code, message) => {
    const browser = (state: string) => `error=${error}&error_description=No&state=${state}`;
    const { outcome, pages, exchanged } = await play({ browser });
    expect(outcome).toMatchObject({ code, message, remedy: session.signInCommand });
    expect(pages).toEqual([{ title: 'Not signed in', text: `${message}.` }]);
    expect(exchanged).toEqual([]);
  });

  test('ends when nobody comes back in time', async () => {
    const { outcome } = await play({ timeoutMs: 10 });
    expect(outcome).toMatchObject({ code: 'SignInUnfinished', remedy: session.signInCommand });
  });

  test('closes the listener however it ends', async () => {
    const browser = (state: string) => `code=c1&state=${state}`;
    const ends = [{ browser }, { timeoutMs: 1 }, { browser: () => 'error=x' }];
    for (const person of [...ends, { browser, failure: new SsoCredError('Throttled', 'x') }]) {
      expect(await play({ timeoutMs: 1, ...person })).toMatchObject({ isClosed: true });
    }
  });
});

describe('a callback URL that is pasted', () => {
  const good = (state: string) => `${redirectUri}?code=pasted&state=${state}`;

  test.each<[string, (state: string) => readonly string[]]>([
    ['as it is', (state) => [good(state)]],
    ['with blanks around it', (state) => [`  ${good(state)}\t`]],
    ['after other lines', (state) => ['', 'what?', 'https://example.com/', good(state)]],
    ['after one of another sign-in', (state) => [good('other'), good(state)]],
    ['by another name of the host', (state) => [good(state).replace('127.0.0.1', 'localhost')]],
  ])('signs in %s', async (_, pasted) => {
    const { outcome, exchanged, pages } = await play({ pasted });
    expect(outcome).toBe('the token');
    expect(exchanged).toMatchObject([{ code: 'pasted', redirectUri }]);
    expect(pages).toEqual([]);
  });

  test('may tell of a denial', async () => {
    const pasted = (state: string) => [`${redirectUri}?error=access_denied&state=${state}`];
    expect((await play({ pasted })).outcome).toMatchObject({ code: 'SignInDenied' });
  });

  test.each<[string, (state: string) => readonly string[]]>([
    ['nothing', () => []],
    ['another path', (state) => [good(state).replace('/oauth/callback', '/')]],
    ['another state', () => [good('x')]],
    ['no URL', (state) => [`code=pasted&state=${state}`]],
    ['two codes', (state) => [`${good(state)}&code=another`]],
  ])('is not an answer with %s, and the redirect is waited for', async (_, pasted) => {
    const { outcome } = await play({ pasted, timeoutMs: 20 });
    expect(outcome).toMatchObject({ code: 'SignInUnfinished' });
    const browser = (state: string) => `code=c1&state=${state}`;
    expect((await play({ pasted, browser })).exchanged).toMatchObject([{ code: 'c1' }]);
  });
});
