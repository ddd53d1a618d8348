import { describe, expect, test } from '@jest/globals';
import type { SsoCredError } from '../../src/model/errors.ts';
import type { OidcSession } from '../../src/model/profile.ts';
import {
  discoverProvider,
  type ProviderReply,
  pollProviderDevice,
  refreshProviderToken,
  startProviderDevice,
} from '../../src/services/identity-provider.ts';
import type { HttpReply, HttpRequest } from '../../src/system/http.ts';

const issuer = 'https://acme.example/';
const session: OidcSession = {
  kind: 'oidc',
  name: 'acme',
  issuer,
  clientId: 'abc',
  scopes: 'openid',
  flow: 'auto',
  redirectPorts: [0],
  redirectHost: '127.0.0.1',
  token: 'id_token',
  extraParameters: {},
  signInCommand: 'sso-cred login --session acme',
};
const metadata = {
  issuer,
  authorization_endpoint: 'https://acme.example/authorize',
  token_endpoint: 'https://acme.example/oauth/token',
  device_authorization_endpoint: 'https://acme.example/oauth/device/code',
  revocation_endpoint: 'https://acme.example/oauth/revoke',
};
const now = Date.UTC(2026, 10, 21, 12);

interface Answer {
  readonly status?: number;
  readonly body: unknown;
  readonly headers?: Readonly<Record<string, string>>;
}

/** A network on which one server answers everything alike, and a clock that stands. */
function worldOf({ status = 200, body, headers = {} }: Answer) {
  const requests: HttpRequest[] = [];
  const reply: HttpReply = {
    status,
    headers: { 'content-type': 'application/json', ...headers },
    body: Buffer.from(JSON.stringify(body)),
  };
  return {
    requests,
    clock: { now: () => now, monotonicMs: () => 0, sleep: async () => undefined },
    trace: () => undefined,
    async sendHttp(request: HttpRequest) {
      requests.push(request);
      return reply;
    },
  };
}

async function refusalOf(work: Promise<unknown>): Promise<SsoCredError> {
  const outcome = await work.then(
    (value) => new Error(`it gave ${JSON.stringify(value)}`),
    (error: unknown) => error,
  );
  return outcome as SsoCredError;
}

describe('discovery', () => {
  test('asks below the issuer, whether that ends in a slash or not, and gives what it says', async () => {
    for (const written of [issuer, issuer.slice(0, -1)]) {
      const world = worldOf({ body: metadata });
      expect(await discoverProvider({ ...session, issuer: written }, 1_000, world)).toEqual(
        metadata,
      );
      expect(world.requests.map(({ url }) => url.href)).toEqual([
        'https://acme.example/.well-known/openid-configuration',
      ]);
    }
  });

  test.each([
    ['token_endpoint', 'http://acme.example/oauth/token'],
    ['token_endpoint', 'http://127.0.0.1/oauth/token'],
    ['device_authorization_endpoint', 'http://acme.example/device'],
    ['revocation_endpoint', 'ftp://acme.example/'],
    ['authorization_endpoint', 'javascript:alert(1)'],
    ['authorization_endpoint', '/authorize'],
  ])('refuses a %s at %s', async (name, address) => {
    const world = worldOf({ body: { ...metadata, [name]: address } });
    expect(await refusalOf(discoverProvider(session, 1_000, world))).toMatchObject({
      code: 'ServiceFailed',
      message: `The discovery document of ${issuer} names a ${name} that is no https URL`,
    });
  });

  test('on this machine, plain http may stay on it and not lead away', async () => {
    const here = { ...session, issuer: 'http://127.0.0.1:4711' };
    const local = (token: string) => ({
      body: { issuer: here.issuer, token_endpoint: token },
    });
    const stays = worldOf(local('http://127.0.0.1:4711/token'));
    expect(await discoverProvider(here, 1_000, stays)).toHaveProperty('token_endpoint');
    const leads = worldOf(local('http://192.0.2.1/token'));
    expect(await refusalOf(discoverProvider(here, 1_000, leads))).toMatchObject({
      message: expect.stringContaining('names a token_endpoint that is no https URL'),
    });
  });
});

describe('a device authorization', () => {
  const device = { device_code: 'd', user_code: 'ABCD', expires_in: 900 };

  test('is that of RFC 8628, or with the name that Google has for the address', async () => {
    const address = 'https://acme.example/activate';
    for (const name of ['verification_uri', 'verification_url']) {
      const world = worldOf({ body: { ...device, [name]: address } });
      expect(await startProviderDevice({ session, metadata, deadline: 1_000 }, world)).toEqual({
        deviceCode: 'd',
        userCode: 'ABCD',
        verificationUri: address,
        verificationUriComplete: address,
        expiresInMs: 900_000,
        intervalMs: 5_000,
      });
    }
  });

  test('is polled once a second at most', async () => {
    const body = { ...device, verification_uri: 'https://acme.example/activate', interval: 0.01 };
    const call = { session, metadata, deadline: 1_000 };
    expect(await startProviderDevice(call, worldOf({ body }))).toMatchObject({ intervalMs: 1_000 });
  });

  test('that is refused says by whom and why', async () => {
    const body = { error: 'invalid_scope', error_description: 'No such scope: offline_access' };
    const world = worldOf({ status: 400, body });
    const call = { session, metadata, deadline: 1_000 };
    expect(await refusalOf(startProviderDevice(call, world))).toMatchObject({
      code: 'ServiceFailed',
      message: `${issuer} refuses (invalid_scope: No such scope: offline_access)`,
    });
  });
});

describe('the token endpoint', () => {
  const call = { session, metadata, deadline: 1_000 };
  const poll = (answer: Answer): Promise<ProviderReply> =>
    pollProviderDevice(call, 'the-device-code', worldOf(answer));

  test.each([
    [400, 'authorization_pending'],
    [403, 'authorization_pending'],
    [400, 'slow_down'],
    [429, 'slow_down'],
    [403, 'access_denied'],
    [403, 'expired_token'],
    [401, 'invalid_client'],
  ])('refuses with status %s and %s', async (status, error) => {
    const headers = status === 401 ? { 'www-authenticate': 'Basic realm="x"' } : {};
    expect(await poll({ status, headers, body: { error, error_description: 'Why' } })).toEqual({
      kind: 'refused',
      error,
      text: 'Why',
    });
  });

  test('may limit the rate, and say for how long', async () => {
    const body = { error: 'too_many_requests' };
    const limited = {
      code: 'Throttled',
      message: `${issuer} limits the rate of requests just now`,
    };
    for (const value of ['90', new Date(now + 90_000).toUTCString()]) {
      const headers = { 'retry-after': value };
      const error = await refusalOf(poll({ status: 429, headers, body }));
      expect(error).toMatchObject({ ...limited, retryAfterMs: 90_000 });
    }
    expect(await refusalOf(poll({ status: 429, body }))).toMatchObject(limited);
  });

  test('has what it repeats of our secrets left out', async () => {
    const world = worldOf({
      status: 400,
      body: { error: 'invalid_request', error_description: 'no: the-refresh-token-1234' },
    });
    expect(await refreshProviderToken(call, 'the-refresh-token-1234', world)).toEqual({
      kind: 'refused',
      error: 'invalid_request',
      text: 'no: …',
    });
  });

  test('tells its own time', async () => {
    const body = { access_token: 'a', token_type: 'Bearer', expires_in: 60, refresh_token: 'r' };
    const headers = { date: new Date(now - 120_000).toUTCString() };
    expect(await poll({ headers, body })).toEqual({
      kind: 'token',
      accessToken: 'a',
      expiresIn: 60,
      refreshToken: 'r',
      receivedAt: now,
      skewMs: -120_000,
    });
  });

  test('gives a reply that does not check out: its refresh token is the only good one', async () => {
    const body = { access_token: 'a', token_type: 'Bearer', id_token: 'x.y.z' };
    expect(await poll({ body })).toMatchObject({ kind: 'unusable' });
    expect(await poll({ body: { ...body, refresh_token: 'r' } })).toMatchObject({
      kind: 'unusable',
      refreshToken: 'r',
    });
  });
});
