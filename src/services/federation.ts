import type { ServiceEndpoint } from '../model/endpoint.ts';
import { SsoCredError } from '../model/errors.ts';
import { parseJsonObject, textAt } from '../model/json.ts';
import type { ProcessOutput } from '../model/role-credentials.ts';
import { version } from '../model/version.ts';
import type { HttpReply, HttpRequest } from '../system/http.ts';
import type { World } from '../world.ts';
import { sendTraced } from './aws-client.ts';
import { replyFacts } from './reply-facts.ts';
import { incompleteReply } from './service-error.ts';

/** What the federation endpoint is asked. */
export interface SigninTokenRequest {
  /** Without its query. */
  readonly federation: string;
  readonly endpoint: ServiceEndpoint;
  readonly credentials: ProcessOutput;
  /** 900 to 43200; undefined for as long as the credentials last. */
  readonly sessionDurationS: number | undefined;
  /** By the monotonic clock; milliseconds. */
  readonly deadline: number;
}

/** A token for the console; or that AWS takes no duration, or not these credentials. */
export type SigninTokenReply =
  | { readonly kind: 'token'; readonly signinToken: string }
  | { readonly kind: 'refused'; readonly status: number };

const operation = 'GetSigninToken';

/**
 * Exchanges credentials for a token that signs a browser in, once. By POST, as AWS's toolkit for
 * JetBrains IDEs does, since the credentials would stand in the URL of a GET, which AWS's guide shows;
 * by GET only where POST is not taken.
 * https://docs.aws.amazon.com/IAM/latest/UserGuide/id_roles_providers_enable-console-custom-url.html
 * @throws Throttled, ServiceFailed, NetworkFailed
 */
export async function getSigninToken(
  request: SigninTokenRequest,
  world: Pick<World, 'clock' | 'sendHttp' | 'trace'>,
): Promise<SigninTokenReply> {
  const { federation, endpoint, credentials, sessionDurationS, deadline } = request;
  const duration = sessionDurationS === undefined ? {} : { SessionDuration: `${sessionDurationS}` };
  const session = {
    sessionId: credentials.AccessKeyId,
    sessionKey: credentials.SecretAccessKey,
    sessionToken: credentials.SessionToken,
  };
  const parameters = { Action: 'getSigninToken', ...duration, Session: JSON.stringify(session) };
  const form = new URLSearchParams(parameters).toString();
  const call = { operation, parameters: duration, deadline };
  const url = new URL(federation);
  const agent = { 'user-agent': `sso-cred/${version}` };
  const post: HttpRequest = {
    method: 'POST',
    url,
    headers: { ...agent, 'content-type': 'application/x-www-form-urlencoded' },
    body: form,
  };
  const reply = await sendTraced(post, endpoint, call, world);
  if (reply.status !== 405) return understand(reply, world);
  const inQuery = new URL(url);
  inQuery.search = form;
  const get = { method: 'GET', url: inQuery, headers: agent };
  return understand(await sendTraced(get, endpoint, call, world), world);
}

/** The text of a refusal is not shown: it is a page, and may repeat what was sent. */
function understand(reply: HttpReply, world: Pick<World, 'clock'>): SigninTokenReply {
  const { status, body } = reply;
  if (status === 200) {
    const token = textAt(parseJsonObject(body.toString('utf8')) ?? {}, 'SigninToken');
    if (token === undefined) throw incompleteReply(operation, 'SigninToken');
    return { kind: 'token', signinToken: token };
  }
  const { retryAfterMs } = replyFacts(reply, world.clock.now());
  const details = retryAfterMs === undefined ? {} : { retryAfterMs };
  if (status === 429) {
    const text = `${operation} is rate limited by AWS just now`;
    throw new SsoCredError('Throttled', text, details);
  }
  if (status >= 400 && status < 500) return { kind: 'refused', status };
  throw new SsoCredError('ServiceFailed', `${operation} failed with status ${status}`, details);
}
