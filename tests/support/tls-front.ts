import { once } from 'node:events';
import { request as httpRequest } from 'node:http';
import { createServer } from 'node:https';
import type { AddressInfo, Socket } from 'node:net';
import { createSecureContext } from 'node:tls';
import type { Certificate } from './certificates.ts';

/** What stands behind which name. */
interface FrontOptions {
  /** Where to listen; 127.0.0.1 by default. */
  readonly host?: string;
  /** The certificate for a name; for connections without one, `localhost`. */
  readonly certificate: (name: string) => Certificate;
  /** The URL behind a host's name, to which the path is added. */
  readonly upstream: (name: string) => string | undefined;
  /** Where a host sends everybody, in place of an answer. */
  readonly redirect?: (name: string) => string | undefined;
}

/** A server that speaks TLS for servers that do not. */
export interface TlsFront {
  readonly port: number;
  /** The names that were asked for, as TLS tells them (SNI). */
  readonly names: () => readonly string[];
  readonly stop: () => Promise<void>;
}

/** Starts it. What it passes on says by which name it came, as other fronts do. */
export async function startTlsFront(options: FrontOptions): Promise<TlsFront> {
  const names: string[] = [];
  const sockets = new Set<Socket>();
  const contextFor = (name: string) => {
    const { pem: cert, key } = options.certificate(name);
    return { cert, key };
  };
  const server = createServer(
    {
      ...contextFor('localhost'),
      SNICallback(name, done) {
        names.push(name);
        done(null, createSecureContext(contextFor(name)));
      },
    },
    (incoming, outgoing) => {
      const name = (incoming.headers.host ?? '').replace(/:\d+$/, '');
      const location = options.redirect?.(name);
      if (location !== undefined) {
        outgoing.writeHead(302, { location }).end();
        return;
      }
      const upstream = options.upstream(name);
      if (upstream === undefined) {
        outgoing.writeHead(404).end();
        return;
      }
      const headers = {
        ...incoming.headers,
        'x-forwarded-host': incoming.headers.host,
        'x-forwarded-proto': 'https',
      };
      const { method = 'GET', url = '/' } = incoming;
      const passed = httpRequest(`${upstream}${url}`, { method, headers }, (reply) => {
        outgoing.writeHead(reply.statusCode ?? 502, reply.rawHeaders);
        reply.pipe(outgoing);
      });
      passed.on('error', () => outgoing.destroy());
      incoming.pipe(passed);
    },
  );
  server.on('connection', (socket: Socket) => {
    sockets.add(socket);
    socket.on('error', () => undefined);
  });
  // A client that hangs up on a certificate is what some tests are about.
  server.on('tlsClientError', () => undefined);
  server.listen(0, options.host ?? '127.0.0.1');
  await once(server, 'listening');
  return {
    port: (server.address() as AddressInfo).port,
    names: () => names,
    async stop() {
      for (const socket of sockets) socket.destroy();
      server.close();
      await once(server, 'close');
    },
  };
}
