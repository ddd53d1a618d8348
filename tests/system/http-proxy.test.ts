import { once } from 'node:events';
import { writeFileSync } from 'node:fs';
import { createServer as createHttpServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { createServer, type Socket } from 'node:net';
import { join } from 'node:path';
import { afterEach, describe, expect, test } from '@jest/globals';
import { httpSender } from '../../src/system/http.ts';
import { createCa } from '../support/certificates.ts';
import { type ForwardProxy, startForwardProxy } from '../support/forward-proxy.ts';
import { freshDirectory } from '../support/fresh-directory.ts';
import { startTlsFront, type TlsFront } from '../support/tls-front.ts';

const ca = createCa('Acme Inspection CA');
const path = join(freshDirectory(), 'ca.pem');
writeFileSync(path, ca.pem);
const caBundle = { path, setting: 'AWS_CA_BUNDLE' };

const target = 'https://portal.example.test/path?token=a-secret';
const toStop: { stop(): Promise<unknown> }[] = [];

afterEach(async () => {
  for (const each of toStop.splice(0)) await each.stop();
});

interface Seen {
  readonly method: string | undefined;
  readonly url: string | undefined;
  readonly headers: Readonly<Record<string, unknown>>;
}

/** A service behind TLS that is reached through a proxy only. */
async function behindTls(): Promise<{ front: TlsFront; seen: readonly Seen[] }> {
  const seen: Seen[] = [];
  const server: Server = createHttpServer(({ method, url, headers }, outgoing) => {
    seen.push({ method, url, headers });
    outgoing.end('served');
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  const front = await startTlsFront({
    certificate: (name) => ca.issue([name]),
    upstream: () => `http://127.0.0.1:${port}`,
  });
  toStop.push(front, { stop: () => new Promise((stopped) => server.close(stopped)) });
  return { front, seen };
}

async function startProxy(options: Parameters<typeof startForwardProxy>[0]): Promise<ForwardProxy> {
  const proxy = await startForwardProxy(options);
  toStop.push(proxy);
  return proxy;
}

const withCredentials = (url: string, credentials: string) =>
  url.replace('://', `://${credentials}@`);

/** Asks for the target by a proxy; gives the reply, or the error. */
async function ask(
  proxy: string,
  options: { url?: string; trace?: string[]; timeoutMs?: number } = {},
): Promise<unknown> {
  const { url = target, trace = [], timeoutMs = 9_000 } = options;
  const send = httpSender({ HTTPS_PROXY: proxy });
  const request = { method: 'GET', url: new URL(url), headers: { authorization: 'a-secret' } };
  return await send(request, {
    timeoutMs,
    caBundle,
    trace: (topic, text) => trace.push(`${topic}: ${text}`),
  }).catch((error: unknown) => error);
}

describe('through a proxy', () => {
  test('a request reaches its target by a tunnel, with nothing of it told to the proxy', async () => {
    const { front, seen } = await behindTls();
    const proxy = await startProxy({ port: front.port });
    const trace: string[] = [];
    expect(await ask(proxy.url, { trace })).toMatchObject({
      status: 200,
      body: Buffer.from('served'),
    });
    expect(proxy.asked()).toEqual(['portal.example.test:443']);
    expect(proxy.violations()).toEqual([]);
    expect(front.names()).toEqual(['portal.example.test']);
    expect(seen).toMatchObject([
      {
        method: 'GET',
        url: '/path?token=a-secret',
        headers: { host: 'portal.example.test', authorization: 'a-secret' },
      },
    ]);
    expect(trace).toEqual([
      `network: The proxy ${new URL(proxy.url).host} (HTTPS_PROXY) is the way to portal.example.test`,
    ]);
  });

  test('user and password are decoded, sent to the proxy alone, and told nobody', async () => {
    const { front, seen } = await behindTls();
    const proxy = await startProxy({ port: front.port, credentials: 'jane:p@ss:w/rd%' });
    const trace: string[] = [];
    const url = withCredentials(proxy.url, 'jane:p%40ss%3Aw%2Frd%25');
    expect(await ask(url, { trace })).toMatchObject({ status: 200 });
    expect(seen[0]?.headers).not.toHaveProperty('proxy-authorization');
    expect(trace.join('\n')).not.toMatch(/jane|p@ss|p%40ss/);
  });

  test('that speaks TLS itself a request reaches its target', async () => {
    const { front } = await behindTls();
    const proxy = await startProxy({
      port: front.port,
      certificate: ca.issue(['127.0.0.1']),
      credentials: 'jane:s3cret',
    });
    expect(await ask(withCredentials(proxy.url, 'jane:s3cret'))).toMatchObject({ status: 200 });
  });

  test('whose certificate nobody knows nothing is sent, not even the password', async () => {
    const { front } = await behindTls();
    const proxy = await startProxy({
      port: front.port,
      certificate: createCa('Somebody else').issue(['127.0.0.1']),
      credentials: 'jane:s3cret',
    });
    expect(await ask(withCredentials(proxy.url, 'jane:s3cret'))).toMatchObject({
      code: 'CertificateRejected',
      message: expect.stringMatching(
        /^The proxy 127\.0\.0\.1:\d+ \(HTTPS_PROXY\) shows a certificate signed by "Somebody else", which is not trusted here\b/,
      ),
    });
    expect(proxy.asked()).toEqual([]);
  });

  test('each request has a connection of its own, which is closed', async () => {
    const { front } = await behindTls();
    const proxy = await startProxy({ port: front.port });
    await Promise.all([ask(proxy.url), ask(proxy.url), ask(proxy.url)]);
    expect(proxy.asked()).toHaveLength(3);
  });
});

describe('a proxy that does not let us through', () => {
  const name = /^The proxy 127\.0\.0\.1:\d+ \(HTTPS_PROXY\) /.source;

  test.each<[string, Parameters<typeof startForwardProxy>[0], string, string, string]>([
    [
      'wants credentials and is given none',
      { credentials: 'jane:s3cret' },
      '',
      'ProxyRefused',
      'wants a user and a password \\(407\\): put them into HTTPS_PROXY as http://USER:PASSWORD@127\\.0\\.0\\.1:\\d+$',
    ],
    [
      'is given wrong credentials',
      { credentials: 'jane:s3cret' },
      'jane:wr0ng',
      'ProxyRefused',
      'does not take the user and the password of HTTPS_PROXY \\(407\\)$',
    ],
    [
      'is given wrong credentials, and says so as tinyproxy does',
      { status: 401 },
      'jane:wr0ng',
      'ProxyRefused',
      'does not take the user and the password of HTTPS_PROXY \\(401\\)$',
    ],
    [
      'forbids the host',
      { status: 403 },
      '',
      'ProxyRefused',
      'does not let portal\\.example\\.test through \\(403\\)$',
    ],
    [
      'cannot reach the host',
      { status: 502 },
      '',
      'NetworkFailed',
      'cannot reach portal\\.example\\.test \\(502\\)$',
    ],
    [
      'answers what is no HTTP',
      { instead: (socket: Socket) => socket.end('SSH-2.0-OpenSSH_9.6\r\n') },
      '',
      'NetworkFailed',
      'could not be asked \\(HPE_\\w+\\)$',
    ],
    [
      'hangs up',
      { instead: (socket: Socket) => socket.destroy() },
      '',
      'NetworkFailed',
      'closed the connection \\(ECONNRESET\\)$',
    ],
  ])('is told apart from the service: one that %s', async (_what, options, user, code, text) => {
    const proxy = await startProxy(options);
    const url = user === '' ? proxy.url : withCredentials(proxy.url, user);
    const error = await ask(url);
    expect(error).toMatchObject({ code, message: expect.stringMatching(name + text) });
    expect(String((error as Error).message)).not.toMatch(/s3cret|wr0ng|jane|a-secret/);
    expect(String((error as Error).stack)).not.toMatch(/s3cret|wr0ng|a-secret/);
  });

  test('because nobody listens there is named', async () => {
    const proxy = await startForwardProxy({});
    await proxy.stop();
    expect(await ask(proxy.url)).toMatchObject({
      code: 'NetworkFailed',
      message: expect.stringMatching(`${name}refused the connection \\(ECONNREFUSED\\)$`),
    });
  });

  test('because it is black-holed, or says nothing, is given up after 5 s, and hung up on', async () => {
    const closed: Promise<unknown>[] = [];
    const server = createServer((socket) => {
      socket.on('error', () => undefined);
      closed.push(once(socket, 'close'));
      socket.resume();
    });
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    toStop.push({ stop: () => new Promise((stopped) => server.close(stopped)) });
    const { port } = server.address() as AddressInfo;
    expect(await ask(`http://127.0.0.1:${port}`)).toMatchObject({
      code: 'NetworkFailed',
      message: expect.stringMatching(
        `${name}did not connect us to portal\\.example\\.test within 5 s$`,
      ),
    });
    expect(closed).toHaveLength(1);
    await Promise.all(closed);
  });
});

test('a reply that the proxy makes up in the place of the service is none', async () => {
  // Over TLS the proxy has no say: what it answers must never be taken for AWS's refusal of a token.
  const proxy = await startProxy({
    instead: (socket) =>
      socket.end(
        'HTTP/1.1 400 Bad Request\r\nx-amzn-errortype: InvalidGrantException\r\ncontent-length: 2\r\n\r\n{}',
      ),
  });
  expect(await ask(proxy.url)).toMatchObject({ code: 'ProxyRefused' });
});

test('without a proxy for https the one for http is thought of when the network fails', async () => {
  const send = httpSender({ http_proxy: 'http://127.0.0.1:9' });
  const request = { method: 'GET', url: new URL('https://127.0.0.1:9/'), headers: {} };
  await expect(send(request, { timeoutMs: 5_000 })).rejects.toMatchObject({
    message:
      '127.0.0.1:9 refused the connection (ECONNREFUSED); http_proxy is not for https: is HTTPS_PROXY missing?',
  });
});

test.each(['http', 'https'])(
  'a proxy may be named by an address of version 6: %s',
  async (scheme) => {
    expect(await ask(`${scheme}://[::1]:9`)).toMatchObject({
      code: 'NetworkFailed',
      message: expect.stringMatching(
        /^The proxy \[::1\]:9 \(HTTPS_PROXY\) (refused the connection|cannot be reached from here)/,
      ),
    });
  },
);
