import { createHash } from 'node:crypto';
import { connect, createServer, type Server, type Socket } from 'node:net';
import { networkInterfaces } from 'node:os';
import { afterEach, describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import type {
  CallbackExpectation,
  CallbackListener,
  ReceivedCallback,
} from '../../src/model/callback.ts';
import { listenForCallback } from '../../src/system/callback-server.ts';
import { builds } from '../support/builds.ts';
import {
  type CallbackTarget,
  callbackTarget,
  isRefused,
  rightRequest,
  sendRaw,
  wrongRequests,
} from '../support/callback-requests.ts';
import { cliSandboxes } from '../support/cli-sandbox.ts';

const state = 'aB3_'.repeat(16);
const path = '/oauth/callback';
const page = { title: 'Signed in', text: 'You can close this window.' };

const addresses = Object.values(networkInterfaces()).flatMap((each) => each ?? []);
const hasIpv6 = addresses.some(({ address }) => address === '::1');
if (!hasIpv6) process.stderr.write('SKIPPED: no ::1, listening on both loopbacks is not tested\n');

interface Listening extends CallbackTarget {
  readonly listener: CallbackListener;
  readonly received: () => ReceivedCallback | undefined;
}

const listeners: CallbackListener[] = [];
const servers: Server[] = [];

afterEach(() => {
  for (const listener of listeners.splice(0)) listener.close();
  for (const server of servers.splice(0)) server.close();
});

async function listen(changes: Partial<CallbackExpectation> = {}): Promise<Listening> {
  const expected = { ports: [0], host: '127.0.0.1', path, state, ...changes } as const;
  const listener = await listenForCallback(expected);
  listeners.push(listener);
  let received: ReceivedCallback | undefined;
  void listener.received.then((callback) => {
    received = callback;
  });
  const port = Number(new URL(listener.redirectUri).port);
  return { port, path, state, listener, received: () => received };
}

/** Takes a port; gives its number. */
async function occupy(port = 0, host = '127.0.0.1'): Promise<number> {
  const server = createServer();
  servers.push(server);
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject).listen({ port, host, exclusive: true }, resolve);
  });
  return (server.address() as { port: number }).port;
}

/** A port that is free now. */
async function freePort(): Promise<number> {
  const port = await occupy();
  await new Promise((resolve) => servers.pop()?.close(resolve));
  return port;
}

/** Sends a request to the listener that has its answer, and shows the page there. */
async function comeBack({ listener, ...target }: Listening, request: string) {
  void listener.received.then(({ answer }) => answer(page));
  return await sendRaw(target.port, request);
}

function headersOf(text: string): Readonly<Record<string, string>> {
  const [head = ''] = text.split('\r\n\r\n');
  const lines = head.split('\r\n').slice(1);
  return Object.fromEntries(
    lines.map((line) => {
      const [name = '', ...rest] = line.split(': ');
      return [name.toLowerCase(), rest.join(': ')];
    }),
  );
}

/** Holds a reply against what a page of the loopback may be allowed. */
function expectStrictPage(text: string): void {
  const headers = headersOf(text);
  expect(headers).toMatchObject({
    'content-type': 'text/html; charset=utf-8',
    'cache-control': 'no-store',
    'referrer-policy': 'no-referrer',
    'x-content-type-options': 'nosniff',
    'x-frame-options': 'DENY',
  });
  expect(Object.keys(headers).join()).not.toMatch(/access-control|set-cookie|location/);
  const [, style = ''] = /<style>(.*?)<\/style>/s.exec(text) ?? [];
  const hash = createHash('sha256').update(style).digest('base64');
  expect(headers['content-security-policy']?.split('; ').sort()).toEqual(
    [
      "base-uri 'none'",
      "default-src 'none'",
      "form-action 'none'",
      "frame-ancestors 'none'",
      `style-src 'sha256-${hash}'`,
    ].sort(),
  );
  expect(text).not.toMatch(/<script|<link|<img|<form|<iframe|https?:|\son\w+=/i);
}

describe('the listener', () => {
  test('takes the redirect with the exact state, and answers when there is a page', async () => {
    const listening = await listen();
    expect(listening.listener.redirectUri).toBe(`http://127.0.0.1:${listening.port}${path}`);
    const reply = await comeBack(listening, rightRequest(listening, '%2Fa%2Bb'));
    expect(reply.status).toBe(200);
    expect(reply.text).toContain('<h1>Signed in</h1>');
    expectStrictPage(reply.text);
    expect(listening.received()).toMatchObject({
      callback: { kind: 'code', code: '/a+b' },
      query: `code=%2Fa%2Bb&state=${state}`,
    });
  });

  test('takes a denial', async () => {
    const listening = await listen();
    const query = `error=access_denied&error_description=No&state=${state}`;
    const request = `GET ${path}?${query} HTTP/1.1\r\nhost: 127.0.0.1:${listening.port}\r\n\r\n`;
    expect((await comeBack(listening, request)).status).toBe(200);
    expect(listening.received()?.callback).toEqual({
      kind: 'refused',
      error: 'access_denied',
      description: 'No',
    });
  });

  test('refuses all else, and takes the redirect afterwards', async () => {
    const listening = await listen();
    for (const [name, request] of wrongRequests(listening)) {
      const reply = await sendRaw(listening.port, request);
      expect({ name, isRefused: isRefused(reply), reply }).toMatchObject({ name, isRefused: true });
      expect(listening.received()).toBeUndefined();
    }
    expect((await comeBack(listening, rightRequest(listening))).status).toBe(200);
  });

  test('refuses with a strict page that repeats nothing of the request', async () => {
    const listening = await listen();
    const nasty = '<script>alert(1)</script>"onload=alert(1)';
    const targets = [
      `/${nasty}`,
      `${path}?code=${nasty}&state=${nasty}`,
      `${path}?error=${nasty}&error_description=${nasty}`,
    ];
    for (const target of targets) {
      for (const host of [`127.0.0.1:${listening.port}`, nasty]) {
        const request = `GET ${target} HTTP/1.1\r\nhost: ${host}\r\n\r\n`;
        const reply = await sendRaw(listening.port, request);
        expect(isRefused(reply)).toBe(true);
        expect(reply.text).not.toContain('alert');
        expectStrictPage(reply.text);
      }
    }
  });

  test('shows texts of the provider as text', async () => {
    const listening = await listen();
    const nasty = `<img src=x onerror="alert('1')">&amp;`;
    void listening.listener.received.then(({ answer }) => answer({ title: nasty, text: nasty }));
    const { text } = await sendRaw(listening.port, rightRequest(listening));
    expect(text.replaceAll(/&(lt|gt|quot|#39|amp);/g, '')).not.toMatch(/<img|alert\('/);
    expect(text).toContain('&lt;img src=x onerror=&quot;alert(&#39;1&#39;)&quot;&gt;&amp;amp;');
  });

  test('takes one answer only, also from one connection', async () => {
    const listening = await listen();
    const first = sendRaw(listening.port, rightRequest(listening, 'first'));
    await listening.listener.received;
    const second = await sendRaw(listening.port, rightRequest(listening, 'second'));
    expect(second.status).toBe(409);
    await listening.received()?.answer(page);
    expect((await first).status).toBe(200);
    expect(listening.received()?.callback).toEqual({ kind: 'code', code: 'first' });
  });

  test('gives nothing on for requests that follow a wrong one in the same packet', async () => {
    const listening = await listen();
    const wrong = rightRequest({ ...listening, state: 'guess' });
    const reply = await sendRaw(listening.port, wrong.repeat(20));
    expect(isRefused(reply)).toBe(true);
    expect(listening.received()).toBeUndefined();
  });

  test('lives on whatever comes for a target', async () => {
    const listening = await listen();
    const piece = fc.oneof(
      fc.constantFrom(
        ...['/', path, '?', '&', '=', '#', '%', '%00', '%E2%80', '..', '//', ';', '\\', '@', ':'],
        ...['code', 'state', 'error', 'error_description', 'iss', '[]', '__proto__'],
        ...[state.slice(1), `${state}0`, `127.0.0.1:${listening.port}`, 'http://', '\0', '\t'],
      ),
      fc.string({ unit: 'binary', maxLength: 8 }),
    );
    await fc.assert(
      fc.asyncProperty(fc.array(piece, { maxLength: 16 }), async (pieces) => {
        const target = pieces.join('').replaceAll(/[\r\n]/g, '');
        const request = `GET ${target} HTTP/1.1\r\nhost: 127.0.0.1:${listening.port}\r\n\r\n`;
        expect(isRefused(await sendRaw(listening.port, request))).toBe(true);
        expect(listening.received()).toBeUndefined();
      }),
      { numRuns: 300 },
    );
    expect((await comeBack(listening, rightRequest(listening))).status).toBe(200);
  });

  test('ends with all connections when it is closed', async () => {
    const listening = await listen();
    const idle = await openSocket(listening.port);
    listening.listener.close();
    await closing(idle);
    await expect(openSocket(listening.port)).rejects.toMatchObject({ code: 'ECONNREFUSED' });
  });

  test('answers on the loopback only', async () => {
    const { port } = await listen();
    const outer = addresses.filter(({ family, internal }) => family === 'IPv4' && !internal);
    for (const { address } of outer) {
      expect(await sendRaw(port, 'x', { address })).toMatchObject({ status: undefined, text: '' });
    }
    if (hasIpv6) expect((await sendRaw(port, 'x', { address: '::1' })).text).toBe('');
  });
});

describe('its ports', () => {
  test('are tried in their order', async () => {
    const taken = await occupy();
    const [second, third] = [await freePort(), await freePort()];
    expect((await listen({ ports: [taken, second, third] })).port).toBe(second);
    expect((await listen({ ports: [taken, second, third] })).port).toBe(third);
  });

  test('are named when none is free', async () => {
    const taken = [await occupy(), await occupy()];
    await expect(listen({ ports: taken })).rejects.toMatchObject({
      code: 'NetworkFailed',
      message: expect.stringMatching(new RegExp(`\\b${taken.join(', ')} in use$`)),
    });
  });

  (hasIpv6 ? test : test.skip)('are the same on both loopbacks for localhost', async () => {
    const listening = await listen({ host: 'localhost' });
    const { port } = listening;
    expect(listening.listener.redirectUri).toBe(`http://localhost:${port}${path}`);
    const byAddress = rightRequest(listening);
    for (const address of ['127.0.0.1', '::1']) {
      expect((await sendRaw(port, byAddress, { address })).status).toBe(421);
    }
    const byName = byAddress.replace('host: 127.0.0.1', 'host: localhost');
    void listening.listener.received.then(({ answer }) => answer(page));
    expect((await sendRaw(port, byName, { address: '::1' })).status).toBe(200);
  });

  (hasIpv6 ? test : test.skip)('are left to others where one loopback is taken', async () => {
    const taken = await occupy(0, '::1');
    const next = await freePort();
    const { port } = await listen({ host: 'localhost', ports: [taken, next] });
    expect(port).toBe(next);
    // What was tried in vain is free again.
    await occupy(taken, '127.0.0.1');
  });
});

describe('the listener of a sign-in', () => {
  const running = builds().map((build) => ({ build, open: cliSandboxes(build) }));

  test.each(running)('of the $build.name refuses what is wrong and goes on', async ({ open }) => {
    const sandbox = await open({ token: false });
    const login = sandbox.start(['login', '--session', 'corp', '--browser', '--no-open']);
    const [url] = await login.says(/http:\S+\/authorize\?\S+/);
    const target = callbackTarget(url);
    for (const [name, request] of wrongRequests(target)) {
      const reply = await sendRaw(target.port, request);
      expect({ name, isRefused: isRefused(reply), reply }).toMatchObject({ name, isRefused: true });
    }
    expect(await sandbox.standIn.visit(url)).toContain('<h1>Signed in</h1>');
    expect(await login.finished).toMatchObject({ exitStatus: 0 });
  });

  test('is not held up by connections that say nothing, or a byte at a time', async () => {
    await Promise.all(
      running.map(async ({ open }) => {
        const sandbox = await open({ token: false });
        const login = sandbox.start(['login', '--session', 'corp', '--browser', '--no-open']);
        const [url] = await login.says(/http:\S+\/authorize\?\S+/);
        const { port } = callbackTarget(url);
        const startedAt = Date.now();
        const sockets = await Promise.all(Array.from({ length: 12 }, () => openSocket(port)));
        for (const socket of sockets.slice(0, 6)) drip(socket, `GET ${path}`);
        sockets[6]?.write(`GET ${path}\r\n`);
        await Promise.all(sockets.map(closing));
        expect(Date.now() - startedAt).toBeLessThan(20_000);
        expect(await sandbox.standIn.visit(url)).toContain('<h1>Signed in</h1>');
        expect(await login.finished).toMatchObject({ exitStatus: 0 });
      }),
    );
  });
});

function openSocket(port: number): Promise<Socket> {
  return new Promise((resolve, reject) => {
    const socket = connect({ host: '127.0.0.1', port }, () => resolve(socket));
    socket.once('error', reject);
  });
}

function closing(socket: Socket): Promise<void> {
  socket.on('error', () => undefined).resume();
  return new Promise((resolve) => {
    if (socket.destroyed) resolve();
    else socket.once('close', () => resolve());
  });
}

/** Sends a text for ever, a byte at a time. */
function drip(socket: Socket, text: string): void {
  let sent = 0;
  const timer = setInterval(() => socket.write(text[sent++ % text.length] ?? ''), 200);
  socket.once('close', () => clearInterval(timer));
}
