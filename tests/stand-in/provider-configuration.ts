import { randomUUID } from 'node:crypto';
import type { Configuration, KoaContextWithOIDC } from 'oidc-provider';
import { htmlPage } from './html-page.ts';
import type { IdentityProviderOptions } from './identity-provider-options.ts';
import type { ProviderStore } from './provider-store.ts';
import type { SigningKey } from './signing-key.ts';
import { escapeMarkup, type Fields, type OperationName } from './wire.ts';

/** Where a provider's endpoints are, below its issuer. */
export type ProviderRoutes = Readonly<
  Record<
    | 'authorization'
    | 'token'
    | 'jwks'
    | 'device_authorization'
    | 'code_verification'
    | 'revocation',
    string
  >
>;

/** Where a person signs in and consents; the name of the prompt and an id follow. */
export const interactionPath = '/u/';

export function routesOf({ auth0Routes }: IdentityProviderOptions): ProviderRoutes {
  if (!auth0Routes)
    return {
      authorization: '/auth',
      token: '/token',
      jwks: '/jwks',
      device_authorization: '/device/auth',
      code_verification: '/device',
      revocation: '/token/revocation',
    };
  return {
    authorization: '/authorize',
    token: '/oauth/token',
    jwks: '/.well-known/jwks.json',
    device_authorization: '/oauth/device/code',
    code_verification: '/activate',
    revocation: '/oauth/revoke',
  };
}

/** The operation that a request is for; undefined for pages between two others. */
export function operationAt(
  {
    authorization,
    token,
    jwks,
    device_authorization,
    code_verification,
    revocation,
  }: ProviderRoutes,
  method: string,
  path: string,
): OperationName | undefined {
  if (path.startsWith(interactionPath) && method === 'POST') return 'AuthorizeDecision';
  const operations: Readonly<Record<string, OperationName>> = {
    'GET /.well-known/openid-configuration': 'Discovery',
    [`GET ${jwks}`]: 'Jwks',
    [`GET ${authorization}`]: 'Authorize',
    [`POST ${token}`]: 'Token',
    [`POST ${device_authorization}`]: 'DeviceAuthorization',
    [`GET ${code_verification}`]: 'DevicePage',
    [`POST ${revocation}`]: 'Revocation',
  };
  return operations[`${method} ${path}`];
}

/** Where the browser may be sent back to. */
export function redirectUrisOf(options: IdentityProviderOptions): readonly string[] {
  if (options.exactRedirectUris.length > 0) return options.exactRedirectUris;
  return ['127.0.0.1', 'localhost'].map((host) => `http://${host}/oauth/callback`);
}

/** The client secret, where the client has one to send. */
export const clientSecret = 'GOCSPX-no-secret-of-a-native-app';

/** The scopes that claims come with; all others come with openid. */
const scopesOfClaims: Readonly<Record<string, readonly string[]>> = {
  email: ['email', 'email_verified'],
  profile: ['name', 'preferred_username'],
};

const claimsOfJane: Fields = {
  email: 'jane.doe@example.com',
  email_verified: true,
  name: 'Jane Doe',
  preferred_username: 'jane.doe',
};

/**
 * What oidc-provider is told. Every default that it would remark upon on the console is replaced.
 * @param InvalidTarget oidc-provider's error for an audience that is none
 */
export function configureProvider(
  options: IdentityProviderOptions,
  store: ProviderStore,
  key: SigningKey,
  InvalidTarget: new () => Error,
): Configuration {
  const claims = { ...claimsOfJane, ...options.claims };
  const named = Object.values(scopesOfClaims).flat();
  const others = Object.keys(claims).filter((name) => !named.includes(name));
  const isSecret = options.clientSecretRequired;
  const needsSecret = isSecret || options.signingAlgorithm === 'HS256';
  return {
    adapter: store.adapter,
    jwks: { keys: [key.privateJwk as Readonly<Record<string, string>>] },
    routes: routesOf(options),
    clients: [
      {
        client_id: options.clientId,
        client_name: 'sso-cred',
        application_type: 'native',
        token_endpoint_auth_method: isSecret ? 'client_secret_post' : 'none',
        ...(needsSecret && { client_secret: clientSecret }),
        grant_types: options.noDeviceFlow
          ? options.grantTypes.filter((type) => !type.endsWith('device_code'))
          : options.grantTypes,
        response_types: ['code'],
        redirect_uris: redirectUrisOf(options),
        id_token_signed_response_alg: options.signingAlgorithm,
      },
    ],
    clientAuthMethods: ['none', 'client_secret_post'],
    clientBasedCORS: () => false,
    enabledJWA: { idTokenSigningAlgValues: ['RS256', 'HS256'] },
    pkce: { required: () => true },
    claims: { openid: ['sub', 'jti', ...others], ...scopesOfClaims },
    conformIdTokenClaims: false,
    findAccount: (_context, accountId) => ({
      accountId,
      // Else two tokens of one second would be the same.
      claims: () => ({ ...claims, sub: accountId, jti: randomUUID() }),
    }),
    rotateRefreshToken: options.refreshTokenRotation && !options.noRefreshTokenOnRefresh,
    ttl: {
      AccessToken: options.accessTokenLifetimeS,
      AuthorizationCode: 60,
      DeviceCode: options.deviceCodeLifetimeS,
      Grant: options.refreshTokenLifetimeS,
      IdToken: options.idTokenLifetimeS,
      Interaction: 3600,
      RefreshToken: options.refreshTokenLifetimeS,
      Session: options.refreshTokenLifetimeS,
    },
    interactions: {
      url: (_context, { prompt, uid }) =>
        `${options.issuerPath}${interactionPath}${prompt.name}/${uid}`,
    },
    extraParams: ['audience'],
    renderError: (context, out) => {
      const text = `${out.error}: ${out.error_description ?? ''}`;
      showPage(context, 'Error', escapeMarkup(text));
    },
    features: {
      devInteractions: { enabled: false },
      dPoP: { enabled: false },
      pushedAuthorizationRequests: { enabled: false },
      rpInitiatedLogout: { enabled: options.endSessionPage },
      userinfo: { enabled: false },
      deviceFlow: { enabled: !options.noDeviceFlow, ...devicePages },
      resourceIndicators: {
        enabled: options.audiences.length > 0,
        defaultResource: (context) => context.oidc.params?.['audience'] as string | undefined,
        getResourceServerInfo: (_context, audience) => {
          if (!options.audiences.includes(audience)) throw new InvalidTarget();
          return {
            scope: '',
            audience,
            accessTokenFormat: 'jwt',
            accessTokenTTL: options.accessTokenLifetimeS,
            jwt: { sign: { alg: 'RS256' } },
          };
        },
      },
      revocation: {
        enabled: options.revocation,
        allowedPolicy: (_context, client, token) => token.clientId === client.clientId,
      },
    },
  };
}

type DeviceFlow = NonNullable<NonNullable<Configuration['features']>['deviceFlow']>;

/** The pages of a person who was sent here by a device (RFC 8628, 3.3). */
const devicePages: DeviceFlow = {
  userCodeInputSource: (context, form, _out, error) => {
    if (error === undefined) {
      showPage(context, 'Enter the code', `${form}<button form="op.deviceInputForm">Next</button>`);
    } else if (error.name === 'AbortedError') {
      showPage(context, 'Request denied', 'You can close this window.');
    } else {
      context.status = 400;
      showPage(context, 'Error', escapeMarkup(error.message));
    }
  },
  userCodeConfirmSource: (context, form, client, _deviceInfo, userCode) => {
    const name = escapeMarkup(client.clientName ?? client.clientId);
    showPage(
      context,
      `Does ${client.clientId} show you ${userCode}?`,
      `<p>${name} wants to sign in.</p>${form}
<button form="op.deviceConfirmForm">Yes</button>
<button form="op.deviceConfirmForm" name="abort" value="yes">No</button>`,
    );
  },
  successSource: (context) => {
    showPage(context, 'Request approved', 'You can close this window.');
  },
};

/** Answers a page of HTML. */
export function showPage(
  context: Pick<KoaContextWithOIDC, 'type' | 'body'>,
  title: string,
  body: string,
): void {
  context.type = 'html';
  context.body = htmlPage(title, body);
}
