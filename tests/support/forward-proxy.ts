import { once } from 'node:events';
import { createServer as createHttpServer, type IncomingMessage } from 'node:http';
import { createServer as createHttpsServer } from 'node:https';
import { type AddressInfo, connect, type Socket } from 'node:net';
import type { Certificate } from './certificates.ts';

/** How a proxy behaves. */
interface ForwardProxyOptions {
  /** `user:password` that it wants. */
  readonly credentials?: string;
  /** Speaks TLS itself, with this certificate. */
  readonly certificate?: Certificate;
  /** Where every tunnel leads, whatever was asked for. */
  readonly port?: number;
  /** Answers every CONNECT with this status. */
  readonly status?: number;
  /** What it does in place of an answer. */
  readonly instead?: (socket: Socket) => void;
}

/** A proxy that opens tunnels by CONNECT, and nothing else. */
export interface ForwardProxy {
  /** Without credentials. */
  readonly url: string;
  /** What it was asked to connect to: `host:port`, in this order. */
  readonly asked: () => readonly string[];
  /** What was asked of it that is no CONNECT, or has headers that are none of a proxy's business. */
  readonly violations: () => readonly string[];
  readonly stop: () => Promise<void>;
}

/** Starts it on 127.0.0.1. */
export async function startForwardProxy(options: ForwardProxyOptions): Promise<ForwardProxy> {
  const { credentials, certificate, port: target, status, instead } = options;
  const asked: string[] = [];
  const violations: string[] = [];
  const sockets = new Set<Socket>();
  const remember = (socket: Socket) => {
    sockets.add(socket);
    socket.on('error', () => socket.destroy());
  };
  const server =
    certificate === undefined
      ? createHttpServer()
      : createHttpsServer({ cert: certificate.pem, key: certificate.key });
  const wanted = credentials && `Basic ${Buffer.from(credentials).toString('base64')}`;
  server.on('connection', remember);
  server.on('secureConnection', remember);
  server.on('tlsClientError', () => undefined);
  server.on('request', ({ method, url }: IncomingMessage, response) => {
    violations.push(`${method} ${url}`);
    response.writeHead(405).end();
  });
  server.on('connect', ({ url = '', headers }: IncomingMessage, socket: Socket, head: Buffer) => {
    asked.push(url);
    for (const name of Object.keys(headers)) {
      const isUsual = ['host', 'connection', 'proxy-connection', 'proxy-authorization'];
      if (!isUsual.includes(name)) violations.push(`CONNECT with the header ${name}`);
    }
    if (instead !== undefined) return instead(socket);
    const refused =
      wanted !== undefined && headers['proxy-authorization'] !== wanted ? 407 : status;
    if (refused !== undefined) {
      const page = '<html>The proxy says no</html>';
      socket.end(`HTTP/1.1 ${refused} No\r\ncontent-length: ${page.length}\r\n\r\n${page}`);
      return;
    }
    const upstream = connect(target ?? Number(url.split(':')[1]), '127.0.0.1');
    remember(upstream);
    upstream.on('connect', () => {
      socket.write('HTTP/1.1 200 Connection established\r\n\r\n');
      upstream.write(head);
      upstream.pipe(socket).pipe(upstream);
    });
    upstream.on('close', () => socket.destroy());
    socket.on('close', () => upstream.destroy());
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  return {
    url: `${certificate === undefined ? 'http' : 'https'}://127.0.0.1:${port}`,
    asked: () => asked,
    violations: () => violations,
    async stop() {
      for (const socket of sockets) socket.destroy();
      server.close();
      await once(server, 'close');
    },
  };
}
