import { timingSafeEqual } from 'node:crypto';
import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import {
  type CallbackExpectation,
  type CallbackListener,
  type CallbackPage,
  type ReceivedCallback,
  readCallback,
} from '../model/callback.ts';
import { hasCode, SsoCredError } from '../model/errors.ts';
import { pageHeaders, renderPage } from './callback-page.ts';

const loopbackV4 = '127.0.0.1';
const loopbackV6 = '::1';
const maxSockets = 8;
const headersTimeoutMs = 5_000;

/** How often a free port of 127.0.0.1 may turn out to be taken on ::1. */
const pairAttempts = 5;

/**
 * Listens for the redirect of one sign-in (RFC 8252, 7.3), on the loopback only, bound before the
 * browser opens. Only a GET of the exact path at the exact host with our state is an answer; all
 * else is answered with a 4xx and changes nothing (RFC 9700, 4.7).
 * @throws NetworkFailed when none of the ports is free
 */
export async function listenForCallback(expected: CallbackExpectation): Promise<CallbackListener> {
  const { createServer } = await import('node:http');
  let receive: (received: ReceivedCallback) => void;
  const received = new Promise<ReceivedCallback>((resolve) => {
    receive = resolve;
  });
  let isAnswered = false;
  let port = 0;

  const handle = (request: IncomingMessage, response: ServerResponse) => {
    const refuse = (status: number, text: string) => send(response, status, notForUs(text));
    if (request.method !== 'GET') return refuse(405, 'Only GET is answered here.');
    if (request.headers.host !== `${expected.host}:${port}`) return refuse(421, 'Wrong host.');
    const [path, query] = splitTarget(request.url ?? '');
    if (path !== expected.path) return refuse(404, 'Nothing is here.');
    const callback = readCallback(new URLSearchParams(query), (state) =>
      isEqual(state, expected.state),
    );
    if (callback === undefined) {
      return refuse(400, 'This is not an answer to a sign-in that sso-cred has started.');
    }
    if (isAnswered) return refuse(409, 'This sign-in has been answered already.');
    isAnswered = true;
    receive({ callback, query, answer: (page) => sendAndWait(response, page) });
  };

  const newServer = (): Server => {
    const server = createServer(
      {
        headersTimeout: headersTimeoutMs,
        requestTimeout: headersTimeoutMs,
        connectionsCheckingInterval: 1_000,
      },
      handle,
    );
    server.maxConnections = maxSockets;
    server.on('clientError', (_error, socket) => {
      if (socket.writable) socket.end('HTTP/1.1 400 Bad Request\r\nconnection: close\r\n\r\n');
      else socket.destroy();
    });
    return server;
  };

  const servers = await listenOnFirstFree(newServer, expected);
  port = portOf(servers[0]);
  return {
    redirectUri: `http://${expected.host}:${port}${expected.path}`,
    received,
    close() {
      for (const server of servers) {
        server.close();
        server.closeAllConnections();
      }
    },
  };
}

type Listening = readonly [Server, ...Server[]];

async function listenOnFirstFree(
  newServer: () => Server,
  { ports, host }: CallbackExpectation,
): Promise<Listening> {
  for (const port of ports) {
    for (let attempt = 1; attempt <= (port === 0 ? pairAttempts : 1); attempt += 1) {
      const server = newServer();
      if (!(await isListening(server, loopbackV4, port))) continue;
      if (host !== 'localhost') return [server];
      // A browser may take either address for the name: both must be ours, or nobody else's.
      const twin = newServer();
      const state = await tryListen(twin, loopbackV6, portOf(server));
      if (state === 'listening') return [server, twin];
      if (state === 'no such address') return [server];
      server.close();
    }
  }
  throw new SsoCredError(
    'NetworkFailed',
    `The sign-in needs a free port on ${host} for the browser to come back to: ${ports.join(', ')} in use`,
  );
}

async function isListening(server: Server, address: string, port: number): Promise<boolean> {
  return (await tryListen(server, address, port)) === 'listening';
}

async function tryListen(
  server: Server,
  host: string,
  port: number,
): Promise<'listening' | 'in use' | 'no such address'> {
  try {
    await new Promise<void>((resolve, reject) => {
      server.once('error', reject);
      server.listen({ host, port, exclusive: true }, () => {
        server.off('error', reject);
        resolve();
      });
    });
    return 'listening';
  } catch (error) {
    if (hasCode(error, 'EADDRINUSE', 'EACCES')) return 'in use';
    if (hasCode(error, 'EADDRNOTAVAIL', 'EAFNOSUPPORT')) return 'no such address';
    throw error;
  }
}

function portOf(server: Server): number {
  return (server.address() as AddressInfo).port;
}

function send(response: ServerResponse, status: number, page: CallbackPage): void {
  response.writeHead(status, pageHeaders);
  response.end(renderPage(page));
}

/** Resolves when the page is on its way: the listener is closed after that. */
function sendAndWait(response: ServerResponse, page: CallbackPage): Promise<void> {
  return new Promise((resolve) => {
    if (response.destroyed) return resolve(); // the browser did not wait
    response.once('close', resolve);
    send(response, 200, page);
  });
}

function notForUs(text: string): CallbackPage {
  return { title: 'Not a sign-in', text };
}

/** Path and query of a request in origin form; anything else (absolute form, `*`) matches no path. */
function splitTarget(target: string): readonly [string, string] {
  const mark = target.indexOf('?');
  return mark === -1 ? [target, ''] : [target.slice(0, mark), target.slice(mark + 1)];
}

/** Compares in constant time, so that the state cannot be guessed piece by piece. */
function isEqual(one: string, other: string): boolean {
  const a = Buffer.from(one);
  const b = Buffer.from(other);
  return a.length === b.length && timingSafeEqual(a, b);
}
