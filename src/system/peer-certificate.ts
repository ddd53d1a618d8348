import type { Agent } from 'node:https';
import type { DetailedPeerCertificate, TLSSocket } from 'node:tls';
import { cleanText } from '../model/clean-text.ts';
import type { HttpProxy } from '../model/proxy.ts';
import { proxyAgent } from './proxy-agent.ts';

/** Nobody waits longer for what is only to word an error; milliseconds. */
const timeoutMs = 2_000;

/** What a certificate that is not trusted tells, its words cleaned. */
export interface ShownCertificate {
  /** Who signed the last certificate of the chain: the CA that would have to be trusted. */
  readonly issuer: string;
  /** As TLS has it: `Nov 21 11:41:10 2026 GMT`. */
  readonly validFrom: string;
  readonly validTo: string;
}

/**
 * Looks at the certificate that a server shows and hangs up: an error of TLS does not say whose it
 * is. Nothing is sent. Undefined when it cannot be had now.
 */
export async function readPeerCertificate(
  { hostname, port }: URL,
  proxy?: HttpProxy,
): Promise<ShownCertificate | undefined> {
  const { isIP } = await import('node:net');
  const tls = await import('node:tls');
  const host = hostname.replace(/^\[|\]$/g, '');
  const options = {
    host,
    port: Number(port || 443),
    ...(isIP(host) === 0 ? { servername: host } : {}),
    // It is there to be looked at, and no token is ever written to this connection.
    rejectUnauthorized: false,
  };
  const tunnel = new AbortController();
  const agent = proxy && (await proxyAgent(proxy, { signal: tunnel.signal }));
  return await new Promise((resolve) => {
    let opened: TLSSocket | undefined;
    const done = (certificate?: ShownCertificate) => {
      clearTimeout(timer);
      opened?.destroy();
      resolve(certificate);
    };
    const timer = setTimeout(() => {
      tunnel.abort();
      done();
    }, timeoutMs);
    const look = (error: Error | null, socket: TLSSocket) => {
      if (error !== null) return done();
      opened = socket;
      socket.on('error', () => done());
      socket.on('secureConnect', () => done(describe(socket.getPeerCertificate(true))));
    };
    if (agent === undefined) look(null, tls.connect(options));
    else agent.createConnection(options, look as Parameters<Agent['createConnection']>[1]);
  });
}

function describe(leaf: DetailedPeerCertificate): ShownCertificate {
  let top = leaf;
  const seen = new Set<unknown>();
  while (top.issuerCertificate !== undefined && !seen.has(top)) {
    seen.add(top);
    top = top.issuerCertificate;
  }
  const { CN: name, O: organization } = top.issuer ?? {};
  const named = [name, organization].flat().filter((part) => part !== undefined);
  return {
    issuer: cleanText(named.join(', ')),
    validFrom: leaf.valid_from,
    validTo: leaf.valid_to,
  };
}
