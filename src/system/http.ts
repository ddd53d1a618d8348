import type { IncomingMessage } from 'node:http';
import { codeOf, SsoCredError } from '../model/errors.ts';
import type { World } from '../world.ts';

/** What is sent. Header names in lower case. */
export interface HttpRequest {
  readonly method: string;
  readonly url: URL;
  readonly headers: Readonly<Record<string, string>>;
  readonly body?: string | Uint8Array;
}

/** What came back, read to its end. */
export interface HttpReply {
  readonly status: number;
  /** Names in lower case; a repeated header's values joined by a comma. */
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Buffer;
}

/**
 * Sends one request and reads the reply to its end; redirects are not followed.
 * @throws NetworkFailed naming the host and what happened; ServiceFailed when the reply is too long
 */
export type SendHttp = (request: HttpRequest, options: HttpOptions) => Promise<HttpReply>;

export interface HttpOptions {
  /** The most that the whole exchange may take, and never more than 10 s; milliseconds. */
  readonly timeoutMs: number;
}

const connectTimeoutMs = 3_000;
const requestTimeoutMs = 10_000;
const maxBodyBytes = 1024 * 1024;

/** The one way out to the network: node:http and node:https, loaded when first needed. */
export function httpSender(env: World['env']): SendHttp {
  return async (request, options) => {
    const secure = request.url.protocol === 'https:';
    if (secure && env['NODE_TLS_REJECT_UNAUTHORIZED'] === '0') {
      throw new SsoCredError(
        'InvalidConfig',
        'NODE_TLS_REJECT_UNAUTHORIZED=0 turns certificate checks off: no token is sent that way',
        { remedy: 'unset NODE_TLS_REJECT_UNAUTHORIZED' },
      );
    }
    const { request: open } = secure ? await import('node:https') : await import('node:http');
    return exchange(open, request, Math.min(options.timeoutMs, requestTimeoutMs));
  };
}

type Open = typeof import('node:http').request;

function exchange(open: Open, request: HttpRequest, timeoutMs: number): Promise<HttpReply> {
  const { host } = request.url;
  return new Promise((resolve, reject) => {
    const outgoing = open(request.url, {
      method: request.method,
      headers: { ...request.headers, connection: 'close' },
      agent: false,
    });

    const timers = [
      setTimeout(() => fail(`did not answer within ${seconds(timeoutMs)}`), timeoutMs),
      setTimeout(() => {
        const { socket } = outgoing;
        if (socket === null || socket.connecting) {
          fail(`did not accept a connection within ${seconds(connectTimeoutMs)}`);
        }
      }, connectTimeoutMs),
    ];
    const settle = () => {
      for (const timer of timers) clearTimeout(timer);
    };
    const fail = (what: string, cause?: unknown) => {
      settle();
      reject(new SsoCredError('NetworkFailed', `${host} ${what}`, { cause }));
      outgoing.destroy();
    };

    outgoing.on('error', (error) => fail(describeFailure(error), error));
    outgoing.on('response', (incoming) => {
      incoming.on('error', (error) => fail('broke off its reply', error));
      incoming.on('aborted', () => fail('broke off its reply'));
      readBody(incoming, (body) => {
        settle();
        if (body === undefined) {
          reject(new SsoCredError('ServiceFailed', `${host} sent a reply of over 1 MiB`));
          outgoing.destroy();
        } else if (incoming.complete) {
          resolve({ status: incoming.statusCode ?? 0, headers: joinHeaders(incoming), body });
        } else {
          fail('broke off its reply');
        }
      });
    });
    outgoing.end(request.body);
  });
}

/** Gives the whole body, or undefined once it is too long. */
function readBody(incoming: IncomingMessage, done: (body: Buffer | undefined) => void): void {
  const parts: Buffer[] = [];
  let length = 0;
  incoming.on('data', (part: Buffer) => {
    length += part.length;
    if (length > maxBodyBytes) done(undefined);
    else parts.push(part);
  });
  incoming.on('end', () => {
    if (length <= maxBodyBytes) done(Buffer.concat(parts));
  });
}

function joinHeaders(incoming: IncomingMessage): Record<string, string> {
  const headers: Record<string, string> = {};
  for (const [name, value] of Object.entries(incoming.headers)) {
    if (value !== undefined) headers[name] = Array.isArray(value) ? value.join(', ') : value;
  }
  return headers;
}

function describeFailure(error: unknown): string {
  const code = codeOf(error) ?? 'unknown error';
  switch (code) {
    case 'ENOTFOUND':
    case 'EAI_AGAIN':
      return `has no address: is the network up, the region right? (${code})`;
    case 'ECONNREFUSED':
      return `refused the connection (${code})`;
    case 'ECONNRESET':
    case 'EPIPE':
      return `closed the connection (${code})`;
    case 'ENETUNREACH':
    case 'EHOSTUNREACH':
      return `cannot be reached from here (${code})`;
    case 'ETIMEDOUT':
      return `did not accept a connection (${code})`;
    default:
      return `could not be asked (${code})`;
  }
}

function seconds(ms: number): string {
  return ms >= 1_000 ? `${Math.round(ms / 1_000)} s` : `${Math.round(ms)} ms`;
}
