import type { ServiceEndpoint } from '../model/endpoint.ts';
import { version } from '../model/version.ts';
import type { HttpReply, HttpRequest } from '../system/http.ts';
import type { World } from '../world.ts';
import { type ReplyFacts, replyFacts } from './reply-facts.ts';
import { withoutEcho } from './without-echo.ts';

/** One call of an AWS operation, as `--explain` shows it. */
export interface AwsCall {
  /** As CloudTrail names it. */
  readonly operation: string;
  /** The parameters that may be shown. */
  readonly parameters: Readonly<Record<string, string>>;
  /** When to be done, by the monotonic clock; milliseconds. */
  readonly deadline: number;
  /** Whether it spends what it sends (HttpOptions). */
  readonly isSingleUse?: boolean;
}

/** What the SDK asks of a handler, as far as we use it. */
interface SdkRequest {
  readonly protocol: string;
  readonly hostname: string;
  readonly port?: number;
  readonly path: string;
  readonly method: string;
  readonly query?: Readonly<Record<string, string | readonly string[] | null>>;
  readonly headers: Readonly<Record<string, string>>;
  readonly body?: string | Uint8Array;
}

/**
 * The settings of an SDK client for one call: our own way to the network, no retries of its own,
 * nothing read from files or the environment, no credentials. And the facts of its reply, once it
 * is there.
 */
export function clientSettings(
  endpoint: ServiceEndpoint,
  call: AwsCall,
  world: Pick<World, 'clock' | 'sendHttp' | 'trace'>,
) {
  let facts: ReplyFacts | undefined;
  const handle = async (request: SdkRequest) => {
    const reply = await sendTraced(toHttpRequest(request), endpoint, call, world);
    facts = replyFacts(reply, world.clock.now());
    const { status: statusCode, headers } = reply;
    const body = statusCode < 400 ? reply.body : withoutEcho(reply.body, request);
    return { response: { statusCode, headers: { ...headers }, body } };
  };
  return {
    settings: {
      region: endpoint.region,
      ...(endpoint.url === undefined ? {} : { endpoint: endpoint.url }),
      useFipsEndpoint: endpoint.fips,
      useDualstackEndpoint: endpoint.dualStack,
      requestHandler: { handle },
      maxAttempts: 1,
      retryMode: 'standard',
      defaultsMode: 'standard' as const,
      authSchemePreference: [] as string[],
      userAgentAppId: async (): Promise<string | undefined> => undefined,
    },
    facts: () => facts,
  };
}

function toHttpRequest(request: SdkRequest): HttpRequest {
  const url = new URL(`${request.protocol}//${request.hostname}`);
  if (request.port !== undefined) url.port = String(request.port);
  url.pathname = request.path;
  url.search = queryText(request.query ?? {});
  const agent = request.headers['user-agent'];
  const headers = {
    ...request.headers,
    'user-agent': `sso-cred/${version}${agent === undefined ? '' : ` ${agent}`}`,
  };
  const { method, body } = request;
  return body === undefined ? { method, url, headers } : { method, url, headers, body };
}

function queryText(query: NonNullable<SdkRequest['query']>): string {
  return Object.entries(query)
    .flatMap(([name, value]) => {
      const values = value === null ? [''] : typeof value === 'string' ? [value] : value;
      return values.map((each) => `${encodeURIComponent(name)}=${encodeURIComponent(each)}`);
    })
    .join('&');
}

/** Sends a request of an operation, and tells of it. @throws as SendHttp */
export async function sendTraced(
  request: HttpRequest,
  { caBundle }: ServiceEndpoint,
  call: AwsCall,
  world: Pick<World, 'clock' | 'sendHttp' | 'trace'>,
): Promise<HttpReply> {
  const { clock, trace } = world;
  const startedAt = clock.monotonicMs();
  const parameters = Object.entries(call.parameters)
    .map(([name, value]) => `${name}=${value}`)
    .join(', ');
  const what = `${call.operation} at ${request.url.host} (${parameters})`;
  try {
    const timeoutMs = call.deadline - startedAt;
    const { isSingleUse = false } = call;
    const reply = await world.sendHttp(request, { timeoutMs, isSingleUse, caBundle, trace });
    const requestId = reply.headers['x-amzn-requestid'] ?? reply.headers['x-amz-request-id'];
    trace(
      'network',
      `${what}: status ${reply.status}, request id ${requestId ?? 'none'}, ${elapsed()} ms`,
    );
    return reply;
  } catch (error) {
    trace('network', `${what}: no reply after ${elapsed()} ms`);
    throw error;
  }

  function elapsed(): number {
    return Math.round(clock.monotonicMs() - startedAt);
  }
}
