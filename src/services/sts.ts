import type { ServiceEndpoint } from '../model/endpoint.ts';
import { SsoCredError } from '../model/errors.ts';
import { federatedPrincipal } from '../model/iam-setup.ts';
import { type ShownClaims, shownClaims } from '../model/jwt-claims.ts';
import type { RoleCredentials } from '../model/role-credentials.ts';
import type { World } from '../world.ts';
import { clientSettings } from './aws-client.ts';
import type { ReplyFacts } from './reply-facts.ts';
import { incompleteReply, type Refusal, refusalOf, serviceError } from './service-error.ts';

type Effects = Pick<World, 'clock' | 'sendHttp' | 'trace'>;

/** What is asked of STS, and with which token. */
export interface WebIdentityRequest {
  readonly roleArn: string;
  readonly roleSessionName: string;
  readonly webIdentityToken: string;
  /** 900 to 43200; undefined for the role's own default. */
  readonly durationSeconds: number | undefined;
  readonly policyArns: readonly string[];
  /** By the monotonic clock; milliseconds. */
  readonly deadline: number;
}

/** Credentials with the facts of the reply; or the duration or the token was not taken. */
export type WebIdentityReply =
  | { readonly kind: 'issued'; readonly credentials: RoleCredentials; readonly facts: ReplyFacts }
  | { readonly kind: 'duration-too-long' }
  | { readonly kind: 'token-expired' };

/** No role session lasts longer than 12 hours. */
const maxLifetimeMs = 12 * 3_600_000 + 60_000;

/**
 * sts:AssumeRoleWithWebIdentity, once and unsigned.
 * https://docs.aws.amazon.com/STS/latest/APIReference/API_AssumeRoleWithWebIdentity.html
 * @throws RoleRefused with advice; Throttled, ServiceFailed, NetworkFailed
 */
export async function assumeRoleWithWebIdentity(
  endpoint: ServiceEndpoint,
  request: WebIdentityRequest,
  world: Effects,
): Promise<WebIdentityReply> {
  const operation = 'AssumeRoleWithWebIdentity';
  const { roleArn, roleSessionName, durationSeconds, policyArns, webIdentityToken } = request;
  const parameters = {
    RoleArn: roleArn,
    RoleSessionName: roleSessionName,
    ...(durationSeconds === undefined ? {} : { DurationSeconds: String(durationSeconds) }),
    ...(policyArns.length === 0 ? {} : { PolicyArns: policyArns.join(' ') }),
  };
  const call = { operation, parameters, deadline: request.deadline };
  const { settings, facts } = clientSettings(endpoint, call, world);
  const { AssumeRoleWithWebIdentityCommand, STSClient } = await import('./load-sts.ts');
  try {
    const reply = await new STSClient(settings).send(
      new AssumeRoleWithWebIdentityCommand({
        RoleArn: roleArn,
        RoleSessionName: roleSessionName,
        WebIdentityToken: webIdentityToken,
        ...(durationSeconds === undefined ? {} : { DurationSeconds: durationSeconds }),
        ...(policyArns.length === 0 ? {} : { PolicyArns: policyArns.map((arn) => ({ arn })) }),
      }),
    );
    const received = facts();
    if (received === undefined) throw incompleteReply(operation, 'everything');
    const { SubjectFromWebIdentityToken, Provider, Audience, AssumedRoleUser } = reply;
    const whose = Object.entries({
      subject: SubjectFromWebIdentityToken,
      provider: Provider,
      audience: Audience,
    }).flatMap(([name, value]) => (value === undefined ? [] : [`${name} ${value}`]));
    world.trace('identity', `${AssumedRoleUser?.Arn ?? roleArn}; ${whose.join(', ')}`);
    return {
      kind: 'issued',
      credentials: checkCredentials(reply.Credentials, roleArn, received),
      facts: received,
    };
  } catch (error) {
    const refusal = refusalOf(error);
    if (refusal === undefined || refusal.status >= 500 || isThrottling(refusal)) {
      throw serviceError(operation, error, facts());
    }
    if (/^IDPCommunicationError/.test(refusal.name)) throw providerNotReached(refusal, request);
    if (/DurationSeconds exceeds/i.test(refusal.text)) return { kind: 'duration-too-long' };
    if (/^ExpiredToken/.test(refusal.name)) return { kind: 'token-expired' };
    throw refused(refusal, request, error);
  }
}

function isThrottling({ name, status }: Refusal): boolean {
  return status === 429 || /Throttl/.test(name);
}

/** The one refusal that AWS asks to repeat, and so without a cause: that would say that it is one. */
function providerNotReached({ text }: Refusal, { webIdentityToken }: WebIdentityRequest) {
  const { iss = 'the provider' } = shownClaims(webIdentityToken);
  return new SsoCredError(
    'ServiceFailed',
    `AWS could not reach ${iss} for the keys of its tokens (IDPCommunicationError): ${text}`,
  );
}

function checkCredentials(
  reply:
    | {
        readonly AccessKeyId?: string | undefined;
        readonly SecretAccessKey?: string | undefined;
        readonly SessionToken?: string | undefined;
        readonly Expiration?: Date | undefined;
      }
    | undefined,
  roleArn: string,
  facts: ReplyFacts,
): RoleCredentials {
  const operation = 'AssumeRoleWithWebIdentity';
  const { AccessKeyId, SecretAccessKey, SessionToken, Expiration } = reply ?? {};
  if (!AccessKeyId) throw incompleteReply(operation, 'AccessKeyId');
  if (!SecretAccessKey) throw incompleteReply(operation, 'SecretAccessKey');
  if (!SessionToken) throw incompleteReply(operation, 'SessionToken');
  const expiration = Expiration?.getTime() ?? Number.NaN;
  const serverNow = facts.receivedAt + facts.skewMs;
  if (!(expiration > serverNow && expiration <= serverNow + maxLifetimeMs)) {
    throw incompleteReply(operation, 'an Expiration that makes sense');
  }
  return {
    accessKeyId: AccessKeyId,
    secretAccessKey: SecretAccessKey,
    sessionToken: SessionToken,
    expiration,
    accountId: roleArn.split(':')[4] ?? '',
  };
}

/** STS says what it refuses; this says what to change, and where. */
function refused(refusal: Refusal, request: WebIdentityRequest, cause: unknown): SsoCredError {
  const claims = shownClaims(request.webIdentityToken);
  const { roleArn } = request;
  return new SsoCredError(
    'RoleRefused',
    `AWS refuses ${roleArn} (${refusal.name}): ${advice(refusal, request, claims)}`,
    { cause },
  );
}

function advice(refusal: Refusal, request: WebIdentityRequest, claims: ShownClaims): string {
  const { name, text } = refusal;
  const issuer = claims.iss ?? 'ISSUER';
  const provider = issuer.replace(/^https?:\/\//, '');
  const providerArn = federatedPrincipal(issuer, request.roleArn);
  const audience = claims.azp ?? claims.aud ?? 'CLIENT_ID';
  if (/audience/i.test(text)) {
    return `the IAM provider ${providerArn} must have "${audience}" among its client ids (the token's ${claims.azp === undefined ? 'aud' : 'azp, which AWS compares in place of aud'})`;
  }
  if (/^InvalidIdentityToken/.test(name)) {
    return `${text}. IAM needs the provider ${providerArn} (its URL is the token's iss to the letter, slash and all) with the client id "${audience}"`;
  }
  if (/^IDPRejectedClaim/.test(name)) {
    return `${text}. Sign in anew; if that does not help, the provider refuses this person`;
  }
  if (/^PackedPolicyTooLarge/.test(name)) {
    return `${text}. The token's session tags or amr and the session policies are too much together`;
  }
  if (/^RegionDisabled/.test(name)) {
    return `${text}. STS is off in this region: set another region in the profile`;
  }
  if (/^AccessDenied/.test(name)) {
    const tags =
      claims.tags === undefined
        ? ''
        : `, and allow sts:TagSession too, for the token has the tags ${claims.tags}`;
    return `its trust policy must allow sts:AssumeRoleWithWebIdentity to ${providerArn} where "${provider}:aud" is "${audience}" (the token's sub is "${claims.sub ?? ''}"${claims.amr === undefined ? '' : `, amr "${claims.amr}"`})${tags}; or there is no such role`;
  }
  return text;
}
