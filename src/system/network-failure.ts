import { codeOf, SsoCredError } from '../model/errors.ts';
import { type HttpProxy, httpOnlyProxy } from '../model/proxy.ts';
import type { World } from '../world.ts';
import { refusedStatus } from './proxy-agent.ts';

/** Between whom a connection failed. */
export interface Parties {
  /** The service's host, with its port if that is unusual. */
  readonly host: string;
  /** The proxy on the way, while it has not let us through. */
  readonly proxy: HttpProxy | undefined;
  readonly env: World['env'];
}

/** The error for a connection that failed. @param what the end of a sentence; by default from the error */
export function networkFailure(error: unknown, parties: Parties, what?: string): SsoCredError {
  const { host, proxy, env } = parties;
  if (proxy === undefined) {
    const hint = httpOnlyProxy(env);
    const advice = hint === undefined ? '' : `; ${hint} is not for https: is HTTPS_PROXY missing?`;
    const text = `${host} ${what ?? describeFailure(error, 'the region')}${advice}`;
    return new SsoCredError('NetworkFailed', text, { cause: error });
  }
  const status = refusedStatus(error);
  if (status !== undefined) return refusal(status, proxy, host, error);
  const text = `${proxyName(proxy)} ${what ?? describeFailure(error, 'its name')}`;
  return new SsoCredError('NetworkFailed', text, { cause: error });
}

/** The proxy as a message names it, without user and password. */
export function proxyName({ url, variable }: HttpProxy): string {
  return `The proxy ${url.host} (${variable})`;
}

function refusal(status: number, proxy: HttpProxy, host: string, cause: unknown): SsoCredError {
  const name = proxyName(proxy);
  const { url, variable } = proxy;
  // tinyproxy answers 401 to a wrong password.
  if (status === 407 || status === 401) {
    const text =
      url.username === ''
        ? `${name} wants a user and a password (${status}): put them into ${variable} as ${url.protocol}//USER:PASSWORD@${url.host}`
        : `${name} does not take the user and the password of ${variable} (${status})`;
    return new SsoCredError('ProxyRefused', text, { cause });
  }
  if (status >= 500) {
    return new SsoCredError('NetworkFailed', `${name} cannot reach ${host} (${status})`, { cause });
  }
  const text = `${name} does not let ${host} through (${status})`;
  return new SsoCredError('ProxyRefused', text, { cause });
}

function describeFailure(error: unknown, name: string): string {
  const code = codeOf(error) ?? 'unknown error';
  switch (code) {
    case 'ENOTFOUND':
    case 'EAI_AGAIN':
      return `has no address: is the network up, ${name} right? (${code})`;
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
    case 'EPROTO':
    case 'ERR_SSL_WRONG_VERSION_NUMBER':
      return 'speaks no TLS that we understand: is something in between?';
    default:
      return `could not be asked (${code})`;
  }
}
