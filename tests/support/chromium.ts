import { spawn } from 'node:child_process';
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Readable, Writable } from 'node:stream';

/** A page of a real browser. */
export interface Page {
  /** Opens a URL; resolves when it, or what it leads to, is loaded. */
  readonly open: (url: string) => Promise<void>;
  /** What an expression in the page gives, as JSON has it. */
  readonly evaluate: (expression: string) => Promise<unknown>;
  /** Waits until an expression holds, on whatever page there is by then. */
  readonly until: (expression: string) => Promise<void>;
  readonly setColorScheme: (scheme: 'light' | 'dark') => Promise<void>;
  /** @param width CSS pixels */
  readonly setSize: (width: number, height: number) => Promise<void>;
  /** What the page looks like, as PNG. */
  readonly screenshot: () => Promise<Buffer>;
  /** What the browser complained of so far, such as a breach of the content security policy. */
  readonly complaints: () => readonly string[];
}

/** A Chromium without a window. */
export interface Chromium {
  readonly newPage: () => Promise<Page>;
  readonly stop: () => Promise<void>;
}

/** The Chromium of this machine; undefined when there is none. */
export function findChromium(): string | undefined {
  return ['/usr/bin/chromium', '/usr/bin/chromium-browser', '/usr/bin/google-chrome'].find(
    existsSync,
  );
}

const flags = [
  '--headless',
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--disable-dev-shm-usage',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
  '--no-proxy-server',
];

/** Starts it, to be driven by the DevTools protocol over two pipes. */
export function startChromium(path: string): Chromium {
  const profile = mkdtempSync(join(tmpdir(), 'sso-cred-chromium-'));
  const args = [...flags, '--remote-debugging-pipe', `--user-data-dir=${profile}`];
  const child = spawn(path, args, {
    stdio: ['ignore', 'ignore', 'ignore', 'pipe', 'pipe'],
    detached: true,
  });
  const ended = new Promise<void>((resolve) => {
    child.once('close', () => resolve());
    child.once('error', () => resolve());
  });
  const { send, listen } = devTools(child.stdio[3] as Writable, child.stdio[4] as Readable, ended);

  return {
    async newPage() {
      const { targetId } = await send('Target.createTarget', { url: 'about:blank' });
      const { sessionId } = await send('Target.attachToTarget', { targetId, flatten: true });
      const inPage = (method: string, parameters: object = {}) =>
        send(method, parameters, String(sessionId));
      const complaints: string[] = [];
      listen((method, { entry }) => {
        if (method === 'Log.entryAdded') complaints.push(String((entry as { text?: string }).text));
      });
      await inPage('Page.enable');
      await inPage('Log.enable');

      const evaluate = async (expression: string) => {
        const reply = await inPage('Runtime.evaluate', { expression, returnByValue: true });
        const { value } = reply['result'] as { value?: unknown };
        return value;
      };
      const until = async (expression: string) => {
        for (let left = 100; left > 0; left -= 1) {
          // Between two pages there is nothing to ask.
          if ((await evaluate(expression).catch(() => false)) === true) return;
          await new Promise((resolve) => setTimeout(resolve, 50));
        }
        throw new Error(`never: ${expression}, but ${await evaluate('document.body.innerText')}`);
      };
      return {
        open: async (url) => {
          await inPage('Page.navigate', { url });
          await until('document.readyState === "complete" && location.href !== "about:blank"');
        },
        evaluate,
        until,
        setColorScheme: async (value) => {
          const features = [{ name: 'prefers-color-scheme', value }];
          await inPage('Emulation.setEmulatedMedia', { features });
        },
        setSize: async (width, height) => {
          const metrics = { width, height, deviceScaleFactor: 1, mobile: false };
          await inPage('Emulation.setDeviceMetricsOverride', metrics);
        },
        screenshot: async () => {
          const { data } = await inPage('Page.captureScreenshot');
          return Buffer.from(String(data), 'base64');
        },
        complaints: () => [...complaints],
      };
    },
    async stop() {
      // With all its processes, where it does not end by itself.
      const timer = setTimeout(() => child.pid && process.kill(-child.pid, 'SIGKILL'), 3_000);
      await send('Browser.close', {}).catch(() => undefined);
      await ended;
      clearTimeout(timer);
      rmSync(profile, { recursive: true, force: true, maxRetries: 10, retryDelay: 100 });
    },
  };
}

type Members = Readonly<Record<string, unknown>>;
type Listener = (method: string, parameters: Members) => void;

/** The DevTools protocol: JSON texts, each ended by a NUL. */
function devTools(input: Writable, output: Readable, ended: Promise<void>) {
  const waiting = new Map<
    number,
    { resolve: (reply: Members) => void; reject: (e: Error) => void }
  >();
  const listeners: Listener[] = [];
  let lastId = 0;
  let rest = '';

  output.setEncoding('utf8').on('data', (text: string) => {
    const texts = (rest + text).split('\0');
    rest = texts.pop() ?? '';
    for (const each of texts) {
      const { id, result, error, method, params } = JSON.parse(each);
      for (const listener of method === undefined ? [] : listeners) listener(method, params);
      const caller = waiting.get(id);
      waiting.delete(id);
      if (error === undefined) caller?.resolve(result);
      else caller?.reject(new Error(`DevTools: ${error.message}`));
    }
  });
  input.on('error', () => undefined);
  void ended.then(() => {
    for (const { reject } of waiting.values()) reject(new Error('Chromium has ended'));
  });

  return {
    listen: (listener: Listener) => void listeners.push(listener),
    send: (method: string, params: object, sessionId?: string) =>
      new Promise<Members>((resolve, reject) => {
        lastId += 1;
        waiting.set(lastId, { resolve, reject });
        const message = { id: lastId, method, params, ...(sessionId && { sessionId }) };
        input.write(`${JSON.stringify(message)}\0`);
      }),
  };
}
