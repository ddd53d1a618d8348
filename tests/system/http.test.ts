import { once } from 'node:events';
import { createServer as createHttpServer, type RequestListener } from 'node:http';
import { type AddressInfo, createServer, type Server, type Socket } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { brotliCompressSync, deflateSync, gzipSync } from 'node:zlib';
import { afterEach, describe, expect, jest, test } from '@jest/globals';
import { type HttpRequest, httpSender } from '../../src/system/http.ts';

const send = httpSender({});
const mib = 1024 * 1024;
const opened: { server: Server; sockets: Set<Socket> }[] = [];

afterEach(async () => {
  jest.useRealTimers();
  for (const { server, sockets } of opened.splice(0)) {
    for (const socket of sockets) socket.destroy();
    server.close();
    await once(server, 'close');
  }
});

/** Listens on loopback until the test is over; gives the URL. */
async function listen(server: Server): Promise<URL> {
  const sockets = new Set<Socket>();
  server.on('connection', (socket) => {
    sockets.add(socket);
    // A reset by the other side is what some tests are about.
    socket.on('error', () => undefined);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  opened.push({ server, sockets });
  return new URL(`http://127.0.0.1:${(server.address() as AddressInfo).port}/path`);
}

const serve = (answer: RequestListener) => listen(createHttpServer(answer));

/** Answers every connection with these bytes, once the request's head is there. */
const serveRaw = (answer: (socket: Socket) => void) =>
  listen(createServer((socket) => socket.once('data', () => answer(socket))));

const get = (url: URL, timeoutMs = 5_000) =>
  send({ method: 'GET', url, headers: {} }, { timeoutMs });

const head = (...lines: readonly string[]) => [...lines, 'connection: close', '', ''].join('\r\n');

describe('a request', () => {
  test('is sent as it was given', async () => {
    const seen: unknown[] = [];
    const url = await serve(async (incoming, outgoing) => {
      const body = Buffer.concat(await incoming.toArray()).toString('utf8');
      const { method, url: target, headers } = incoming;
      seen.push({
        method,
        target,
        type: headers['content-type'],
        agent: headers['user-agent'],
        body,
      });
      outgoing.end();
    });
    url.search = '?a=%20b&c=';
    const headers = { 'content-type': 'application/json', 'user-agent': 'sso-cred/0' };
    const request: HttpRequest = { method: 'POST', url, headers, body: 'Grüße' };
    await send(request, { timeoutMs: 5_000 });
    await send({ ...request, body: Buffer.from([0x78]) }, { timeoutMs: 5_000 });
    const expected = {
      method: 'POST',
      target: '/path?a=%20b&c=',
      type: 'application/json',
      agent: 'sso-cred/0',
    };
    expect(seen).toEqual([
      { ...expected, body: 'Grüße' },
      { ...expected, body: 'x' },
    ]);
  });

  test('keeps no connection open behind it', async () => {
    const closed: Promise<unknown>[] = [];
    const url = await serve((_incoming, outgoing) => outgoing.end('x'));
    opened.at(-1)?.server.on('connection', (socket) => closed.push(once(socket, 'close')));
    await get(url);
    expect(closed).toHaveLength(1);
    await Promise.all(closed);
  });

  test('to https is refused where certificates are not checked, before anything is sent', async () => {
    const url = await serveRaw((socket) => socket.destroy());
    let connections = 0;
    opened.at(-1)?.server.on('connection', () => {
      connections += 1;
    });
    const unchecked = httpSender({ NODE_TLS_REJECT_UNAUTHORIZED: '0' });
    const secure = new URL(url.href.replace('http:', 'https:'));
    const request = { method: 'GET', url: secure, headers: {} };
    await expect(unchecked(request, { timeoutMs: 5_000 })).rejects.toMatchObject({
      code: 'InvalidConfig',
      message: expect.stringContaining('NODE_TLS_REJECT_UNAUTHORIZED'),
      remedy: 'unset NODE_TLS_REJECT_UNAUTHORIZED',
    });
    expect(connections).toBe(0);
  });

  test('to https is not sent to a server that speaks no TLS', async () => {
    const received: string[] = [];
    const url = await listen(
      createServer((socket) => {
        socket.on('data', (bytes) => received.push(bytes.toString('latin1')));
        socket.end('HTTP/1.1 200 OK\r\n\r\n');
      }),
    );
    const secure = new URL(url.href.replace('http:', 'https:'));
    const headers = { authorization: 'a-secret' };
    const sent = send({ method: 'GET', url: secure, headers }, { timeoutMs: 5_000 });
    await expect(sent).rejects.toMatchObject({ code: 'NetworkFailed' });
    expect(received.join()).not.toContain('a-secret');
  });
});

describe('a reply', () => {
  test.each([200, 204, 302, 400, 401, 403, 429, 500, 503])(
    'of status %d is a reply',
    async (status) => {
      const url = await serve((_incoming, outgoing) => outgoing.writeHead(status).end());
      expect(await get(url)).toMatchObject({ status });
    },
  );

  test('has its headers in lower case, those that came twice joined', async () => {
    const url = await serveRaw((socket) =>
      socket.end(
        `${head(
          'HTTP/1.1 200 OK',
          'X-Amzn-RequestId: 1',
          'Warning: a',
          'WARNING: b',
          'Set-Cookie: a=1',
          'Set-Cookie: b=2',
          '__proto__: polluted',
          'content-length: 2',
        )}ok`,
      ),
    );
    const { headers, body } = await get(url);
    expect(headers).toMatchObject({
      'x-amzn-requestid': '1',
      warning: 'a, b',
      'set-cookie': 'a=1, b=2',
    });
    expect(body.toString()).toBe('ok');
    expect(Object.getPrototypeOf(headers)).toBe(Object.prototype);
    expect({}).not.toHaveProperty('polluted');
  });

  test('that points elsewhere is not followed', async () => {
    let requests = 0;
    const url = await serve((_incoming, outgoing) => {
      requests += 1;
      outgoing.writeHead(307, { location: '/other' }).end();
    });
    expect(await get(url)).toMatchObject({ status: 307, headers: { location: '/other' } });
    expect(requests).toBe(1);
  });

  test.each([
    ['gzip', gzipSync],
    ['x-gzip', gzipSync],
    ['GZIP', gzipSync],
    ['deflate', deflateSync],
    ['br', brotliCompressSync],
  ])('that is compressed although nobody asked for it is read: %s', async (coding, compress) => {
    const url = await serve((_incoming, outgoing) =>
      outgoing.writeHead(200, { 'content-encoding': coding }).end(compress('{"a":1}')),
    );
    const { body, headers } = await get(url);
    expect(body.toString()).toBe('{"a":1}');
    expect(headers).not.toHaveProperty('content-encoding');
    expect(headers).not.toHaveProperty('content-length');
  });

  test.each([
    ['gzip', gzipSync],
    ['deflate', deflateSync],
    ['br', brotliCompressSync],
  ])('that grows beyond 1 MiB is broken off: %s', async (coding, compress) => {
    const bomb = compress(Buffer.alloc(50 * mib));
    expect(bomb.length).toBeLessThan(mib);
    const url = await serve((_incoming, outgoing) =>
      outgoing.writeHead(200, { 'content-encoding': coding }).end(bomb),
    );
    await expect(get(url)).rejects.toMatchObject({
      code: 'ServiceFailed',
      message: `${url.host} sent a reply of over 1 MiB`,
    });
  });

  test.each([
    ['gzip', 'is not', /cannot be decompressed$/],
    ['gzip', gzipSync('cut').subarray(0, 15), /cannot be decompressed$/],
    ['zstd', 'x', /in a coding that nobody asked for$/],
    ['gzip, br', 'x', /in a coding that nobody asked for$/],
    ['constructor', 'x', /in a coding that nobody asked for$/],
  ])('that says it is %s and cannot be read is an error', async (coding, bytes, message) => {
    const url = await serve((_incoming, outgoing) =>
      outgoing.writeHead(200, { 'content-encoding': coding }).end(bytes),
    );
    await expect(get(url)).rejects.toMatchObject({
      code: 'ServiceFailed',
      message: expect.stringMatching(message),
    });
  });

  test.each([
    ['identity', 'text'],
    ['gzip', ''],
  ])('that says it is %s is taken as it is: "%s"', async (coding, text) => {
    const url = await serve((_incoming, outgoing) =>
      outgoing.writeHead(200, { 'content-encoding': coding }).end(text),
    );
    expect((await get(url)).body.toString()).toBe(text);
  });

  test('may be 1 MiB long', async () => {
    const url = await serve((_incoming, outgoing) => outgoing.end(Buffer.alloc(mib, 1)));
    expect((await get(url)).body.length).toBe(mib);
  });

  test('is broken off beyond 1 MiB, however much is to come', async () => {
    const url = await serve((_incoming, outgoing) => {
      const pour = () => {
        if (!outgoing.destroyed) outgoing.write(Buffer.alloc(64 * 1024, 1), pour);
      };
      pour();
    });
    const closed = new Promise((resolve) =>
      opened.at(-1)?.server.on('connection', (socket) => socket.on('close', resolve)),
    );
    await expect(get(url)).rejects.toMatchObject({
      code: 'ServiceFailed',
      message: `${url.host} sent a reply of over 1 MiB`,
    });
    await closed;
  });

  test('without a length ends with the connection', async () => {
    const url = await serveRaw((socket) => socket.end(`${head('HTTP/1.1 200 OK')}to the end`));
    expect((await get(url)).body.toString()).toBe('to the end');
  });
});

describe('no reply at all, or not a whole one:', () => {
  test('nobody listens', async () => {
    const url = await serve(() => undefined);
    const server = opened.pop()?.server;
    await new Promise((resolve) => server?.close(resolve));
    await expect(get(url)).rejects.toMatchObject({
      code: 'NetworkFailed',
      message: `${url.host} refused the connection (ECONNREFUSED)`,
      cause: expect.objectContaining({ code: 'ECONNREFUSED' }),
    });
  });

  test.each<[string, (socket: Socket) => unknown]>([
    ['the connection is closed at once', (socket) => socket.destroy()],
    ['the connection is reset', (socket) => socket.resetAndDestroy()],
    ['the connection ends in the head', (socket) => socket.end('HTTP/1.1 200 OK\r\ncontent-le')],
    ['the reply is no HTTP', (socket) => socket.end('SSH-2.0-OpenSSH_9.6\r\n')],
    [
      'the head has no end',
      (socket) => socket.end(`HTTP/1.1 200 OK\r\nx: ${'x'.repeat(200_000)}\r\n\r\n`),
    ],
    [
      'the body is shorter than said',
      (socket) => socket.end(`${head('HTTP/1.1 200 OK', 'content-length: 100')}{"a":`),
    ],
    [
      'the last chunk is missing',
      (socket) =>
        socket.end(`${head('HTTP/1.1 200 OK', 'transfer-encoding: chunked')}5\r\nhello\r\n`),
    ],
    [
      'a chunk has no size',
      (socket) => socket.end(`${head('HTTP/1.1 200 OK', 'transfer-encoding: chunked')}zz\r\n`),
    ],
    [
      'the connection is reset in the body',
      (socket) =>
        socket.write(`${head('HTTP/1.1 200 OK', 'content-length: 100')}{`, () =>
          setTimeout(() => socket.resetAndDestroy(), 20),
        ),
    ],
  ])('%s', async (_what, answer) => {
    const url = await serveRaw(answer);
    await expect(get(url)).rejects.toMatchObject({
      code: 'NetworkFailed',
      message: expect.stringMatching(/^127\.0\.0\.1:\d+ [a-z].+$/),
    });
  });

  test.each<[string, (socket: Socket) => unknown]>([
    ['nothing is said', () => undefined],
    ['nothing follows the head', (socket) => socket.write(head('HTTP/1.1 200 OK'))],
    ['only a first notice comes', (socket) => socket.write('HTTP/1.1 100 Continue\r\n\r\n')],
    [
      'byte comes after byte, slowly, without an end',
      async (socket) => {
        socket.write(head('HTTP/1.1 200 OK', 'content-length: 1000'));
        while (!socket.destroyed) {
          socket.write('x');
          await sleep(20);
        }
      },
    ],
  ])('%s within the time that the caller has', async (_what, answer) => {
    const url = await serveRaw(answer);
    const closed = new Promise((resolve) =>
      opened.at(-1)?.server.on('connection', (socket) => socket.on('close', resolve)),
    );
    const startedAt = performance.now();
    await expect(get(url, 200)).rejects.toMatchObject({
      code: 'NetworkFailed',
      message: `${url.host} did not answer within 200 ms`,
    });
    expect(performance.now() - startedAt).toBeGreaterThanOrEqual(195);
    expect(performance.now() - startedAt).toBeLessThan(1_500);
    await closed;
  });

  test.each([0, -3])('is not sent with %d ms left', async (timeoutMs) => {
    const url = await serve(() => expect('sent').toBe('not sent'));
    await expect(get(url, timeoutMs)).rejects.toMatchObject({
      code: 'BudgetExhausted',
      message: expect.stringContaining(`no time left to ask ${url.host}`),
    });
  });

  test.each([
    { name: '10 s', isSingleUse: false, limitMs: 10_000 },
    { name: '20 s where what was sent is spent', isSingleUse: true, limitMs: 20_000 },
  ])('nothing within $name, however long the caller would wait', async (shape) => {
    const { isSingleUse, limitMs } = shape;
    let arrive: () => void = () => undefined;
    const arrived = new Promise<void>((resolve) => {
      arrive = resolve;
    });
    const url = await serveRaw(() => arrive());
    jest.useFakeTimers({ doNotFake: ['nextTick', 'setImmediate'] });
    let failure: unknown;
    const request = { method: 'GET', url, headers: {} };
    const sent = send(request, { timeoutMs: 3_600_000, isSingleUse }).catch((error: unknown) => {
      failure = error;
    });
    await arrived;
    jest.advanceTimersByTime(limitMs - 1);
    await new Promise((resolve) => setImmediate(resolve));
    expect(failure).toBeUndefined();
    jest.advanceTimersByTime(1);
    await sent;
    expect(failure).toMatchObject({
      code: 'NetworkFailed',
      message: `${url.host} did not answer within ${limitMs / 1_000} s`,
    });
  });

  test('no connection within 3 s', async () => {
    const url = await serve(() => undefined);
    jest.useFakeTimers({ doNotFake: ['nextTick', 'setImmediate'] });
    const sent = get(url, 9_000).catch((error: unknown) => error);
    // Loading node:http is what comes before the connection.
    while (jest.getTimerCount() === 0) await Promise.resolve();
    jest.advanceTimersByTime(3_000);
    await expect(sent).resolves.toMatchObject({
      code: 'NetworkFailed',
      message: `${url.host} did not accept a connection within 3 s`,
    });
  });
});

test.each<[string, (socket: Socket) => unknown]>([
  ['refused', (socket) => socket.resetAndDestroy()],
  ['too long', (socket) => socket.end(`${head('HTTP/1.1 200 OK')}${'x'.repeat(mib + 1)}`)],
  ['late', () => undefined],
  ['no HTTP', (socket) => socket.end('x'.repeat(100))],
])('an error (%s) tells nothing of path, query, user or headers', async (_what, answer) => {
  const url = await serveRaw(answer);
  url.pathname = '/a-secret/path';
  url.search = '?token=a-secret';
  url.username = 'a-secret';
  url.password = 'a-secret';
  const headers = { 'x-amz-sso_bearer_token': 'a-secret' };
  const error = await send({ method: 'GET', url, headers }, { timeoutMs: 150 }).catch(
    (caught: unknown) => caught,
  );
  expect(error).toMatchObject({ message: expect.stringContaining(url.host) });
  expect(String((error as Error).message)).not.toContain('a-secret');
  expect(String((error as Error).stack)).not.toContain('a-secret');
});
