import type { ClientRequest, IncomingMessage, RequestOptions } from 'node:http';
import type { SecureContext } from 'node:tls';
import { codeOf } from '../model/errors.ts';
import type { HttpProxy } from '../model/proxy.ts';
import type { World } from '../world.ts';
import { isCertificateCode } from './certificate-error.ts';
import { tooLong } from './decode-body.ts';
import { networkFailure } from './network-failure.ts';
import { patientTimer } from './patient-timer.ts';
import { proxyAgent } from './proxy-agent.ts';

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

/** By which way a request goes. */
export interface Way {
  readonly open: typeof import('node:http').request;
  readonly env: World['env'];
  readonly proxy?: HttpProxy | undefined;
  /** Whom to trust; undefined for the usual CAs. */
  readonly secureContext?: SecureContext | undefined;
}

/** A certificate was not accepted: nothing has been sent. */
export interface BadCertificate {
  readonly code: string;
  /** Whether it is the proxy's own. */
  readonly isOfProxy: boolean;
  readonly cause: unknown;
}

const connectTimeoutMs = 3_000;
/** A proxy has to connect in its turn. */
const tunnelTimeoutMs = 5_000;
export const maxBodyBytes = 1024 * 1024;

/**
 * One request and its reply, over a connection of its own.
 * @throws NetworkFailed, ProxyRefused; ServiceFailed when the reply is too long
 */
export async function exchange(
  request: HttpRequest,
  { open, env, proxy, secureContext }: Way,
  timeoutMs: number,
): Promise<HttpReply | BadCertificate> {
  const { host } = request.url;
  const tunnel = new AbortController();
  const agent =
    proxy === undefined ? false : await proxyAgent(proxy, { secureContext, signal: tunnel.signal });
  const options: RequestOptions & { readonly secureContext?: SecureContext } = {
    method: request.method,
    headers: { ...request.headers, connection: 'close' },
    agent,
    ...(secureContext === undefined ? {} : { secureContext }),
  };
  return await new Promise((resolve, reject) => {
    let outgoing: ClientRequest;
    try {
      outgoing = open(request.url, options);
    } catch (cause) {
      reject(networkFailure(cause, { host, proxy, env }));
      return;
    }
    // A proxy hands over a socket only once it has let us through.
    const isAtProxy = () => proxy !== undefined && outgoing.socket === null;
    const connectMs = proxy === undefined ? connectTimeoutMs : tunnelTimeoutMs;
    const timers = [
      patientTimer(() => fail(`did not answer within ${seconds(timeoutMs)}`), timeoutMs),
      patientTimer(() => {
        const { socket } = outgoing;
        if (socket !== null && !socket.connecting) return;
        const what = proxy === undefined ? 'accept a connection' : `connect us to ${host}`;
        fail(`did not ${what} within ${seconds(connectMs)}`);
      }, connectMs),
    ];
    const settle = () => {
      for (const callOff of timers) callOff();
    };
    const end = (error: unknown) => {
      settle();
      reject(error);
      if (isAtProxy()) tunnel.abort();
      outgoing.destroy();
    };
    const fail = (what: string | undefined, cause?: unknown) => {
      const parties = { host, proxy: isAtProxy() ? proxy : undefined, env };
      end(networkFailure(cause, parties, what));
    };

    outgoing.on('error', (cause) => {
      const code = codeOf(cause);
      if (!isCertificateCode(code)) return fail(undefined, cause);
      settle();
      resolve({ code, isOfProxy: isAtProxy(), cause });
    });
    outgoing.on('response', (incoming) => {
      incoming.on('error', (error) => fail('broke off its reply', error));
      incoming.on('aborted', () => fail('broke off its reply'));
      readBody(incoming, (body) => {
        if (body === undefined) return end(tooLong(host));
        if (!incoming.complete) return fail('broke off its reply');
        settle();
        resolve({ status: incoming.statusCode ?? 0, headers: joinHeaders(incoming), body });
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

function seconds(ms: number): string {
  return ms >= 1_000 ? `${Math.round(ms / 1_000)} s` : `${Math.round(ms)} ms`;
}
