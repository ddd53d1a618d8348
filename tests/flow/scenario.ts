import {
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, expect, jest } from '@jest/globals';
import { type CredentialsCall, getCredentials } from '../../src/flow/get-credentials.ts';
import { runSignIn } from '../../src/flow/run-sign-in.ts';
import type { SignInWork } from '../../src/flow/session-call.ts';
import type { SessionPlace } from '../../src/flow/session-place.ts';
import type { SignInTo } from '../../src/flow/sign-in-call.ts';
import { ssoRole } from '../../src/flow/sso-role.ts';
import { ssoSessionKind } from '../../src/flow/sso-session-kind.ts';
import { describeError, isSsoCredError, type SsoCredError } from '../../src/model/errors.ts';
import type { SsoSession } from '../../src/model/profile.ts';
import { formatTimestamp } from '../../src/model/role-credentials.ts';
import { encodeSsoToken, type SsoToken } from '../../src/model/sso-token.ts';
import { ssoTokenFile } from '../../src/store/sso-token-cache.ts';
import { openStore, type Store } from '../../src/store/store.ts';
import { type Answer, type FakeWorld, fakeWorld, reply } from '../support/fake-world.ts';
import { freshDirectory } from '../support/fresh-directory.ts';
import type { ProcessOutput } from '../support/outcome.ts';

export const minuteMs = 60_000;
export const hourMs = 60 * minuteMs;
export const dayMs = 24 * hourMs;

/** Begins every secret here, so that a leak shows. */
const secretPrefix = 'secret-';
let secrets = 0;

function secret(what: string): string {
  secrets += 1;
  return `${secretPrefix}${what}-${secrets}`;
}

/** What came of asking for credentials: the answer, or our error. */
export type Outcome =
  | { readonly output: ProcessOutput }
  | { readonly code: string; readonly text: string; readonly remedy: string | undefined };

/** One user's home, clock and Identity Center. */
export interface Scenario {
  readonly world: FakeWorld;
  readonly store: Store;
  readonly session: SsoSession;
  readonly place: SessionPlace;
  readonly tokenFile: string;
  /** Another tool signs in or refreshes: a token file as it would leave it, written now. */
  signIn(changes?: { readonly [K in keyof SsoToken]?: SsoToken[K] | undefined }): SsoToken;
  /** The token as it lies there. */
  token(): Record<string, string>;
  /** A person who signs in, in the process that asks. */
  person(signIn: (call: SignInTo) => Promise<unknown>): SignInWork;
  /** Asks for credentials, with 45 s to spend. */
  get(
    changes?: Partial<CredentialsCall> & { roleName?: string; budgetMs?: number },
  ): Promise<Outcome>;
  /** How many requests came since the last time this was asked, by operation. */
  newCalls(): Readonly<Record<string, number>>;
}

const open: Scenario[] = [];

process.env['AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED'] = 'true';
const warn = jest.spyOn(console, 'warn');

beforeEach(() => {
  warn.mockReset();
});

afterEach(() => {
  expect(warn.mock.calls).toEqual([]);
  for (const { world, store, tokenFile } of open.splice(0)) {
    expect(world.deviations()).toEqual([]);
    expect(world.traces.filter((line) => line.includes(secretPrefix))).toEqual([]);
    for (const folder of [dirname(tokenFile), ...foldersOf(store)]) {
      expect(readdirSync(folder).filter((name) => !name.endsWith('.json'))).toEqual([]);
    }
  }
});

function foldersOf(store: Store): readonly string[] {
  if (!existsSync(store.directory)) return [];
  return readdirSync(store.directory, { withFileTypes: true })
    .filter((entry) => entry.isDirectory())
    .map(({ name }) => join(store.directory, name));
}

/**
 * A home in which nobody has signed in yet. After the test it must hold no strays, and no secret a trace.
 * @param tap what the program sees of the world
 */
export function scenario(tap: (world: FakeWorld) => FakeWorld = (world) => world): Scenario {
  const home = freshDirectory();
  const world = tap(fakeWorld({ HOME: home }));
  const endpoint = { region: 'eu-west-1', fips: false, dualStack: false };
  const session: SsoSession = {
    kind: 'sso',
    name: 'corp',
    startUrl: 'https://corp.awsapps.com/start',
    region: 'eu-west-1',
    registrationScopes: ['sso:account:access'],
    useDeviceCode: false,
    redirectPorts: [0],
    endpoints: { sso: endpoint, ssoOidc: endpoint },
    signInCommand: 'sso-cred login --profile dev',
  };
  const tokenFile = ssoTokenFile(join(home, '.aws', 'sso', 'cache'), session);
  mkdirSync(dirname(tokenFile), { recursive: true, mode: 0o700 });
  const store = openStore(join(home, '.aws', 'sso-cred'), world);
  let seen = 0;

  const place: SessionPlace = {
    session: ssoSessionKind(session, tokenFile, world),
    store,
    startWorker: async () => undefined,
  };

  const made: Scenario = {
    world,
    store,
    session,
    place,
    tokenFile,
    signIn(changes = {}) {
      const token = {
        startUrl: session.startUrl,
        region: session.region,
        accessToken: secret('accessToken'),
        expiresAt: world.clock.now() + 8 * hourMs,
        clientId: 'client',
        clientSecret: secret('clientSecret'),
        registrationExpiresAt: world.clock.now() + 90 * dayMs,
        refreshToken: secret('refreshToken'),
        ...changes,
      } as SsoToken;
      writeFileSync(tokenFile, encodeSsoToken(token), { mode: 0o600 });
      const writtenAt = world.clock.now() / 1000;
      utimesSync(tokenFile, writtenAt, writtenAt);
      return token;
    },
    person: (signIn) => ({
      flow: 'browser',
      isWatched: false,
      tell: () => undefined,
      here: (record) => {
        const deadline = world.clock.monotonicMs() + 45_000;
        const open = async () => false;
        return runSignIn({ ...place, record, deadline, open, signIn }, world);
      },
    }),
    token: () => JSON.parse(readFileSync(tokenFile, 'utf8')),
    async get({ roleName = 'Developer', budgetMs = 45_000, ...changes } = {}) {
      const profile = { kind: 'sso', session, accountId: '111122223333', roleName } as const;
      const call: CredentialsCall = {
        role: ssoRole(profile, tokenFile, world),
        ...place,
        refresh: false,
        isAhead: false,
        deadline: world.clock.monotonicMs() + budgetMs,
        signIn: undefined,
        ...changes,
      };
      try {
        const { output } = await getCredentials(call, world);
        return { output: JSON.parse(output) };
      } catch (error) {
        if (!isSsoCredError(error)) throw error;
        return outcomeOf(error);
      }
    },
    newCalls() {
      const counts: Record<string, number> = {};
      for (const { operation } of world.calls.slice(seen)) {
        counts[operation] = (counts[operation] ?? 0) + 1;
      }
      seen = world.calls.length;
      return counts;
    },
  };
  open.push(made);
  return made;
}

function outcomeOf(error: SsoCredError): Outcome {
  const { code, remedy } = error;
  const text = describeError(error);
  expect(text).not.toContain(secretPrefix);
  expect(text.length).toBeLessThan(1_000);
  return { code, text, remedy };
}

/** Credentials that last so long from now, by the clock of the server; new ones for each request. */
export function issued(lastsMs: number): Answer {
  return (call, world) => {
    const serverNow = world.clock.now() + world.serverSkewMs;
    secrets += 1;
    const roleCredentials = {
      accessKeyId: `ASIA${String(secrets).padStart(16, '0')}`,
      secretAccessKey: secret('secretAccessKey'),
      sessionToken: secret('sessionToken'),
      expiration: serverNow + lastsMs,
    };
    return reply(200, { roleCredentials })(call, world);
  };
}

/** A new token, and a new refresh token with it; members that are undefined are left out. */
export function refreshed(changes: Readonly<Record<string, unknown>> = {}): Answer {
  return (call, world) => {
    const members = {
      accessToken: secret('accessToken'),
      expiresIn: 8 * 3_600,
      refreshToken: secret('refreshToken'),
      tokenType: 'Bearer',
      ...changes,
    };
    return reply(200, members)(call, world);
  };
}

/** The key of credentials that were given; else the test fails with what came instead. */
export function keyOf(outcome: Outcome): string {
  if (!('output' in outcome)) throw new Error(`${outcome.code}: ${outcome.text}`);
  return outcome.output.AccessKeyId;
}

/** `Expiration` of credentials that last so long from now, by the clock of the server. */
export function expirationAfter(world: FakeWorld, ms: number): string {
  return formatTimestamp(world.clock.now() + world.serverSkewMs + ms);
}
