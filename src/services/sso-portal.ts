import type { ServiceEndpoint } from '../model/endpoint.ts';
import { SsoCredError } from '../model/errors.ts';
import { isText } from '../model/json.ts';
import type { RoleCredentials } from '../model/role-credentials.ts';
import type { World } from '../world.ts';
import { clientSettings } from './aws-client.ts';
import type { ReplyFacts } from './reply-facts.ts';
import { incompleteReply, refusalOf, serviceError } from './service-error.ts';

type Effects = Pick<World, 'clock' | 'sendHttp' | 'trace'>;

/** What is asked of the portal, and with which token. */
export interface PortalRequest {
  readonly accountId: string;
  readonly roleName: string;
  readonly accessToken: string;
  /** By the monotonic clock; milliseconds. */
  readonly deadline: number;
}

/** Role credentials with the facts of the reply; or the portal does not take the token (401). */
export type RoleReply =
  | { readonly kind: 'issued'; readonly credentials: RoleCredentials; readonly facts: ReplyFacts }
  | { readonly kind: 'token-rejected' };

/** No role lasts longer; an expiration beyond this and a day is nonsense. */
const maxRoleLifetimeMs = 36 * 3_600_000;

/**
 * sso:GetRoleCredentials, once.
 * https://docs.aws.amazon.com/singlesignon/latest/PortalAPIReference/API_GetRoleCredentials.html
 * @throws RoleRefused, Throttled, ServiceFailed, NetworkFailed
 */
export async function getRoleCredentials(
  endpoint: ServiceEndpoint,
  request: PortalRequest,
  world: Effects,
): Promise<RoleReply> {
  const operation = 'GetRoleCredentials';
  const { accountId, roleName, accessToken, deadline } = request;
  const { GetRoleCredentialsCommand, SSOClient } = await import('./load-sso.ts');
  const parameters = { accountId, roleName };
  const { settings, facts } = clientSettings(endpoint, { operation, parameters, deadline }, world);
  const client = new SSOClient(settings);
  try {
    const command = new GetRoleCredentialsCommand({ accountId, roleName, accessToken });
    const { roleCredentials } = await client.send(command);
    const reply = facts();
    if (reply === undefined) throw incompleteReply(operation, 'everything');
    const credentials = checkRoleCredentials(accountId, roleCredentials, reply);
    return { kind: 'issued', credentials, facts: reply };
  } catch (error) {
    const refusal = refusalOf(error);
    if (refusal?.status === 401) return { kind: 'token-rejected' };
    if (refusal !== undefined && [400, 403, 404].includes(refusal.status) && !isThrottle(refusal)) {
      throw new SsoCredError(
        'RoleRefused',
        `AWS refuses the role ${roleName} in account ${accountId}: ${refusal.text || refusal.name}`,
        { cause: error },
      );
    }
    throw serviceError(operation, error, facts());
  }
}

function isThrottle(refusal: { readonly name: string }): boolean {
  return /Throttl|TooManyRequests/.test(refusal.name);
}

function checkRoleCredentials(
  accountId: string,
  reply:
    | {
        readonly accessKeyId?: string | undefined;
        readonly secretAccessKey?: string | undefined;
        readonly sessionToken?: string | undefined;
        readonly expiration?: number | undefined;
      }
    | undefined,
  facts: ReplyFacts,
): RoleCredentials {
  const operation = 'GetRoleCredentials';
  const { accessKeyId, secretAccessKey, sessionToken, expiration } = reply ?? {};
  if (!isText(accessKeyId)) throw incompleteReply(operation, 'accessKeyId');
  if (!isText(secretAccessKey)) throw incompleteReply(operation, 'secretAccessKey');
  if (!isText(sessionToken)) throw incompleteReply(operation, 'sessionToken');
  const serverNow = facts.receivedAt + facts.skewMs;
  if (typeof expiration !== 'number' || !Number.isFinite(expiration)) {
    throw incompleteReply(operation, 'an expiration');
  }
  if (expiration <= serverNow || expiration > serverNow + maxRoleLifetimeMs) {
    throw incompleteReply(operation, 'an expiration that makes sense');
  }
  return { accessKeyId, secretAccessKey, sessionToken, expiration, accountId };
}
