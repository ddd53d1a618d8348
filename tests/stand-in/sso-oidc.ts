import type { Grants } from './grants.ts';
import type { StandInOptions } from './options.ts';
import type { ClientRegistration, Sessions, TokenSet } from './sessions.ts';
import {
  type Fields,
  jsonReply,
  malformed,
  type Operation,
  type Protocol,
  readFields,
  requireContentType,
  ServiceError,
} from './wire.ts';

const deviceGrant = 'urn:ietf:params:oauth:grant-type:device_code';
const grantTypes: readonly string[] = ['authorization_code', deviceGrant, 'refresh_token'];

const protocol: Protocol = {
  decode: (request) => {
    requireContentType(request, 'application/json');
    let input: unknown;
    try {
      input = JSON.parse(request.body.toString());
    } catch {
      throw malformed('the body is not JSON');
    }
    if (typeof input !== 'object' || input === null || Array.isArray(input))
      throw malformed('the body is not a JSON object');
    return { ...input };
  },
  encode: (result) => jsonReply(200, result),
  encodeError: (error) => {
    const name = error.code.replace(/Exception$/, '');
    const oauthName =
      name === 'InternalServer'
        ? 'server_error'
        : name.replace(/(?<=.)[A-Z]/g, (letter) => `_${letter}`).toLowerCase();
    return jsonReply(
      error.status,
      { error: oauthName, error_description: error.message },
      {
        'x-amzn-errortype': `${error.code}:http://internal.amazon.com/coral/com.amazonaws.sso.oidc/`,
      },
    );
  },
};

/**
 * SSO OIDC as the model `sso-oidc/2019-06-10` has it. Members that AWS leaves without a value come
 * as JSON null, as they do there.
 */
export function ssoOidcOperations(
  options: StandInOptions,
  url: string,
  sessions: Sessions,
  grants: Grants,
): readonly Operation[] {
  function registerClient(input: Fields): Fields {
    const fields = readFields(input, {
      clientName: 'string',
      clientType: 'string',
      scopes: 'strings?',
      redirectUris: 'strings?',
      grantTypes: 'strings?',
      issuerUrl: 'string?',
      entitledApplicationArn: 'string?',
    });
    if (fields.clientType !== 'public')
      throw violation('InvalidClientMetadataException', 'clientType must be public');
    for (const scope of fields.scopes ?? [])
      if (!/^[a-z][\w-]*(:[\w*-]+)+$/.test(scope))
        throw violation('InvalidScopeException', `${scope} is not a scope`);
    for (const grantType of fields.grantTypes ?? [])
      if (!grantTypes.includes(grantType))
        throw violation('UnsupportedGrantTypeException', `${grantType} is not a grant type`);
    for (const redirectUri of fields.redirectUris ?? [])
      if (!isLoopbackRedirect(redirectUri))
        throw violation('InvalidRedirectUriException', `${redirectUri} is not a loopback URI`);
    if (fields.grantTypes?.includes('authorization_code')) {
      if (fields.redirectUris === undefined) throw malformed('missing parameter redirectUris');
      if (fields.issuerUrl === undefined) throw malformed('missing parameter issuerUrl');
    }
    if (fields.issuerUrl !== undefined) requireStartUrl(fields.issuerUrl);
    const client = sessions.register({
      clientName: fields.clientName,
      scopes: fields.scopes ?? [],
      grantTypes: fields.grantTypes ?? [deviceGrant, 'refresh_token'],
      redirectUris: fields.redirectUris ?? [],
    });
    return {
      clientId: client.clientId,
      clientSecret: client.clientSecret,
      clientIdIssuedAt: Math.floor(client.issuedAt / 1000),
      clientSecretExpiresAt: Math.floor(client.expiresAt / 1000),
      authorizationEndpoint: null,
      tokenEndpoint: null,
    };
  }

  function startDeviceAuthorization(input: Fields): Fields {
    const fields = readFields(input, {
      clientId: 'string',
      clientSecret: 'string',
      startUrl: 'string',
    });
    const client = sessions.authenticate(fields.clientId, fields.clientSecret);
    requireGrant(client, deviceGrant);
    requireStartUrl(fields.startUrl);
    const device = grants.startDevice(client, fields.startUrl);
    return {
      deviceCode: device.deviceCode,
      userCode: device.userCode,
      verificationUri: `${url}/start/device`,
      verificationUriComplete: `${url}/start/device?user_code=${device.userCode}`,
      expiresIn: options.deviceCodeLifetimeS,
      interval: options.deviceIntervalS,
    };
  }

  function createToken(input: Fields): Fields {
    const fields = readFields(input, {
      clientId: 'string',
      clientSecret: 'string',
      grantType: 'string',
      deviceCode: 'string?',
      code: 'string?',
      refreshToken: 'string?',
      scope: 'strings?',
      redirectUri: 'string?',
      codeVerifier: 'string?',
    });
    const client = sessions.authenticate(fields.clientId, fields.clientSecret);
    if (!grantTypes.includes(fields.grantType))
      throw violation('UnsupportedGrantTypeException', `no grant type ${fields.grantType}`);
    requireGrant(client, fields.grantType);
    switch (fields.grantType) {
      case 'refresh_token':
        requireOnly(fields, 'refreshToken');
        return tokenReply(sessions.refresh(client, fields.refreshToken ?? ''));
      case deviceGrant: {
        requireOnly(fields, 'deviceCode');
        const { startUrl } = grants.redeemDevice(client, fields.deviceCode ?? '');
        return tokenReply(sessions.signIn(client, startUrl));
      }
      default: {
        requireOnly(fields, 'code', 'redirectUri', 'codeVerifier');
        const { code = '', redirectUri = '', codeVerifier = '' } = fields;
        if (!/^[\w.~-]{43,128}$/.test(codeVerifier))
          throw malformed('codeVerifier is not as RFC 7636, section 4.1 has it');
        grants.redeemCode(client, code, redirectUri, codeVerifier);
        return tokenReply(sessions.signIn(client, `${url}/start`));
      }
    }
  }

  function requireStartUrl(startUrl: string): void {
    const plain = startUrl.replace(/\/?(#\/?)?$/, '');
    if (![`${url}/start`, ...options.startUrls].includes(plain))
      throw violation('InvalidRequestException', `no portal has the start URL ${startUrl}`);
  }

  const post = (
    name: Operation['name'],
    path: string,
    perform: Operation['perform'],
  ): Operation => ({
    name,
    method: 'POST',
    path,
    protocol,
    perform,
  });
  return [
    post('RegisterClient', '/oidc/client/register', registerClient),
    post('StartDeviceAuthorization', '/oidc/device_authorization', startDeviceAuthorization),
    post('CreateToken', '/oidc/token', createToken),
  ];
}

function tokenReply(tokens: TokenSet): Fields {
  return {
    accessToken: tokens.accessToken,
    tokenType: 'Bearer',
    expiresIn: tokens.expiresIn,
    refreshToken: tokens.refreshToken ?? null,
    idToken: null,
  };
}

/** Of the fields that belong to single grant types, those of this one and no other. */
function requireOnly(fields: Fields, ...names: readonly string[]): void {
  for (const name of ['deviceCode', 'code', 'refreshToken', 'redirectUri', 'codeVerifier']) {
    const isThere = fields[name] !== undefined;
    if (isThere !== names.includes(name))
      throw malformed(`${name} is ${isThere ? 'not for' : 'missing with'} ${fields['grantType']}`);
  }
}

function requireGrant(client: ClientRegistration, grantType: string): void {
  if (!client.grantTypes.includes(grantType))
    throw violation('UnauthorizedClientException', `the client is not registered for ${grantType}`);
}

function isLoopbackRedirect(uri: string): boolean {
  if (!URL.canParse(uri)) return false;
  const { protocol: scheme, hostname, hash } = new URL(uri);
  return scheme === 'http:' && ['127.0.0.1', '[::1]'].includes(hostname) && hash === '';
}

function violation(code: string, message: string): ServiceError {
  return new ServiceError(400, code, message, true);
}
