import { SsoCredError } from './errors.ts';
import { isLoopback } from './loopback.ts';
import { isExempt } from './no-proxy.ts';

type Environment = Readonly<Record<string, string | undefined>>;

/** A proxy to go through. */
export interface HttpProxy {
  /** May hold a user and a password: only `host` is ever shown. */
  readonly url: URL;
  /** The variable that names it. */
  readonly variable: string;
}

/**
 * The proxy for a request, by the variables that curl and the AWS CLI read; the lower-case ones win,
 * as in curl, and empty ones count as unset. What is on this machine is never asked for through a
 * proxy, and plain http goes nowhere else: so HTTP_PROXY decides nothing.
 * @throws InvalidConfig naming the variable, not its value
 */
export function proxyFor(target: URL, env: Environment): HttpProxy | undefined {
  if (target.protocol !== 'https:' || isLoopback(target)) return undefined;
  const variable = firstSet(['https_proxy', 'HTTPS_PROXY'], env);
  if (variable === undefined) return undefined;
  const exemptions = env[firstSet(['no_proxy', 'NO_PROXY'], env) ?? ''] ?? '';
  if (isExempt(target, exemptions)) return undefined;
  return { url: parseProxy(variable, env[variable] ?? ''), variable };
}

/** The variable of a proxy for plain http, where there is none for https: easily taken for both. */
export function httpOnlyProxy(env: Environment): string | undefined {
  if (firstSet(['https_proxy', 'HTTPS_PROXY'], env) !== undefined) return undefined;
  return firstSet(['http_proxy', 'HTTP_PROXY'], env);
}

function firstSet(names: readonly string[], env: Environment): string | undefined {
  return names.find((name) => env[name]);
}

function parseProxy(variable: string, value: string): URL {
  const text = /^[a-z][a-z0-9+.-]*:\/\//i.test(value) ? value : `http://${value}`;
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (url === undefined || url.hostname === '' || !isDecodable(url)) {
    throw new SsoCredError(
      'InvalidConfig',
      `${variable} is no URL of a proxy, such as http://USER:PASSWORD@HOST:PORT with special characters of user and password percent-encoded`,
    );
  }
  if (!['http:', 'https:'].includes(url.protocol)) {
    throw new SsoCredError(
      'InvalidConfig',
      `${variable} names a proxy of the kind ${url.protocol.slice(0, -1)}: only http and https proxies can be used`,
    );
  }
  return url;
}

function isDecodable({ username, password }: URL): boolean {
  try {
    decodeURIComponent(username);
    decodeURIComponent(password);
    return true;
  } catch {
    return false;
  }
}
