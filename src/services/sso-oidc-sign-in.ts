import { portalHost } from '../model/access-portal.ts';
import type { ClientRegistration, SignInFlow } from '../model/client-registration.ts';
import type { ServiceEndpoint } from '../model/endpoint.ts';
import { SsoCredError } from '../model/errors.ts';
import { isText } from '../model/json.ts';
import type { SsoSession } from '../model/profile.ts';
import type { World } from '../world.ts';
import { clientSettings } from './aws-client.ts';
import { incompleteReply, refusalOf, serviceError } from './service-error.ts';

type Effects = Pick<World, 'clock' | 'sendHttp' | 'trace'>;

/** The redirect that clients are registered for; the port is free to choose (RFC 8252, 7.3). */
const registeredRedirectUri = 'http://127.0.0.1/oauth/callback';

const deviceGrant = 'urn:ietf:params:oauth:grant-type:device_code';

/**
 * sso-oidc:RegisterClient: a public client for one kind of sign-in.
 * https://docs.aws.amazon.com/singlesignon/latest/OIDCAPIReference/API_RegisterClient.html
 * @throws ServiceFailed, Throttled, NetworkFailed
 */
export async function registerClient(
  session: SsoSession,
  flow: SignInFlow,
  deadline: number,
  world: Effects,
): Promise<ClientRegistration> {
  const operation = 'RegisterClient';
  const input = {
    // What the person reads on the consent page.
    clientName: session.name === undefined ? 'sso-cred' : `sso-cred-${session.name}`,
    clientType: 'public',
    scopes: [...session.registrationScopes],
    ...(flow === 'browser'
      ? {
          grantTypes: ['authorization_code', 'refresh_token'],
          redirectUris: [registeredRedirectUri],
          issuerUrl: session.startUrl,
        }
      : { grantTypes: [deviceGrant, 'refresh_token'] }),
  };
  const parameters = {
    clientName: input.clientName,
    clientType: input.clientType,
    grantTypes: input.grantTypes.join(' '),
    scopes: input.scopes.join(' '),
    ...(flow === 'browser' ? { redirectUris: registeredRedirectUri } : {}),
  };
  const { settings, facts } = clientSettings(
    session.endpoints.ssoOidc,
    { operation, parameters, deadline },
    world,
  );
  const { RegisterClientCommand, SSOOIDCClient } = await import('./load-sso-oidc.ts');
  try {
    const reply = await new SSOOIDCClient(settings).send(new RegisterClientCommand(input));
    const { clientId, clientSecret, clientSecretExpiresAt } = reply;
    if (!isText(clientId)) throw incompleteReply(operation, 'clientId');
    if (!isText(clientSecret)) throw incompleteReply(operation, 'clientSecret');
    if (typeof clientSecretExpiresAt !== 'number' || !(clientSecretExpiresAt > 0)) {
      throw incompleteReply(operation, 'clientSecretExpiresAt');
    }
    return { clientId, clientSecret, expiresAt: clientSecretExpiresAt * 1000 };
  } catch (error) {
    throw startError(operation, session, error, facts());
  }
}

/** What the person is to be shown, and what is polled with (RFC 8628, 3.2). */
export interface DeviceAuthorization {
  readonly deviceCode: string;
  readonly userCode: string;
  readonly verificationUri: string;
  readonly verificationUriComplete: string;
  /** Milliseconds from now. */
  readonly expiresInMs: number;
  readonly intervalMs: number;
}

/**
 * sso-oidc:StartDeviceAuthorization; undefined when the service knows the client no longer.
 * https://docs.aws.amazon.com/singlesignon/latest/OIDCAPIReference/API_StartDeviceAuthorization.html
 * @throws ServiceFailed, Throttled, NetworkFailed
 */
export async function startDeviceAuthorization(
  session: SsoSession,
  client: ClientRegistration,
  deadline: number,
  world: Effects,
): Promise<DeviceAuthorization | undefined> {
  const operation = 'StartDeviceAuthorization';
  const { settings, facts } = clientSettings(
    session.endpoints.ssoOidc,
    { operation, parameters: { startUrl: session.startUrl }, deadline },
    world,
  );
  const { SSOOIDCClient, StartDeviceAuthorizationCommand } = await import('./load-sso-oidc.ts');
  try {
    const { clientId, clientSecret } = client;
    const command = new StartDeviceAuthorizationCommand({
      clientId,
      clientSecret,
      startUrl: session.startUrl,
    });
    const reply = await new SSOOIDCClient(settings).send(command);
    const { deviceCode, userCode, verificationUri } = reply;
    if (!isText(deviceCode)) throw incompleteReply(operation, 'deviceCode');
    if (!isText(userCode)) throw incompleteReply(operation, 'userCode');
    if (!isText(verificationUri)) throw incompleteReply(operation, 'verificationUri');
    const complete = reply.verificationUriComplete;
    return {
      deviceCode,
      userCode,
      verificationUri,
      verificationUriComplete: isText(complete) ? complete : verificationUri,
      expiresInMs: positive(reply.expiresIn, 600) * 1000,
      intervalMs: positive(reply.interval, 5) * 1000,
    };
  } catch (error) {
    if (refusals[refusalOf(error)?.name ?? ''] === 'invalid_client') return undefined;
    throw startError(operation, session, error, facts());
  }
}

/** What is given for a token: a code from the browser, or a device code that may be approved by now. */
export type SignInGrant =
  | {
      readonly kind: 'authorization_code';
      readonly code: string;
      readonly codeVerifier: string;
      readonly redirectUri: string;
    }
  | { readonly kind: 'device_code'; readonly deviceCode: string };

/** What CreateToken says to a grant; the errors are those of RFC 8628, 3.5 and RFC 6749, 5.2. */
export type SignInReply =
  | {
      readonly kind: 'token';
      readonly accessToken: string;
      /** Seconds, as sent: to be checked. */
      readonly expiresIn: unknown;
      readonly refreshToken?: string;
      /** Epoch milliseconds by our clock. */
      readonly receivedAt: number;
    }
  | {
      readonly kind:
        | 'authorization_pending'
        | 'slow_down'
        | 'expired_token'
        | 'access_denied'
        | 'invalid_client'
        | 'invalid_grant';
      readonly text: string;
    };

const refusals: Readonly<Record<string, Exclude<SignInReply['kind'], 'token'>>> = {
  AuthorizationPendingException: 'authorization_pending',
  SlowDownException: 'slow_down',
  ExpiredTokenException: 'expired_token',
  AccessDeniedException: 'access_denied',
  InvalidClientException: 'invalid_client',
  UnauthorizedClientException: 'invalid_client',
  InvalidGrantException: 'invalid_grant',
};

/**
 * sso-oidc:CreateToken for a sign-in, once.
 * https://docs.aws.amazon.com/singlesignon/latest/OIDCAPIReference/API_CreateToken.html
 * @throws ServiceFailed, Throttled, NetworkFailed
 */
export async function createSignInToken(
  endpoint: ServiceEndpoint,
  client: ClientRegistration,
  grant: SignInGrant,
  deadline: number,
  world: Effects,
): Promise<SignInReply> {
  const operation = 'CreateToken';
  const grantType = grant.kind === 'device_code' ? deviceGrant : 'authorization_code';
  const redirect = grant.kind === 'device_code' ? {} : { redirectUri: grant.redirectUri };
  const { settings, facts } = clientSettings(
    endpoint,
    {
      operation,
      parameters: { grantType, ...redirect },
      deadline,
      isSingleUse: grant.kind !== 'device_code',
    },
    world,
  );
  const { CreateTokenCommand, SSOOIDCClient } = await import('./load-sso-oidc.ts');
  try {
    const { clientId, clientSecret } = client;
    const { kind: _kind, ...proof } = grant;
    const reply = await new SSOOIDCClient(settings).send(
      new CreateTokenCommand({ clientId, clientSecret, grantType, ...proof }),
    );
    const { accessToken, expiresIn, refreshToken } = reply;
    if (!isText(accessToken)) throw incompleteReply(operation, 'accessToken');
    return {
      kind: 'token',
      accessToken,
      expiresIn,
      ...(isText(refreshToken) ? { refreshToken } : {}),
      receivedAt: facts()?.receivedAt ?? world.clock.now(),
    };
  } catch (error) {
    const refusal = refusalOf(error);
    const kind = refusal === undefined ? undefined : refusals[refusal.name];
    if (refusal === undefined || kind === undefined) throw serviceError(operation, error, facts());
    return { kind, text: refusal.text };
  }
}

/** Where the browser goes: the OIDC endpoint's /authorize, with AWS's own parameter `scopes`. */
export function authorizationUrl(
  session: SsoSession,
  oidcEndpoint: URL,
  request: {
    readonly clientId: string;
    readonly redirectUri: string;
    readonly state: string;
    readonly codeChallenge: string;
  },
): URL {
  const url = new URL(`${oidcEndpoint.href.replace(/\/$/, '')}/authorize`);
  url.searchParams.set('response_type', 'code');
  url.searchParams.set('client_id', request.clientId);
  url.searchParams.set('redirect_uri', request.redirectUri);
  url.searchParams.set('state', request.state);
  url.searchParams.set('code_challenge_method', 'S256');
  url.searchParams.set('code_challenge', request.codeChallenge);
  url.searchParams.set('scopes', session.registrationScopes.join(' '));
  return url;
}

/** The host that the SDK's rules give for the OIDC service of a session. */
export async function oidcEndpointOf(session: SsoSession, world: Effects): Promise<URL> {
  const { ssoOidc } = session.endpoints;
  if (ssoOidc.url !== undefined) return new URL(ssoOidc.url);
  const { SSOOIDCClient } = await import('./load-sso-oidc.ts');
  const call = { operation: 'Authorize', parameters: {}, deadline: 0 };
  const { config } = new SSOOIDCClient(clientSettings(ssoOidc, call, world).settings);
  return config.endpointProvider({
    Region: ssoOidc.region,
    UseFIPS: ssoOidc.fips,
    UseDualStack: ssoOidc.dualStack,
  }).url;
}

/** A refusal right at the start is most often a region that does not match the start URL. */
function startError(
  operation: string,
  session: SsoSession,
  error: unknown,
  facts: Parameters<typeof serviceError>[2],
): SsoCredError {
  const refusal = refusalOf(error);
  if (refusal === undefined || refusal.status >= 500 || refusal.status === 429) {
    return serviceError(operation, error, facts);
  }
  const { startUrl, region } = session;
  const named = portalHost(new URL(startUrl)).region;
  const advice =
    named === undefined || named === region
      ? `check that ${startUrl} is the start URL and ${region} the region of Identity Center`
      : `set sso_region = ${named}, which ${startUrl} names; it is ${region}`;
  return new SsoCredError(
    'ServiceFailed',
    `${operation} was refused (${refusal.name}: ${refusal.text}): ${advice}`,
    { cause: error },
  );
}

function positive(value: unknown, otherwise: number): number {
  return typeof value === 'number' && value > 0 && value < 86_400 ? value : otherwise;
}
