import { randomBytes } from 'node:crypto';
import { SsoCredError } from '../../src/model/errors.ts';
import type { HttpReply, HttpRequest } from '../../src/system/http.ts';
import { effectiveUser } from '../../src/system/platform.ts';
import { realProcesses } from '../../src/system/processes.ts';
import type { Clock, Environment, World } from '../../src/world.ts';

/** The operations of AWS that a credentials call may need. */
export type OperationName = 'CreateToken' | 'GetRoleCredentials' | 'ListAccountRoles';

/** One request as the fake AWS saw it. */
export interface FakeCall {
  readonly operation: OperationName;
  /** When it came, by our clock; epoch milliseconds. */
  readonly at: number;
  readonly request: HttpRequest;
  /** The members that AWS reads from the body. */
  readonly input: Readonly<Record<string, unknown>>;
  /** How long the caller is willing to wait. */
  readonly timeoutMs: number;
}

/** What AWS does with a request; may take its time on the fake clock. */
export type Answer = (call: FakeCall, world: FakeWorld) => HttpReply;

/** A clock that moves only when told to, or when somebody sleeps. */
export interface FakeClock extends Clock {
  /** Every sleep so far; milliseconds. */
  readonly sleeps: readonly number[];
  /** Time passes. */
  advance(ms: number): void;
  /** Somebody sets our clock: forward, or back when negative. No time passes. */
  set(ms: number): void;
}

/** A world without a network and with a clock of its own; files are real. */
export interface FakeWorld extends World {
  readonly clock: FakeClock;
  /** Requests in the order they came. */
  readonly calls: readonly FakeCall[];
  /** What was traced, a line each. */
  readonly traces: readonly string[];
  readonly printed: { readonly out: string; readonly err: string };
  /** The server's clock less ours; milliseconds. */
  serverSkewMs: number;
  /** Answers the next requests, in this order: each must come, and no other. */
  expectCalls(...answers: readonly (readonly [OperationName, Answer])[]): void;
  /** Answers whatever is asked once nothing is expected any more. */
  serve(answer: Answer | undefined): void;
  /** How the script and what happened differ; empty when they agree. */
  deviations(): readonly string[];
}

/** Noon of a day long ago: no file on disk can look old by this clock. */
const start = Date.UTC(2020, 0, 1, 12);

export function fakeWorld(env: Environment = {}): FakeWorld {
  let wallMs = start;
  let monotonicMs = 1_000;
  const sleeps: number[] = [];
  const calls: FakeCall[] = [];
  const traces: string[] = [];
  const printed = { out: '', err: '' };
  const expected: (readonly [OperationName, Answer])[] = [];
  const unexpected: string[] = [];
  let served: Answer | undefined;

  const advance = (ms: number) => {
    wallMs += ms;
    monotonicMs += ms;
  };

  const answerTo = (operation: OperationName): Answer => {
    const next = expected.shift();
    if (next === undefined && served !== undefined) return served;
    if (next?.[0] === operation) return next[1];
    unexpected.push(`${operation} came, ${next?.[0] ?? 'nothing'} was expected`);
    throw new Error(`unexpected request: ${operation}`);
  };

  const world: FakeWorld = {
    env,
    platform: process.platform,
    user: effectiveUser(),
    serverSkewMs: 0,
    calls,
    traces,
    printed,
    clock: {
      sleeps,
      advance,
      set(ms) {
        wallMs += ms;
      },
      now: () => wallMs,
      monotonicMs: () => monotonicMs,
      async sleep(ms) {
        sleeps.push(ms);
        advance(ms);
      },
    },
    async sendHttp(request, options) {
      const operation = operationOf(request);
      const timeoutMs = Math.min(options.timeoutMs, 10_000);
      const call = { operation, at: wallMs, request, input: inputOf(request), timeoutMs };
      calls.push(call);
      return answerTo(operation)(call, world);
    },
    trace(topic, text) {
      traces.push(`${topic}: ${text}`);
    },
    homeDirectory: () => undefined,
    processes: { ...realProcesses(process.platform), listen: async () => undefined },
    signals: {
      hold: () => () => undefined,
      isHeld: () => false,
      suspend: () => () => undefined,
      onEnd: () => () => undefined,
    },
    randomHex: (bytes) => randomBytes(bytes).toString('hex'),
    print(descriptor, text) {
      printed[descriptor === 1 ? 'out' : 'err'] += text;
    },
    isTerminal: () => false,
    columns: () => undefined,
    printToTerminal: () => false,
    readTerminal: async () => undefined,
    openDialog: async () => undefined,
    ownCommand: () => ['sso-cred'],
    surroundings: () => ({ platform: process.platform, isWsl: false, isContainer: false }),
    async openBrowser(url) {
      unexpected.push(`a browser was opened on ${url.origin}`);
      return false;
    },
    startSelf: async () => undefined,
    redirectOnce() {
      unexpected.push('a browser was led on');
      throw new Error('no browser is led on here');
    },
    ownProgram: () => '/usr/bin/sso-cred',
    askVersion: async () => undefined,
    listenForCallback() {
      unexpected.push('a sign-in by browser was begun');
      throw new Error('no browser comes back here');
    },
    async deliverCallback({ origin }) {
      unexpected.push(`a redirect to ${origin} was delivered`);
      return false;
    },
    async runProgram({ words }) {
      unexpected.push(`${words[0]} was run`);
      return { kind: 'exited', status: 0 };
    },
    exit(status) {
      unexpected.push(`exit(${status})`);
    },
    expectCalls(...answers) {
      expected.push(...answers);
    },
    serve(answer) {
      served = answer;
    },
    deviations: () => [...unexpected, ...expected.map(([operation]) => `${operation} never came`)],
  };
  return world;
}

function operationOf({ method, url }: HttpRequest): OperationName {
  switch (`${method} ${url.pathname}`) {
    case 'POST /token':
      return 'CreateToken';
    case 'GET /federation/credentials':
      return 'GetRoleCredentials';
    case 'GET /assignment/roles':
      return 'ListAccountRoles';
    default:
      throw new Error(`no operation of AWS: ${method} ${url.pathname}`);
  }
}

function inputOf({ body }: HttpRequest): Readonly<Record<string, unknown>> {
  if (body === undefined) return {};
  return JSON.parse(typeof body === 'string' ? body : new TextDecoder().decode(body));
}

/** A reply in JSON, with the server's Date. */
export function reply(
  status: number,
  body: unknown,
  headers: Readonly<Record<string, string>> = {},
): Answer {
  return (_call, world) => {
    const serverNow = new Date(world.clock.now() + world.serverSkewMs);
    return {
      status,
      headers: {
        'content-type': 'application/json',
        date: serverNow.toUTCString(),
        'x-amzn-requestid': '00000000-0000-4000-8000-000000000000',
        ...headers,
      },
      body: Buffer.from(typeof body === 'string' ? body : JSON.stringify(body)),
    };
  };
}

/** An error as the services of Identity Center send it. */
export function failure(
  status: number,
  name: string,
  fields: Readonly<Record<string, unknown>> = {},
  headers: Readonly<Record<string, string>> = {},
): Answer {
  return reply(status, { message: 'No', ...fields }, { 'x-amzn-errortype': name, ...headers });
}

/** No answer at all, for as long as the caller waits. */
export const silence: Answer = ({ request, timeoutMs }, world) => {
  world.clock.advance(timeoutMs);
  throw new SsoCredError('NetworkFailed', `${request.url.host} did not answer`);
};

/** Nobody listens there. */
export const noConnection: Answer = ({ request }) => {
  throw new SsoCredError('NetworkFailed', `${request.url.host} refused the connection`);
};

/** The same answer, later; none if that is too late for the caller. */
export function delayed(ms: number, answer: Answer): Answer {
  return (call, world) => {
    if (ms > call.timeoutMs) return silence(call, world);
    world.clock.advance(ms);
    return answer(call, world);
  };
}
