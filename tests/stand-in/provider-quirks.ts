import type { IdentityProviderOptions } from './identity-provider-options.ts';
import type { Fields, OperationName } from './wire.ts';

/** An OAuth error as an endpoint answers it (RFC 6749, 5.2). */
export interface OAuthRefusal {
  readonly status: number;
  readonly error: string;
  readonly description: string;
}

/** What the providers of this world do otherwise than oidc-provider. */
export interface ProviderQuirks {
  /** The refusal of a request that oidc-provider would grant. */
  readonly refuse: (operation: OperationName, input: Fields) => OAuthRefusal | undefined;
  /** A reply of oidc-provider's, made into one of theirs. */
  readonly adapt: (
    operation: OperationName,
    input: Fields,
    reply: { readonly status: number; readonly body: Fields },
  ) => { readonly status: number; readonly body: Fields };
}

const deviceGrant = 'urn:ietf:params:oauth:grant-type:device_code';

/** What Auth0 refuses with status 403 at its token endpoint. */
const forbiddenAtAuth0 = [
  'authorization_pending',
  'access_denied',
  'expired_token',
  'invalid_grant',
  'unauthorized_client',
];

export function createProviderQuirks(options: IdentityProviderOptions): ProviderQuirks {
  const polls = new Map<string, { at: number; intervalMs: number }>();

  function refuseRedirect(redirectUri: string): OAuthRefusal | undefined {
    const { exactRedirectUris, localhostOnly } = options;
    const isExact = exactRedirectUris.length === 0 || exactRedirectUris.includes(redirectUri);
    const isLocal = !localhostOnly || /^http:\/\/localhost[:/]/.test(redirectUri);
    if (isExact && isLocal) return undefined;
    const description = `Callback URL mismatch: ${redirectUri} is not registered`;
    return { status: 403, error: 'unauthorized_client', description };
  }

  /** RFC 8628, 3.5: who polls too soon has to wait five seconds more from then on. */
  function slowDown(deviceCode: string): OAuthRefusal | undefined {
    const now = Date.now();
    const poll = polls.get(deviceCode) ?? {
      at: -Infinity,
      intervalMs: (options.deviceIntervalS ?? 5) * 1000,
    };
    // A timer may fire a little early by the wall clock.
    const isTooSoon = now + 20 < poll.at + poll.intervalMs;
    polls.set(deviceCode, { at: now, intervalMs: poll.intervalMs + (isTooSoon ? 5000 : 0) });
    return isTooSoon
      ? {
          status: options.auth0PollStatus ? 429 : 400,
          error: 'slow_down',
          description: 'You are polling faster than the specified interval',
        }
      : undefined;
  }

  function adaptDevice(body: Fields): Fields {
    const interval = options.deviceIntervalS;
    const { verification_uri, verification_uri_complete, ...rest } = body;
    return {
      ...rest,
      ...(options.googleVerificationUrl
        ? { verification_url: verification_uri }
        : { verification_uri, verification_uri_complete }),
      ...(interval !== undefined && { interval }),
    };
  }

  function adaptRefresh(input: Fields, body: Fields): Fields {
    const { id_token, refresh_token, ...rest } = body;
    const asksForOpenid = String(input['scope'] ?? '')
      .split(' ')
      .includes('openid');
    const hasIdToken =
      !options.noIdTokenOnRefresh && (!options.idTokenOnRefreshNeedsScope || asksForOpenid);
    return {
      ...rest,
      ...(hasIdToken && { id_token }),
      ...(!options.noRefreshTokenOnRefresh && { refresh_token }),
    };
  }

  return {
    refuse: (operation, input) => {
      if (operation === 'Authorize') return refuseRedirect(String(input['redirect_uri']));
      if (operation === 'Token' && input['grant_type'] === deviceGrant)
        return slowDown(String(input['device_code']));
      return undefined;
    },

    adapt: (operation, input, { status, body }) => {
      if (status === 200 && operation === 'DeviceAuthorization')
        return { status, body: adaptDevice(body) };
      if (status === 200 && operation === 'Token' && input['grant_type'] === 'refresh_token')
        return { status, body: adaptRefresh(input, body) };
      if (
        status === 400 &&
        /not allowed for this client$/.test(String(body['error_description']))
      ) {
        // RFC 6749, 5.2 has a code for it, which oidc-provider does not use.
        const error = 'unauthorized_client';
        return { status: options.auth0PollStatus ? 403 : 400, body: { ...body, error } };
      }
      const isForbidden = operation === 'Token' && forbiddenAtAuth0.includes(String(body['error']));
      return { status: options.auth0PollStatus && isForbidden ? 403 : status, body };
    },
  };
}
