import type { ServiceEndpoint } from '../model/endpoint.ts';
import { SsoCredError } from '../model/errors.ts';
import type { World } from '../world.ts';
import { clientSettings } from './aws-client.ts';
import { incompleteReply, refusalOf, serviceError } from './service-error.ts';

type Effects = Pick<World, 'clock' | 'sendHttp' | 'trace'>;

/** Whose identity is asked for. */
export interface IdentityRequest {
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
  readonly sessionToken: string;
  /** AWS's clock less ours, by which the request is dated; milliseconds. */
  readonly skewMs: number;
  /** By the monotonic clock; milliseconds. */
  readonly deadline: number;
}

/**
 * sts:GetCallerIdentity, once, signed with these credentials; gives the ARN. Needs no permission.
 * https://docs.aws.amazon.com/STS/latest/APIReference/API_GetCallerIdentity.html
 * @throws RoleRefused, Throttled, ServiceFailed, NetworkFailed
 */
export async function getCallerIdentity(
  endpoint: ServiceEndpoint,
  request: IdentityRequest,
  world: Effects,
): Promise<string> {
  const operation = 'GetCallerIdentity';
  const { accessKeyId, secretAccessKey, sessionToken, skewMs, deadline } = request;
  const { settings, facts } = clientSettings(
    endpoint,
    { operation, parameters: {}, deadline },
    world,
  );
  const { GetCallerIdentityCommand, STSClient } = await import('./load-sts.ts');
  const client = new STSClient({
    ...settings,
    credentials: { accessKeyId, secretAccessKey, sessionToken },
    systemClockOffset: skewMs,
  });
  try {
    const { Arn } = await client.send(new GetCallerIdentityCommand());
    if (!Arn) throw incompleteReply(operation, 'the ARN');
    return Arn;
  } catch (error) {
    const refusal = refusalOf(error);
    if (refusal !== undefined && refusal.status === 403) {
      throw new SsoCredError(
        'RoleRefused',
        `AWS does not take the credentials that it gave (${refusal.name}): ${refusal.text}`,
        { cause: error },
      );
    }
    throw serviceError(operation, error, facts());
  }
}
