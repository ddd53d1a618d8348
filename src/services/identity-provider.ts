import { SsoCredError } from '../model/errors.ts';
import { isText } from '../model/json.ts';
import { isLoopback } from '../model/loopback.ts';
import type { OidcSession } from '../model/profile.ts';
import type { World } from '../world.ts';
import type { Configuration, ServerMetadata, TokenEndpointResponse } from './load-openid-client.ts';
import { providerError, type RawReply, refusalOf, type TokenRefusal } from './provider-error.ts';
import { replyFacts } from './reply-facts.ts';
import { withoutEcho } from './without-echo.ts';

type Effects = Pick<World, 'clock' | 'sendHttp' | 'trace'>;

/** What is known of the provider (OpenID Connect Discovery 1.0, 3); plain data, can be kept. */
export type ProviderMetadata = Readonly<Record<string, unknown>> & { readonly issuer: string };

/** A session with its provider's metadata, and when to give up (monotonic clock, milliseconds). */
export interface ProviderCall {
  readonly session: OidcSession;
  readonly metadata: ProviderMetadata;
  readonly deadline: number;
}

/** What the token endpoint gave. */
export interface TokenReply {
  readonly kind: 'token';
  readonly idToken?: string;
  readonly accessToken?: string;
  /** The access token's lifetime in seconds, if told. */
  readonly expiresIn?: number;
  readonly refreshToken?: string;
  /** Epoch milliseconds by our clock. */
  readonly receivedAt: number;
  /** The provider's clock less ours; milliseconds. */
  readonly skewMs: number;
}

/**
 * A reply that does not check out. What was sent is spent all the same, and a refresh token in it is
 * the only one that is good.
 */
export interface UnusableReply {
  readonly kind: 'unusable';
  readonly reason: string;
  readonly refreshToken?: string;
}

export type ProviderReply = TokenReply | TokenRefusal | UnusableReply;

/**
 * openid-client compares a token's times with our clock, which may be wrong; what is made of the token
 * (src/flow/oidc-session-kind.ts) compares them with the provider's. Seconds.
 */
const anyClockS = 10 * 366 * 24 * 3_600;

/** What they show to the token endpoint is spent by it. */
const singleUseGrants: readonly string[] = ['authorization_code', 'refresh_token'];

const deviceGrant = 'urn:ietf:params:oauth:grant-type:device_code';

/** The endpoints that we send something to, a person too. */
const endpoints = [
  'authorization_endpoint',
  'token_endpoint',
  'device_authorization_endpoint',
  'revocation_endpoint',
] as const;

/**
 * The provider's metadata. The issuer in it must be the one that is configured: openid-client takes
 * both forms of a root issuer (with and without slash), and nothing else. Its endpoints must be at
 * https URLs, as the issuer; on this machine alone at http ones.
 * @throws ServiceFailed, NetworkFailed
 */
export async function discoverProvider(
  session: OidcSession,
  deadline: number,
  world: Effects,
): Promise<ProviderMetadata> {
  const client = await import('./load-openid-client.ts');
  const { fetch, reply } = providerFetch('Discovery', {}, { session, deadline }, world);
  const issuer = new URL(session.issuer);
  const discover = () =>
    client.discovery(issuer, session.clientId, undefined, client.None(), {
      [client.customFetch]: fetch,
      execute: issuer.protocol === 'http:' ? [client.allowInsecureRequests] : [],
    });
  const what = 'The discovery document';
  const configuration = await discover().catch((error: unknown) => {
    throw providerError(what, session, error, reply());
  });
  const { supportsPKCE: _none, ...metadata } = configuration.serverMetadata();
  const unsafe = endpoints.find((name) => !isSafe(metadata[name], issuer));
  if (unsafe === undefined) return metadata;
  throw new SsoCredError(
    'ServiceFailed',
    `${what} of ${session.issuer} names a ${unsafe} that is no https URL`,
  );
}

function isSafe(endpoint: string | undefined, issuer: URL): boolean {
  if (endpoint === undefined) return true;
  const url = URL.canParse(endpoint) ? new URL(endpoint) : undefined;
  if (url?.protocol === 'https:') return true;
  return url?.protocol === 'http:' && issuer.protocol === 'http:' && isLoopback(url);
}

/** Where the person's browser goes to sign in (OpenID Connect Core 1.0, 3.1.2.1, with PKCE). */
export async function providerAuthorizationUrl(
  { session, metadata, deadline }: ProviderCall,
  request: {
    readonly redirectUri: string;
    readonly state: string;
    readonly nonce: string;
    readonly codeChallenge: string;
  },
  world: Effects,
): Promise<URL> {
  const client = await import('./load-openid-client.ts');
  const { fetch, reply } = providerFetch('Authorize', {}, { session, deadline }, world);
  const { audience, scopes, extraParameters } = session;
  try {
    return client.buildAuthorizationUrl(configure(client, session, metadata, fetch), {
      redirect_uri: request.redirectUri,
      scope: scopes,
      state: request.state,
      // A nonce is OpenID's; a provider may refuse it where no id_token is asked for.
      ...(scopes.split(' ').includes('openid') ? { nonce: request.nonce } : {}),
      code_challenge: request.codeChallenge,
      code_challenge_method: 'S256',
      ...(audience === undefined ? {} : { audience }),
      ...extraParameters,
    });
  } catch (error) {
    throw providerError('The authorization endpoint', session, error, reply());
  }
}

/**
 * Exchanges the code of a redirect for tokens; state, nonce, issuer and the id_token are checked.
 * @param redirect the redirect URI with the query that came back
 * @throws ServiceFailed, NetworkFailed
 */
export async function exchangeCode(
  { session, metadata, deadline }: ProviderCall,
  redirect: URL,
  expected: { readonly codeVerifier: string; readonly state: string; readonly nonce: string },
  world: Effects,
): Promise<ProviderReply> {
  const client = await import('./load-openid-client.ts');
  const request = providerFetch(
    'Token',
    { grant_type: 'authorization_code' },
    { session, deadline },
    world,
  );
  return await tokenReply(session, request, world, () =>
    client.authorizationCodeGrant(configure(client, session, metadata, request.fetch), redirect, {
      pkceCodeVerifier: expected.codeVerifier,
      expectedState: expected.state,
      // Who asks for openid gets an id_token, and it has the nonce, whichever token is for STS.
      ...(session.scopes.split(' ').includes('openid')
        ? { expectedNonce: expected.nonce, idTokenExpected: true }
        : {}),
    }),
  );
}

/** What the person is to be shown (RFC 8628, 3.2). */
export interface ProviderDeviceAuthorization {
  readonly deviceCode: string;
  readonly userCode: string;
  readonly verificationUri: string;
  readonly verificationUriComplete: string;
  readonly expiresInMs: number;
  readonly intervalMs: number;
}

/** Starts a sign-in by device code. @throws ServiceFailed, NetworkFailed */
export async function startProviderDevice(
  { session, metadata, deadline }: ProviderCall,
  world: Effects,
): Promise<ProviderDeviceAuthorization> {
  if (typeof metadata['device_authorization_endpoint'] !== 'string') {
    throw new SsoCredError('ServiceFailed', `${session.issuer} has no device flow`, {
      remedy: `${session.signInCommand} --browser`,
    });
  }
  const client = await import('./load-openid-client.ts');
  const { audience, scopes } = session;
  const parameters = { scope: scopes };
  const { fetch, reply } = providerFetch(
    'DeviceAuthorization',
    parameters,
    { session, deadline },
    world,
  );
  try {
    const device = await client.initiateDeviceAuthorization(
      configure(client, session, metadata, fetch),
      { scope: scopes, ...(audience === undefined ? {} : { audience }) },
    );
    return {
      deviceCode: device.device_code,
      userCode: device.user_code,
      verificationUri: device.verification_uri,
      verificationUriComplete: device.verification_uri_complete ?? device.verification_uri,
      expiresInMs: device.expires_in * 1000,
      intervalMs: Math.max(1, device.interval ?? 5) * 1000,
    };
  } catch (error) {
    throw providerError('The device authorization endpoint', session, error, reply());
  }
}

/** Asks once whether a device code has been approved. @throws ServiceFailed, NetworkFailed */
export async function pollProviderDevice(
  { session, metadata, deadline }: ProviderCall,
  deviceCode: string,
  world: Effects,
): Promise<ProviderReply> {
  const client = await import('./load-openid-client.ts');
  const request = providerFetch('Token', { grant_type: deviceGrant }, { session, deadline }, world);
  return await tokenReply(session, request, world, () =>
    client.genericGrantRequest(configure(client, session, metadata, request.fetch), deviceGrant, {
      device_code: deviceCode,
    }),
  );
}

/** Spends a refresh token, once; the scope is sent again, for Entra. @throws ServiceFailed, NetworkFailed */
export async function refreshProviderToken(
  { session, metadata, deadline }: ProviderCall,
  refreshToken: string,
  world: Effects,
): Promise<ProviderReply> {
  const client = await import('./load-openid-client.ts');
  const request = providerFetch(
    'Token',
    { grant_type: 'refresh_token' },
    { session, deadline },
    world,
  );
  return await tokenReply(session, request, world, () =>
    client.refreshTokenGrant(configure(client, session, metadata, request.fetch), refreshToken, {
      scope: session.scopes,
    }),
  );
}

/** Ends a refresh token at the provider (RFC 7009), where that can be done. @throws ServiceFailed, NetworkFailed */
export async function revokeProviderToken(
  { session, metadata, deadline }: ProviderCall,
  refreshToken: string,
  world: Effects,
): Promise<void> {
  if (typeof metadata['revocation_endpoint'] !== 'string') {
    world.trace('network', `${session.issuer} has no revocation endpoint: it is not told`);
    return;
  }
  const client = await import('./load-openid-client.ts');
  const { fetch, reply } = providerFetch('Revocation', {}, { session, deadline }, world);
  try {
    await client.tokenRevocation(configure(client, session, metadata, fetch), refreshToken, {
      token_type_hint: 'refresh_token',
    });
  } catch (error) {
    throw providerError('The revocation endpoint', session, error, reply());
  }
}

type OpenidClient = typeof import('./load-openid-client.ts');

function configure(
  client: OpenidClient,
  session: OidcSession,
  metadata: ProviderMetadata,
  fetch: ProviderFetch['fetch'],
): Configuration {
  const { clientId, clientSecret } = session;
  const auth = clientSecret === undefined ? client.None() : client.ClientSecretPost(clientSecret);
  const configuration = new client.Configuration(
    metadata as ServerMetadata,
    clientId,
    { [client.clockTolerance]: anyClockS },
    auth,
  );
  configuration[client.customFetch] = fetch;
  if (new URL(session.issuer).protocol === 'http:') client.allowInsecureRequests(configuration);
  return configuration;
}

/** One request's way to the network, and what came back. */
interface ProviderFetch {
  readonly fetch: (
    url: string,
    options: {
      readonly method: string;
      readonly headers: Record<string, string>;
      readonly body?: unknown;
    },
  ) => Promise<Response>;
  /** Undefined until it is there. */
  readonly reply: () => RawReply | undefined;
}

function providerFetch(
  operation: string,
  parameters: Readonly<Record<string, string>>,
  { session, deadline }: Pick<ProviderCall, 'session' | 'deadline'>,
  world: Effects,
): ProviderFetch {
  const { clock, trace } = world;
  let raw: RawReply | undefined;
  const shown = Object.entries(parameters).map(([name, value]) => `${name}=${value}`);
  return {
    reply: () => raw,
    async fetch(address, options) {
      const url = new URL(address);
      const startedAt = clock.monotonicMs();
      const sent = options.body;
      const request = {
        method: options.method,
        url,
        headers: Object.fromEntries(new Headers(options.headers)),
        ...(sent === undefined || sent === null ? {} : { body: String(sent) }),
      };
      const tell = (outcome: string) => {
        const ms = Math.round(clock.monotonicMs() - startedAt);
        const what = `${operation} at ${url.host} (${shown.join(', ')})`;
        trace('network', `${what}: ${outcome}, ${ms} ms`);
      };
      const timeoutMs = deadline - startedAt;
      const isSingleUse = singleUseGrants.includes(parameters['grant_type'] ?? '');
      const reply = await world
        .sendHttp(request, { timeoutMs, isSingleUse, caBundle: session.caBundle, trace })
        .catch((error: unknown) => {
          tell('no reply');
          throw error;
        });
      tell(`status ${reply.status}`);
      const { status, headers } = reply;
      const text = (status < 400 ? reply.body : withoutEcho(reply.body, request)).toString('utf8');
      const body = parseBody(text);
      raw = { status, body, facts: replyFacts(reply, clock.now()) };
      const bodyText =
        operation === 'DeviceAuthorization' && body !== undefined
          ? JSON.stringify(withVerificationUri(body))
          : text;
      const hasBody = ![101, 204, 205, 304].includes(status);
      return new Response(hasBody ? bodyText : null, { status, headers });
    },
  };
}

function parseBody(text: string): Readonly<Record<string, unknown>> | undefined {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === 'object' && value !== null ? { ...value } : undefined;
  } catch {
    return undefined;
  }
}

/** Google has its own name for it: https://developers.google.com/identity/gsi/web/guides/devices */
function withVerificationUri(body: Readonly<Record<string, unknown>>): Record<string, unknown> {
  const { verification_url: url } = body;
  return body['verification_uri'] === undefined && url !== undefined
    ? { ...body, verification_uri: url }
    : { ...body };
}

async function tokenReply(
  session: OidcSession,
  request: ProviderFetch,
  world: Effects,
  send: () => Promise<TokenEndpointResponse>,
): Promise<ProviderReply> {
  try {
    const reply = await send();
    const { receivedAt, skewMs } = request.reply()?.facts ?? {
      receivedAt: world.clock.now(),
      skewMs: 0,
    };
    return {
      kind: 'token',
      ...(reply.id_token === undefined ? {} : { idToken: reply.id_token }),
      accessToken: reply.access_token,
      ...(typeof reply.expires_in === 'number' ? { expiresIn: reply.expires_in } : {}),
      ...(isText(reply.refresh_token) ? { refreshToken: reply.refresh_token } : {}),
      receivedAt,
      skewMs,
    };
  } catch (error) {
    const raw = request.reply();
    const refused = refusalOf(error, raw);
    if (refused !== undefined) return refused;
    const failure = providerError('The token endpoint', session, error, raw);
    if (failure.code !== 'ServiceFailed' || raw?.status !== 200 || raw.body === undefined) {
      throw failure;
    }
    const { refresh_token: refreshToken } = raw.body;
    return {
      kind: 'unusable',
      reason: failure.message,
      ...(isText(refreshToken) ? { refreshToken } : {}),
    };
  }
}
