import type { SecureContext } from 'node:tls';
import type { CaBundle } from '../model/ca-bundle.ts';
import { SsoCredError } from '../model/errors.ts';
import { type HttpProxy, proxyFor } from '../model/proxy.ts';
import type { World } from '../world.ts';
import { certificateError, isUnknownIssuer } from './certificate-error.ts';
import { decodeBody } from './decode-body.ts';
import {
  type BadCertificate,
  exchange,
  type HttpReply,
  type HttpRequest,
  maxBodyBytes,
} from './exchange.ts';
import { proxyName } from './network-failure.ts';

export type { HttpReply, HttpRequest } from './exchange.ts';

/**
 * Sends one request, through a proxy where the environment names one, and reads the reply to its end;
 * redirects are not followed.
 * @throws NetworkFailed naming the host and what happened; ProxyRefused; CertificateRejected;
 *   ServiceFailed when the reply is too long; InvalidConfig for a proxy or CA bundle of no use;
 *   BudgetExhausted when there is no time for it
 */
export type SendHttp = (request: HttpRequest, options: HttpOptions) => Promise<HttpReply>;

export interface HttpOptions {
  /** The most that the whole exchange may take, and never more than 10 s; milliseconds. */
  readonly timeoutMs: number;
  /**
   * The request spends what it sends: asking again where only the answer is late may cost the session,
   * so that this one has 20 s.
   */
  readonly isSingleUse?: boolean;
  /** What the configuration trusts besides the usual CAs. */
  readonly caBundle?: CaBundle | undefined;
  /** Told which way a request takes. */
  readonly trace?: World['trace'];
}

const requestTimeoutMs = 10_000;
const singleUseTimeoutMs = 20_000;

/** The one way out to the network: node:http and node:https, loaded when first needed. */
export function httpSender(env: World['env']): SendHttp {
  const contextFor = contexts(env);
  let withSystem = false;
  return async (request, options) => {
    const { url } = request;
    const { caBundle, trace } = options;
    if (options.timeoutMs <= 0) {
      const text = `There was no time left to ask ${url.host}; run this again, or give it longer with --timeout`;
      throw new SsoCredError('BudgetExhausted', text);
    }
    const limitMs = options.isSingleUse === true ? singleUseTimeoutMs : requestTimeoutMs;
    const timeoutMs = Math.min(options.timeoutMs, limitMs);
    const isSecure = url.protocol === 'https:';
    if (isSecure) refuseUnchecked(env);
    const proxy = proxyFor(url, env);
    if (proxy !== undefined) trace?.('network', `${proxyName(proxy)} is the way to ${url.host}`);
    const { request: open } = isSecure ? await import('node:https') : await import('node:http');
    const startedAt = performance.now();
    for (;;) {
      const secureContext = isSecure ? await contextFor({ caBundle, withSystem }) : undefined;
      const way = { open, env, proxy, secureContext };
      const spentMs = performance.now() - startedAt;
      const outcome = await exchange(request, way, Math.max(1, timeoutMs - spentMs));
      if (!('code' in outcome)) return await decoded(request, outcome);
      if (withSystem || !isUnknownIssuer(outcome.code)) {
        throw await explained(outcome, url, proxy, caBundle);
      }
      // Nothing has been sent yet. What the system trusts is costly to read, and so comes last.
      trace?.('network', `${url.host}: ${outcome.code}; what the system trusts is looked at, too`);
      withSystem = true;
    }
  };
}

/** Makes a TLS context for each choice of CAs once. */
function contexts(env: World['env']) {
  const made = new Map<string, Promise<SecureContext | undefined>>();
  return async (choice: {
    readonly caBundle: CaBundle | undefined;
    readonly withSystem: boolean;
  }) => {
    if (choice.caBundle === undefined && !choice.withSystem) return undefined;
    const key = JSON.stringify(choice);
    const { trustedCas } = await import('./trusted-cas.ts');
    const context = made.get(key) ?? trustedCas(choice, env);
    made.set(key, context);
    return await context;
  };
}

function refuseUnchecked(env: World['env']): void {
  if (env['NODE_TLS_REJECT_UNAUTHORIZED'] !== '0') return;
  throw new SsoCredError(
    'InvalidConfig',
    'NODE_TLS_REJECT_UNAUTHORIZED=0 turns certificate checks off: no token is sent that way',
    { remedy: 'unset NODE_TLS_REJECT_UNAUTHORIZED' },
  );
}

async function decoded({ url }: HttpRequest, reply: HttpReply): Promise<HttpReply> {
  const { 'content-encoding': encoding, 'content-length': _length, ...headers } = reply.headers;
  const limits = { host: url.host, maxBytes: maxBodyBytes };
  const body = await decodeBody(reply.body, encoding, limits);
  return body === reply.body ? reply : { ...reply, headers, body };
}

/** The error for a certificate that was not accepted, with what can be found out about it. */
async function explained(
  { code, isOfProxy, cause }: BadCertificate,
  target: URL,
  proxy: HttpProxy | undefined,
  caBundle: CaBundle | undefined,
): Promise<SsoCredError> {
  const { readPeerCertificate } = await import('./peer-certificate.ts');
  const shown =
    proxy === undefined || isOfProxy
      ? await readPeerCertificate(proxy?.url ?? target)
      : await readPeerCertificate(target, proxy);
  const shownBy = proxy !== undefined && isOfProxy ? proxyName(proxy) : target.host;
  return certificateError({ code, shownBy, shown, caBundle, cause });
}
