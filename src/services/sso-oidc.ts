import type { ServiceEndpoint } from '../model/endpoint.ts';
import { isText } from '../model/json.ts';
import type { RefreshableSsoToken } from '../model/sso-token.ts';
import type { World } from '../world.ts';
import { clientSettings } from './aws-client.ts';
import { refusalOf, serviceError } from './service-error.ts';

/** What CreateToken gave; or why it will never take this refresh token or client again. */
export type RefreshReply =
  | {
      readonly kind: 'token';
      /** Absent in a reply that makes no sense, whose refresh token must be kept all the same. */
      readonly accessToken?: string;
      /** Seconds, as sent: to be checked. */
      readonly expiresIn: unknown;
      /** Absent when the old one stays good (RFC 6749, 6). */
      readonly refreshToken?: string;
      /** Epoch milliseconds by our clock. */
      readonly receivedAt: number;
    }
  | {
      readonly kind: 'refused';
      readonly error: 'invalid_grant' | 'invalid_client';
      readonly text: string;
    };

/**
 * sso-oidc:CreateToken with the refresh grant, sent exactly once.
 * https://docs.aws.amazon.com/singlesignon/latest/OIDCAPIReference/API_CreateToken.html
 * @throws Throttled, ServiceFailed, NetworkFailed
 */
export async function refreshSsoToken(
  endpoint: ServiceEndpoint,
  token: RefreshableSsoToken,
  deadline: number,
  world: Pick<World, 'clock' | 'sendHttp' | 'trace'>,
): Promise<RefreshReply> {
  const operation = 'CreateToken';
  const { CreateTokenCommand, SSOOIDCClient } = await import('./load-sso-oidc.ts');
  const grantType = 'refresh_token';
  const { settings, facts } = clientSettings(
    endpoint,
    { operation, parameters: { grantType }, deadline, isSingleUse: true },
    world,
  );
  const client = new SSOOIDCClient(settings);
  try {
    const reply = await client.send(
      new CreateTokenCommand({
        grantType,
        clientId: token.clientId,
        clientSecret: token.clientSecret,
        refreshToken: token.refreshToken,
      }),
    );
    const { accessToken, expiresIn, refreshToken } = reply;
    return {
      kind: 'token',
      ...(isText(accessToken) ? { accessToken } : {}),
      expiresIn,
      ...(isText(refreshToken) ? { refreshToken } : {}),
      receivedAt: facts()?.receivedAt ?? world.clock.now(),
    };
  } catch (error) {
    const refusal = refusalOf(error);
    const text = refusal?.text ?? '';
    switch (refusal?.name) {
      case 'InvalidGrantException':
      case 'ExpiredTokenException':
        return { kind: 'refused', error: 'invalid_grant', text };
      case 'InvalidClientException':
      case 'UnauthorizedClientException':
        return { kind: 'refused', error: 'invalid_client', text };
      default:
        throw serviceError(operation, error, facts());
    }
  }
}
