import { encodeOidcToken, oidcRequest } from '../../src/model/oidc-token.ts';
import type { IdentityProvider } from '../stand-in/identity-provider.ts';
import type { Fields } from '../stand-in/wire.ts';

/** Lets Jane sign in by a device code, and gives the record of her tokens; it is a minute old. */
export async function issueOidcTokens(
  { issuer, clientId, clientSecret, visit, tamper }: IdentityProvider,
  claims: Fields = {},
): Promise<string> {
  const scope = 'openid profile email offline_access';
  const client = { client_id: clientId, ...(clientSecret && { client_secret: clientSecret }) };
  const post = async (endpoint: string | undefined, fields: Readonly<Record<string, string>>) => {
    const body = new URLSearchParams({ ...client, ...fields });
    const response = await fetch(endpoint ?? '', { method: 'POST', body });
    return (await response.json()) as Readonly<Record<string, string>>;
  };
  const document = await fetch(`${issuer.replace(/\/$/, '')}/.well-known/openid-configuration`);
  const endpoints = (await document.json()) as Readonly<Record<string, string>>;
  const device = await post(endpoints['device_authorization_endpoint'], { scope });
  const { verification_uri = device['verification_url'], user_code } = device;
  await visit(`${verification_uri}?user_code=${user_code}`);
  const obtainedAt = Date.now();
  const iat = Math.floor(obtainedAt / 1000) - 60;
  tamper({ claims: { iat, exp: iat + 3600, ...claims } });
  const reply = await post(endpoints['token_endpoint'], {
    grant_type: 'urn:ietf:params:oauth:grant-type:device_code',
    device_code: device['device_code'] ?? '',
  });
  const { id_token = '', refresh_token: refreshToken } = reply;
  if (id_token === '') throw new Error(`no id_token but ${JSON.stringify(reply)}`);
  return encodeOidcToken({
    issuer,
    clientId,
    request: oidcRequest({ token: 'id_token', scopes: scope }),
    webIdentityToken: id_token,
    expiresAt: obtainedAt + 3540_000,
    obtainedAt,
    ...(refreshToken === undefined ? {} : { refreshToken }),
  });
}
