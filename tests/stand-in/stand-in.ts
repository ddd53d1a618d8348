import { randomUUID } from 'node:crypto';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';
import type { Account } from './accounts.ts';
import { type Call, createCallLog } from './call-log.ts';
import { consentOperations } from './consent-pages.ts';
import { controlPath, performControl } from './control.ts';
import { type Barrier, createFaultPlan, type Fault, type FaultPlan, isReplaced } from './faults.ts';
import { federationOperations } from './federation.ts';
import { createGrants } from './grants.ts';
import { defaultOptions, type StandInOptions } from './options.ts';
import { probeOperations } from './probe.ts';
import { createCredentialIssuer } from './role-credentials.ts';
import { createSessions, type SignInSession } from './sessions.ts';
import { ssoOidcOperations } from './sso-oidc.ts';
import { ssoPortalOperations } from './sso-portal.ts';
import { stsOperations } from './sts.ts';
import { type Decision, visitSignInPage } from './visit.ts';
import {
  type Fields,
  isServiceError,
  jsonReply,
  malformed,
  type Operation,
  type OperationName,
  ServiceError,
  type WireReply,
  type WireRequest,
} from './wire.ts';

/** The token file in ~/.aws/sso/cache as `aws sso login` writes it. */
export interface SsoTokenFile {
  readonly startUrl: string;
  readonly region: string;
  readonly accessToken: string;
  /** YYYY-MM-DDTHH:MM:SSZ, as registrationExpiresAt. */
  readonly expiresAt: string;
  readonly clientId?: string;
  readonly clientSecret?: string;
  readonly registrationExpiresAt?: string;
  readonly refreshToken?: string;
}

export interface IssueTokenOptions {
  readonly scopes?: readonly string[];
  readonly startUrl?: string;
  readonly userName?: string;
  /** Names the client: botocore-client-NAME. */
  readonly sessionName?: string;
  /** Seconds; negative for a token that has expired. */
  readonly expiresInS?: number;
  readonly registrationExpiresInS?: number;
  /** False leaves the four keys of old token files. */
  readonly withRefreshToken?: boolean;
}

/** AWS on the loopback: IAM Identity Center, STS and the console's federation endpoint. */
export interface StandIn {
  readonly url: string;
  /** Base URLs for AWS_ENDPOINT_URL_SSO and so on; federation is at `signin` + /federation. */
  readonly endpoints: {
    readonly sso: string;
    readonly ssoOidc: string;
    readonly sts: string;
    readonly signin: string;
  };
  readonly startUrl: string;
  readonly region: string;
  readonly accounts: readonly Account[];
  /** Every call since the start or the last reset, in the order of arrival. */
  readonly calls: (operation?: OperationName) => readonly Call[];
  /** What was sent that no correct client sends. */
  readonly violations: () => readonly string[];
  readonly resetCalls: () => void;
  readonly fault: FaultPlan['add'];
  readonly clearFaults: () => void;
  readonly barrier: (name: string) => Barrier;
  readonly release: (name: string) => void;
  /** Signs the user in behind the scenes. */
  readonly issueToken: (options?: IssueTokenOptions) => SsoTokenFile;
  /** The portal refuses this token from now on; its session goes on. */
  readonly revokeAccessToken: (accessToken: string) => void;
  /** Ends the session of a token, or all: the portal answers 401, a refresh InvalidGrant. */
  readonly endSession: (token?: string) => void;
  readonly liveSessions: () => readonly SignInSession[];
  /** How often a spent refresh token came again, outside the leeway. */
  readonly refreshReuseCount: () => number;
  readonly approveDevice: (userCode: string) => void;
  readonly denyDevice: (userCode: string) => void;
  /** Plays browser and user on a sign-in page, the identity provider's too. Gives the last page. */
  readonly visit: (pageUrl: string, decision?: Decision) => Promise<string>;
  readonly stop: () => Promise<void>;
}

/** Starts it on 127.0.0.1. */
export async function startStandIn(overrides: Partial<StandInOptions> = {}): Promise<StandIn> {
  const { identityProvider } = overrides;
  const options = {
    ...defaultOptions,
    ...(identityProvider && { verifyWebIdentity: identityProvider.verifyWebIdentity }),
    ...overrides,
  };
  const server = createServer({ keepAliveTimeout: 60_000 });
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject).listen(options.port, '127.0.0.1', resolve);
  });
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;

  const log = createCallLog();
  const faults = createFaultPlan();
  const sessions = createSessions(options);
  const grants = createGrants(options);
  const issuer = createCredentialIssuer();
  const sts = stsOperations(options, issuer);
  const operations = [
    ...ssoOidcOperations(options, url, sessions, grants),
    ...consentOperations(options, sessions, grants),
    ...ssoPortalOperations(options, sessions, issuer),
    ...sts,
    // Its path at AWS: the SDK for Java drops that of an endpoint.
    ...sts.map((operation) => ({ ...operation, path: '' })),
    ...federationOperations(options, issuer),
    ...probeOperations,
  ];

  const standIn: StandIn = {
    url,
    endpoints: {
      sso: `${url}/portal`,
      ssoOidc: `${url}/oidc`,
      sts: `${url}/sts`,
      signin: `${url}/signin`,
    },
    startUrl: `${url}/start`,
    region: options.region,
    accounts: options.accounts,
    calls: log.calls,
    violations: log.violations,
    resetCalls: log.reset,
    fault: faults.add,
    clearFaults: faults.clear,
    barrier: faults.barrier,
    release: faults.release,
    issueToken: (wanted = {}) => {
      const client = sessions.register(
        {
          clientName: `botocore-client-${wanted.sessionName ?? 'corp'}`,
          scopes: wanted.scopes ?? ['sso:account:access'],
          grantTypes: ['authorization_code', 'refresh_token'],
          redirectUris: ['http://127.0.0.1/oauth/callback'],
        },
        wanted.registrationExpiresInS,
      );
      const startUrl = wanted.startUrl ?? `${url}/start`;
      const { accessToken, expiresIn, refreshToken } = sessions.signIn(client, startUrl, wanted);
      const token: SsoTokenFile = {
        startUrl,
        region: options.region,
        accessToken,
        expiresAt: timestamp(options.now() + expiresIn * 1000),
      };
      if (wanted.withRefreshToken === false || refreshToken === undefined) return token;
      return {
        ...token,
        clientId: client.clientId,
        clientSecret: client.clientSecret,
        registrationExpiresAt: timestamp(client.expiresAt),
        refreshToken,
      };
    },
    revokeAccessToken: sessions.revokeAccessToken,
    endSession: sessions.end,
    liveSessions: sessions.live,
    refreshReuseCount: sessions.reuseCount,
    approveDevice: (userCode) => grants.decideDevice(userCode, true),
    denyDevice: (userCode) => grants.decideDevice(userCode, false),
    visit: (pageUrl, decision) =>
      identityProvider !== undefined && new URL(pageUrl).origin === identityProvider.url
        ? identityProvider.visit(pageUrl, decision)
        : visitSignInPage(url, pageUrl, decision),
    stop: async () => {
      faults.releaseAll();
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };

  async function handle(request: WireRequest, response: ServerResponse): Promise<void> {
    const requestId = randomUUID();
    if (request.path.startsWith(controlPath)) {
      send(response, await performControl(standIn, request), requestId);
      return;
    }
    const operation = operations.find((candidate) => isFor(candidate, request));
    if (operation !== undefined) {
      await answer(operation, request, requestId, response);
      return;
    }
    log.recordViolation(`${request.method} ${request.path}: no such operation`);
    const sibling = operations.find(({ path }) => path === withoutEndSlash(request.path));
    const reply =
      sibling === undefined
        ? jsonReply(404, { message: 'UnknownOperationException' })
        : sibling.protocol.encodeError(unknownOperation(sibling, request), requestId);
    send(response, reply, requestId);
  }

  async function answer(
    operation: Operation,
    request: WireRequest,
    requestId: string,
    response: ServerResponse,
  ): Promise<void> {
    let input: Fields = {};
    let refused: ServiceError | undefined;
    try {
      input = decode(operation, request);
    } catch (error) {
      refused = toServiceError(error);
    }
    const { headers } = request;
    const call: Call = { operation: operation.name, at: options.now(), requestId, headers, input };
    log.record(call);

    const fault = faults.take(call) ?? {};
    await fault.holdRequest?.pass();
    let reply: WireReply | undefined;
    if (!isReplaced(fault) || fault.commit === true) {
      try {
        if (refused !== undefined) throw refused;
        const result = await operation.perform(input, request);
        const changed = fault.transform?.(result) ?? result;
        reply = operation.protocol.encode(changed, operation.name, requestId);
      } catch (error) {
        const { code, violation, message } = toServiceError(error);
        call.error = code;
        if (violation) log.recordViolation(`${operation.name}: ${message}`);
        reply = operation.protocol.encodeError(toServiceError(error), requestId);
      }
    }
    if (reply === undefined || isReplaced(fault)) reply = replacement(operation, fault, call);

    await fault.hold?.pass();
    if (fault.delayMs !== undefined) await delay(fault.delayMs, undefined, { ref: false });
    if (fault.dropConnection === true) {
      call.status = 0;
      response.destroy();
      return;
    }
    call.status = reply.status;
    const changedReply = { ...reply, headers: { ...reply.headers, ...fault.headers } };
    if (fault.slowDripMs === undefined) send(response, changedReply, requestId);
    else await drip(response, changedReply, requestId, fault.slowDripMs);
  }

  function send(response: ServerResponse, reply: WireReply, requestId: string): void {
    writeHead(response, reply, requestId);
    response.end(reply.body);
  }

  async function drip(
    response: ServerResponse,
    reply: WireReply,
    requestId: string,
    apartMs: number,
  ): Promise<void> {
    writeHead(response, reply, requestId);
    for (const byte of Buffer.from(reply.body)) {
      if (response.destroyed) return;
      response.write(Buffer.of(byte));
      await delay(apartMs, undefined, { ref: false });
    }
    response.end();
  }

  function writeHead(response: ServerResponse, reply: WireReply, requestId: string): void {
    response.writeHead(reply.status, {
      'x-amzn-requestid': requestId,
      date: new Date(options.now()).toUTCString(),
      'content-length': Buffer.byteLength(reply.body),
      ...reply.headers,
    });
  }

  server.on('request', (message, response) => {
    readRequest(message)
      .then((request) => handle(request, response))
      .catch((error: unknown) => {
        // A client that went away while it sent is no fault of the stand-in.
        if (!message.destroyed) log.recordViolation(`the stand-in failed: ${error}`);
        response.destroy();
      });
  });
  return standIn;
}

function isFor(operation: Operation, request: WireRequest): boolean {
  if (operation.method !== request.method || operation.path !== withoutEndSlash(request.path))
    return false;
  if (operation.action === undefined) return true;
  const parameters =
    request.method === 'GET' ? request.query : new URLSearchParams(request.body.toString());
  return parameters.get('Action') === operation.action;
}

/** SDKs end the path with a slash when the endpoint has a path and the operation has none. */
function withoutEndSlash(path: string): string {
  return path.replace(/\/$/, '');
}

function unknownOperation(sibling: Operation, request: WireRequest): ServiceError {
  return sibling.method === request.method
    ? new ServiceError(400, 'InvalidAction', 'Could not find operation')
    : new ServiceError(405, 'MethodNotAllowedException', `${request.method} is not allowed`);
}

function decode(operation: Operation, request: WireRequest): Fields {
  if (operation.signed !== true && request.headers.authorization !== undefined)
    throw malformed('an Authorization header where none belongs');
  return operation.protocol.decode(request);
}

function replacement(operation: Operation, fault: Fault, call: Call): WireReply {
  if (fault.body !== undefined)
    return {
      status: fault.status ?? 200,
      headers: { 'content-type': fault.contentType ?? 'text/html' },
      body: fault.body,
    };
  const status = fault.status ?? 500;
  call.error = fault.error ?? defaultErrors[status] ?? 'InternalServerException';
  const error = new ServiceError(status, call.error, fault.message ?? 'A fault of the stand-in');
  return operation.protocol.encodeError(error, call.requestId);
}

const defaultErrors: Readonly<Record<number, string>> = {
  400: 'InvalidRequestException',
  401: 'UnauthorizedException',
  403: 'ForbiddenException',
  429: 'TooManyRequestsException',
};

function toServiceError(error: unknown): ServiceError {
  if (isServiceError(error)) return error;
  return new ServiceError(500, 'InternalServerException', `the stand-in failed: ${error}`, true);
}

async function readRequest(message: IncomingMessage): Promise<WireRequest> {
  const chunks: Buffer[] = [];
  for await (const chunk of message) chunks.push(chunk);
  const [path = '', query = ''] = (message.url ?? '').split('?', 2);
  return {
    method: message.method ?? '',
    path,
    query: new URLSearchParams(query),
    headers: message.headers,
    body: Buffer.concat(chunks),
  };
}

/** YYYY-MM-DDTHH:MM:SSZ */
function timestamp(ms: number): string {
  return new Date(ms).toISOString().replace(/\.\d+Z$/, 'Z');
}
