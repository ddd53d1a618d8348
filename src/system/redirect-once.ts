import { readFileSync } from 'node:fs';
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';
import { ownerOfConnection } from '../model/socket-table.ts';

/** A page on the loopback that leads on, once. */
export interface Redirect {
  readonly url: URL;
  /** Whether the browser has been told where to go; settles when it has, or when the time is up. */
  readonly followed: Promise<boolean>;
  close(): void;
}

/**
 * Serves a redirect to a secret URL on 127.0.0.1, at a path that nobody can guess, to the first who
 * asks; on Linux to nobody who is another user of this machine, since the path can be seen on the
 * browser's command line. AWS's guide for its sign-in URL asks for a redirect.
 * @param secret what the path is made of
 * @param budgetMs how long the browser gets; milliseconds
 * @param user our uid
 */
export async function redirectOnce(
  target: URL,
  secret: string,
  user: number | undefined,
  budgetMs: number,
): Promise<Redirect> {
  const { createServer } = await import('node:http');
  let settle: (isFollowed: boolean) => void;
  const followed = new Promise<boolean>((resolve) => {
    settle = resolve;
  });
  let isSpent = false;
  let port = 0;

  const handle = ({ method, url, headers, socket }: IncomingMessage, response: ServerResponse) => {
    const refuse = (status: number) => response.writeHead(status, common).end();
    if (headers.host !== `127.0.0.1:${port}`) return refuse(421);
    if (method !== 'GET' || url !== `/${secret}`) return refuse(404);
    if (isSpent) return refuse(410);
    if (isForeign(socket, user)) return refuse(403);
    isSpent = true;
    response.once('close', () => settle(true));
    return response.writeHead(302, { ...common, location: target.href }).end();
  };

  const server = createServer({ headersTimeout: 5_000, requestTimeout: 5_000 }, handle);
  server.maxConnections = 8;
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject).listen({ host: '127.0.0.1', port: 0, exclusive: true }, resolve);
  });
  port = (server.address() as AddressInfo).port;
  const timer = setTimeout(() => settle(false), budgetMs);
  return {
    url: new URL(`http://127.0.0.1:${port}/${secret}`),
    followed,
    close() {
      clearTimeout(timer);
      server.close();
      server.closeAllConnections();
    },
  };
}

const common = {
  'cache-control': 'no-store',
  'referrer-policy': 'no-referrer',
  'content-length': '0',
  connection: 'close',
};

/** Whether another user is known to be at the other end; root may be, as the relay of WSL is. */
function isForeign(socket: Socket, user: number | undefined): boolean {
  const { localPort, remotePort } = socket;
  if (localPort === undefined || remotePort === undefined || user === undefined) return false;
  for (const table of ['/proc/net/tcp', '/proc/net/tcp6']) {
    try {
      const owner = ownerOfConnection(readFileSync(table, 'utf8'), remotePort, localPort);
      if (owner !== undefined) return owner !== user && owner !== 0;
    } catch {
      // Only Linux has it.
    }
  }
  return false;
}
