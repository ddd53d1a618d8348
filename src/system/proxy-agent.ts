import type { Agent, RequestOptions } from 'node:https';
import type { SecureContext } from 'node:tls';
import type { HttpProxy } from '../model/proxy.ts';

/** What an agent needs to know beside the proxy. */
interface AgentOptions {
  /** For a proxy that is itself spoken to over TLS. */
  readonly secureContext?: SecureContext | undefined;
  /** Gives up the connection while it is being made. */
  readonly signal: AbortSignal;
}

/** The way through a proxy, for one request: a tunnel by CONNECT (RFC 9110, 9.3.6). */
export async function proxyAgent(
  { url }: HttpProxy,
  { secureContext, signal }: AgentOptions,
): Promise<Agent> {
  const { HttpsProxyAgent } = await import('hpagent');
  const { isIP } = await import('node:net');
  const { protocol, port, username, password } = url;
  const hostname = url.hostname.replace(/^\[|\]$/g, '');
  // hpagent takes brackets for a part of a name, and with `https:` an address for a server name, which
  // TLS does not allow. What it knows as neither http nor https it speaks TLS to as it is told here.
  const proxy = {
    protocol: protocol === 'http:' ? protocol : 'tls:',
    hostname,
    port,
    username,
    password,
  };
  const requestOptions: RequestOptions = {
    signal,
    servername: isIP(hostname) === 0 ? hostname : '',
    ...(secureContext === undefined ? {} : { secureContext }),
  };
  return new HttpsProxyAgent({
    proxy: proxy as URL,
    proxyRequestOptions: requestOptions as object,
  });
}

/** The status with which a proxy refused to open a tunnel; undefined for any other failure. */
export function refusedStatus(error: unknown): number | undefined {
  const { message } = (error ?? {}) as { message?: unknown };
  // hpagent has no code for it.
  const status = /^Bad response: (\d{3})$/.exec(typeof message === 'string' ? message : '')?.[1];
  return status === undefined ? undefined : Number(status);
}
