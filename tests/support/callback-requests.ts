import { connect } from 'node:net';

/** A listener for the redirect of a sign-in, and what it waits for. */
export interface CallbackTarget {
  readonly port: number;
  readonly path: string;
  readonly state: string;
}

/** The target that the URL of a sign-in page names. */
export function callbackTarget(signInUrl: string): CallbackTarget {
  const { searchParams } = new URL(signInUrl);
  const { port, pathname } = new URL(searchParams.get('redirect_uri') ?? '');
  return { port: Number(port), path: pathname, state: searchParams.get('state') ?? '' };
}

/** What came back for raw bytes: nothing at all where the connection was closed without an answer. */
export interface RawReply {
  /** Undefined when nothing came that looks like HTTP. */
  readonly status: number | undefined;
  readonly text: string;
  readonly isTimeout: boolean;
}

/** Sends bytes to a loopback port and reads until the other end closes. */
export function sendRaw(
  port: number,
  bytes: string | Buffer,
  { address = '127.0.0.1', timeoutMs = 8_000 } = {},
): Promise<RawReply> {
  return new Promise((resolve) => {
    const socket = connect({ host: address, port });
    let text = '';
    const end = (isTimeout: boolean) => {
      clearTimeout(timer);
      socket.destroy();
      // 100 says no more than that the rest of the request may come.
      const [, status] = /^(?:HTTP\/1\.1 100 [^\r]*\r\n\r\n)?HTTP\/1\.1 (\d{3}) /.exec(text) ?? [];
      resolve({ status: status === undefined ? undefined : Number(status), text, isTimeout });
    };
    const timer = setTimeout(() => end(true), timeoutMs);
    socket.setEncoding('latin1');
    socket.on('connect', () => socket.write(bytes));
    socket.on('data', (part) => {
      text += part;
    });
    // A connection that is reset has been refused, too.
    socket.on('error', () => end(false));
    socket.on('close', () => end(false));
  });
}

/** The request of a browser that comes back with a code. */
export function rightRequest({ port, path, state }: CallbackTarget, code = 'a-code'): string {
  return get(`${path}?code=${code}&state=${state}`, port);
}

/** Whether a request was refused: with a 4xx, or by closing the connection. */
export function isRefused({ status, isTimeout }: RawReply): boolean {
  return !isTimeout && (status === undefined || (status >= 400 && status < 500));
}

/** Requests that are no answer to the sign-in, some of them with the state that only it has. */
export function wrongRequests({
  port,
  path,
  state,
}: CallbackTarget): readonly (readonly [string, string | Buffer])[] {
  const query = `code=c&state=${state}`;
  const right = `${path}?${query}`;
  const host = `127.0.0.1:${port}`;
  const guess = 'x'.repeat(state.length);
  return [
    ...['HEAD', 'POST', 'PUT', 'DELETE', 'OPTIONS', 'PATCH', 'TRACE', 'PROPFIND'].map(
      (method) => [method, get(right, port, { method })] as const,
    ),
    ['a method that there is not', get(right, port, { method: 'FETCH' })],
    ['CONNECT', get(host, port, { method: 'CONNECT' })],
    ['the root', get('/', port)],
    ['the root with the query', get(`/?${query}`, port)],
    ['a favicon', get('/favicon.ico', port)],
    ['a slash at the end', get(`${path}/?${query}`, port)],
    ['two slashes', get(`/${path}?${query}`, port)],
    ['a longer path', get(`${path}2?${query}`, port)],
    ['a path in capitals', get(`${path.toUpperCase()}?${query}`, port)],
    ['an escaped slash', get(`/oauth%2Fcallback?${query}`, port)],
    ['a path that leads back', get(`/x/..${path}?${query}`, port)],
    ['the query as a fragment', get(`${path}#${query}`, port)],
    ['the absolute form', get(`http://${host}${right}`, port)],
    ['the absolute form of another host', get(`http://example.com${right}`, port)],
    ['an asterisk', get('*', port)],
    ['no leading slash', get(right.slice(1), port)],
    ['another host', get(right, port, { host: 'example.com' })],
    ['another host at our port', get(right, port, { host: `example.com:${port}` })],
    ['a host that begins as ours', get(right, port, { host: `${host}.example.com` })],
    ['localhost', get(right, port, { host: `localhost:${port}` })],
    ['our host without the port', get(right, port, { host: '127.0.0.1' })],
    ['another port', get(right, port, { host: `127.0.0.1:${port + 1}` })],
    ['an empty host', get(right, port, { host: '' })],
    ['no host', `GET ${right} HTTP/1.1\r\n\r\n`],
    ['no query', get(path, port)],
    ['an empty query', get(`${path}?`, port)],
    ['no state', get(`${path}?code=c`, port)],
    ['an empty state', get(`${path}?code=c&state=`, port)],
    ['another state', get(`${path}?code=c&state=${guess}`, port)],
    ['a shorter state', get(`${path}?code=c&state=${state.slice(1)}`, port)],
    ['a longer state', get(`${path}?${query}0`, port)],
    ['the state twice', get(`${right}&state=${state}`, port)],
    ['two codes', get(`${right}&code=d`, port)],
    ['neither code nor error', get(`${path}?state=${state}`, port)],
    ['an empty code', get(`${path}?code=&state=${state}`, port)],
    ['a code and an error', get(`${right}&error=access_denied`, port)],
    ['a denial without the state', get(`${path}?error=access_denied`, port)],
    ['bad escapes', get(`${path}?code=%zz%&state=%E0%A4%A`, port)],
    ['a URL of 64 KiB', get(`${path}?code=${'c'.repeat(65_536)}&state=${guess}`, port)],
    ['a header of 64 KiB', get(path, port, { more: `x: ${'y'.repeat(65_536)}\r\n` })],
    ['a thousand headers', get(path, port, { more: 'x: y\r\n'.repeat(1_000) })],
    ['a NUL in the URL', get(`${path}?code=\0&state=${guess}`, port)],
    ['a header without a colon', get(right, port, { more: 'nonsense\r\n' })],
    ['two ways to end a body', get(path, port, { more: twoLengths })],
    [
      'a WebSocket',
      get(`${path}?code=c&state=${guess}`, port, {
        more: `upgrade: websocket\r\nconnection: upgrade\r\nsec-websocket-version: 13\r\nsec-websocket-key: ${Buffer.alloc(16).toString('base64')}\r\n`,
      }),
    ],
    ['an expectation', get(path, port, { more: 'expect: 100-continue\r\n' })],
    ['HTTP/2', 'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n'],
    ['a version of nonsense', `GET ${right} HTTP/9.9\r\nhost: ${host}\r\n\r\n`],
    ['another protocol', 'SSH-2.0-OpenSSH_9.6\r\n'],
    ['TLS', Buffer.from('16030100a5010000a10303', 'hex')],
    ['bytes of nothing', Buffer.alloc(300, 0xff)],
  ];
}

const twoLengths = 'content-length: 5\r\ntransfer-encoding: chunked\r\n';

/** A request as its bytes. */
function get(
  target: string,
  port: number,
  { method = 'GET', host = `127.0.0.1:${port}`, more = '' } = {},
): string {
  return `${method} ${target} HTTP/1.1\r\nhost: ${host}\r\n${more}\r\n`;
}
