import type { ServiceEndpoint } from '../model/endpoint.ts';
import type { World } from '../world.ts';
import { clientSettings } from './aws-client.ts';
import { refusalOf, serviceError } from './service-error.ts';

type Effects = Pick<World, 'clock' | 'sendHttp' | 'trace'>;

/** Which token a request is about, and when to give up (monotonic clock, milliseconds). */
export interface TokenRequest {
  readonly accessToken: string;
  readonly deadline: number;
}

/**
 * Whether the portal takes a token, found out by the smallest call there is (sso:ListAccounts).
 * @throws ServiceFailed, Throttled, NetworkFailed
 */
export async function isTokenAccepted(
  endpoint: ServiceEndpoint,
  { accessToken, deadline }: TokenRequest,
  world: Effects,
): Promise<boolean> {
  const operation = 'ListAccounts';
  const call = { operation, parameters: { maxResults: '1' }, deadline };
  const { settings, facts } = clientSettings(endpoint, call, world);
  const { ListAccountsCommand, SSOClient } = await import('./load-sso.ts');
  try {
    await new SSOClient(settings).send(new ListAccountsCommand({ accessToken, maxResults: 1 }));
    return true;
  } catch (error) {
    if (refusalOf(error)?.status === 401) return false;
    throw serviceError(operation, error, facts());
  }
}

/**
 * sso:Logout: ends the session at AWS, for all tools that use its token. A session that AWS does not
 * know any more has ended already.
 * https://docs.aws.amazon.com/singlesignon/latest/PortalAPIReference/API_Logout.html
 * @throws ServiceFailed, Throttled, NetworkFailed
 */
export async function logoutOfPortal(
  endpoint: ServiceEndpoint,
  { accessToken, deadline }: TokenRequest,
  world: Effects,
): Promise<void> {
  const operation = 'Logout';
  const { settings, facts } = clientSettings(
    endpoint,
    { operation, parameters: {}, deadline },
    world,
  );
  const { LogoutCommand, SSOClient } = await import('./load-sso.ts');
  try {
    await new SSOClient(settings).send(new LogoutCommand({ accessToken }));
  } catch (error) {
    if (refusalOf(error)?.status === 401) return;
    throw serviceError(operation, error, facts());
  }
}
