import { cleanText } from '../model/clean-text.ts';
import { codeOf, isSsoCredError, SsoCredError } from '../model/errors.ts';
import { isText } from '../model/json.ts';
import type { OidcSession } from '../model/profile.ts';
import type { World } from '../world.ts';
import type { Configuration, ServerMetadata, TokenEndpointResponse } from './load-openid-client.ts';

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
}

/** The token endpoint's refusal (RFC 6749, 5.2; RFC 8628, 3.5), its words cleaned. */
export interface TokenRefusal {
  readonly kind: 'refused';
  readonly error: string;
  readonly text: string;
}

/** A reply that does not check out; a refresh token in it is still the only one that is good. */
export interface UnusableReply {
  readonly kind: 'unusable';
  readonly reason: string;
  readonly refreshToken?: string;
}

export type ProviderReply = TokenReply | TokenRefusal | UnusableReply;

const deviceGrant = 'urn:ietf:params:oauth:grant-type:device_code';

/**
 * The provider's metadata. The issuer in it must be the one that is configured: openid-client takes
 * both forms of a root issuer (with and without slash), and nothing else.
 * @throws ServiceFailed, NetworkFailed
 */
export async function discoverProvider(
  session: OidcSession,
  deadline: number,
  world: Effects,
): Promise<ProviderMetadata> {
  const client = await import('./load-openid-client.ts');
  const { fetch } = providerFetch('Discovery', {}, deadline, world);
  const issuer = new URL(session.issuer);
  try {
    const configuration = await client.discovery(
      issuer,
      session.clientId,
      undefined,
      client.None(),
      {
        [client.customFetch]: fetch,
        execute: issuer.protocol === 'http:' ? [client.allowInsecureRequests] : [],
      },
    );
    const { supportsPKCE: _none, ...metadata } = configuration.serverMetadata();
    return metadata;
  } catch (error) {
    throw providerError('The discovery document', session, error);
  }
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
  const { fetch } = providerFetch('Authorize', {}, deadline, world);
  const { audience, scopes, extraParameters } = session;
  try {
    return client.buildAuthorizationUrl(configure(client, session, metadata, fetch), {
      redirect_uri: request.redirectUri,
      scope: scopes,
      state: request.state,
      nonce: request.nonce,
      code_challenge: request.codeChallenge,
      code_challenge_method: 'S256',
      ...(audience === undefined ? {} : { audience }),
      ...extraParameters,
    });
  } catch (error) {
    throw providerError('The authorization endpoint', session, error);
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
  const request = providerFetch('Token', { grant_type: 'authorization_code' }, deadline, world);
  return await tokenReply(session, request, world, () =>
    client.authorizationCodeGrant(configure(client, session, metadata, request.fetch), redirect, {
      pkceCodeVerifier: expected.codeVerifier,
      expectedState: expected.state,
      ...(session.token === 'id_token'
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
  const { fetch } = providerFetch('DeviceAuthorization', { scope: scopes }, deadline, world);
  try {
    const reply = await client.initiateDeviceAuthorization(
      configure(client, session, metadata, fetch),
      { scope: scopes, ...(audience === undefined ? {} : { audience }) },
    );
    return {
      deviceCode: reply.device_code,
      userCode: reply.user_code,
      verificationUri: reply.verification_uri,
      verificationUriComplete: reply.verification_uri_complete ?? reply.verification_uri,
      expiresInMs: reply.expires_in * 1000,
      intervalMs: (reply.interval ?? 5) * 1000,
    };
  } catch (error) {
    throw providerError('The device authorization endpoint', session, error);
  }
}

/** Asks once whether a device code has been approved. @throws ServiceFailed, NetworkFailed */
export async function pollProviderDevice(
  { session, metadata, deadline }: ProviderCall,
  deviceCode: string,
  world: Effects,
): Promise<ProviderReply> {
  const client = await import('./load-openid-client.ts');
  const request = providerFetch('Token', { grant_type: deviceGrant }, deadline, world);
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
  const request = providerFetch('Token', { grant_type: 'refresh_token' }, deadline, world);
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
  const { fetch } = providerFetch('Revocation', {}, deadline, world);
  try {
    await client.tokenRevocation(configure(client, session, metadata, fetch), refreshToken, {
      token_type_hint: 'refresh_token',
    });
  } catch (error) {
    throw providerError('The revocation endpoint', session, error);
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
    undefined,
    auth,
  );
  configuration[client.customFetch] = fetch;
  if (new URL(session.issuer).protocol === 'http:') client.allowInsecureRequests(configuration);
  return configuration;
}

/** One request's way to the network, and the body that came back. */
interface ProviderFetch {
  readonly fetch: (
    url: string,
    options: {
      readonly method: string;
      readonly headers: Record<string, string>;
      readonly body?: unknown;
    },
  ) => Promise<Response>;
  /** The reply's JSON as it came, whatever openid-client thinks of it. */
  readonly body: () => Readonly<Record<string, unknown>> | undefined;
}

function providerFetch(
  operation: string,
  parameters: Readonly<Record<string, string>>,
  deadline: number,
  world: Effects,
): ProviderFetch {
  const { clock, trace } = world;
  let body: Readonly<Record<string, unknown>> | undefined;
  const shown = Object.entries(parameters).map(([name, value]) => `${name}=${value}`);
  return {
    body: () => body,
    async fetch(address, options) {
      const url = new URL(address);
      const startedAt = clock.monotonicMs();
      const sent = options.body;
      const reply = await world.sendHttp(
        {
          method: options.method,
          url,
          headers: Object.fromEntries(new Headers(options.headers)),
          ...(sent === undefined || sent === null ? {} : { body: String(sent) }),
        },
        { timeoutMs: Math.max(1, deadline - startedAt) },
      );
      const ms = Math.round(clock.monotonicMs() - startedAt);
      trace(
        'network',
        `${operation} at ${url.host} (${shown.join(', ')}): status ${reply.status}, ${ms} ms`,
      );
      body = parseBody(reply.body.toString('utf8'));
      const bodyText =
        operation === 'DeviceAuthorization' && body !== undefined
          ? JSON.stringify(withVerificationUri(body))
          : reply.body.toString('utf8');
      const hasBody = ![101, 204, 205, 304].includes(reply.status);
      return new Response(hasBody ? bodyText : null, {
        status: reply.status,
        headers: reply.headers,
      });
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
    return {
      kind: 'token',
      ...(reply.id_token === undefined ? {} : { idToken: reply.id_token }),
      accessToken: reply.access_token,
      ...(typeof reply.expires_in === 'number' ? { expiresIn: reply.expires_in } : {}),
      ...(isText(reply.refresh_token) ? { refreshToken: reply.refresh_token } : {}),
      receivedAt: world.clock.now(),
    };
  } catch (error) {
    const refused = refusalOf(error);
    if (refused !== undefined) return refused;
    const failure = providerError('The token endpoint', session, error);
    const refreshToken = request.body()?.['refresh_token'];
    if (failure.code !== 'ServiceFailed' || !isText(refreshToken)) throw failure;
    return { kind: 'unusable', reason: failure.message, refreshToken };
  }
}

/** A refusal by its OAuth error code; server errors are failures, whatever they say. */
function refusalOf(error: unknown): TokenRefusal | undefined {
  const {
    error: code,
    error_description: description,
    status,
  } = (error ?? {}) as Record<string, unknown>;
  if (codeOf(error) !== 'OAUTH_RESPONSE_BODY_ERROR' || typeof code !== 'string') return undefined;
  if (typeof status === 'number' && (status >= 500 || isThrottling(status, code))) return undefined;
  return {
    kind: 'refused',
    error: cleanText(code, 60),
    text: typeof description === 'string' ? cleanText(description) : '',
  };
}

/** Auth0 answers an early poll with status 429 and `slow_down`, which is no throttling. */
function isThrottling(status: number, code: string): boolean {
  return status === 429 && code !== 'slow_down' && code !== 'authorization_pending';
}

/** What openid-client says, as a person needs it; the codes are openid-client's. */
function providerError(what: string, session: OidcSession, error: unknown): SsoCredError {
  if (isSsoCredError(error)) return error;
  const cause = causeOf(error);
  if (isSsoCredError(cause)) return cause;
  const { issuer } = session;
  const { status } = (error ?? {}) as { status?: unknown };
  const failed = (reason: string) =>
    new SsoCredError('ServiceFailed', `${what} of ${issuer} ${reason}`, { cause: error });
  if (status === 429) {
    return new SsoCredError('Throttled', `${issuer} limits the rate of requests just now`, {
      cause: error,
    });
  }
  const detail = messageOf(cause) ?? messageOf(error) ?? '';
  switch (codeOf(error)) {
    case 'OAUTH_JWT_TIMESTAMP_CHECK_FAILED':
      return failed(
        'gave a token that is not valid now: is the clock of this machine right? (date -u)',
      );
    case 'OAUTH_JWT_CLAIM_COMPARISON_FAILED':
      return failed(`gave a token that is not for us: ${claimOf(error) ?? 'a claim'} is wrong`);
    case 'OAUTH_JSON_ATTRIBUTE_COMPARISON_FAILED':
      return failed('names another issuer: write the issuer as its discovery document has it');
    case 'OAUTH_RESPONSE_IS_NOT_JSON':
      return failed('answered what is no JSON: is a proxy in between?');
    case 'OAUTH_RESPONSE_IS_NOT_CONFORM':
      return failed(`answered with status ${statusOf(error) ?? 'unknown'}`);
    case 'OAUTH_HTTP_REQUEST_FORBIDDEN':
      return failed('is not at an https URL');
    case 'OAUTH_INVALID_RESPONSE':
      return /"alg"/.test(detail)
        ? failed(
            'gave a token signed with an algorithm that AWS cannot check: set it to RS256 (Auth0: Advanced Settings → OAuth → JsonWebToken Signature Algorithm)',
          )
        : failed('gave a reply that lacks something or does not check out');
    default:
      return failed('gave a reply that makes no sense');
  }
}

function causeOf(error: unknown): unknown {
  return typeof error === 'object' && error !== null && 'cause' in error ? error.cause : undefined;
}

function messageOf(error: unknown): string | undefined {
  const { message } = (error ?? {}) as { message?: unknown };
  return typeof message === 'string' ? message : undefined;
}

function claimOf(error: unknown): string | undefined {
  const cause = causeOf(causeOf(error)) ?? causeOf(error);
  const { claim } = (cause ?? {}) as { claim?: unknown };
  return typeof claim === 'string' ? claim : undefined;
}

function statusOf(error: unknown): number | undefined {
  const cause = causeOf(causeOf(error)) ?? causeOf(error);
  const { status } = (cause ?? {}) as { status?: unknown };
  return typeof status === 'number' ? status : undefined;
}
