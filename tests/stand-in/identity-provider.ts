import { randomUUID } from 'node:crypto';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';
import type { default as Provider } from 'oidc-provider';
import { type Call, createCallLog } from './call-log.ts';
import { type Barrier, createFaultPlan, type FaultPlan, isReplaced } from './faults.ts';
import {
  defaultIdentityProviderOptions,
  type IdentityProviderOptions,
} from './identity-provider-options.ts';
import { answerInteraction } from './interaction-page.ts';
import { loadOidcProvider } from './load-oidc-provider.ts';
import type { WebIdentityClaims } from './options.ts';
import {
  clientSecret,
  configureProvider,
  interactionPath,
  operationAt,
  redirectUrisOf,
  routesOf,
} from './provider-configuration.ts';
import {
  askForConsent,
  drip,
  enterMountPath,
  jsonBody,
  type ProviderContext,
  refuse,
  replaceReply,
  takeBody,
} from './provider-context.ts';
import { createProviderQuirks } from './provider-quirks.ts';
import { createProviderStore } from './provider-store.ts';
import { createSigningKey, type SigningKey } from './signing-key.ts';
import { type Tampering, tamperWith } from './tampering.ts';
import { type Decision, visitSignInPage } from './visit.ts';
import { verifyWebIdentity } from './web-identity.ts';
import { type Fields, fieldsOf, type OperationName } from './wire.ts';

/** An OpenID provider on the loopback: oidc-provider, with a call log, faults and quirks. */
export interface IdentityProvider {
  /** http://127.0.0.1:PORT, whatever the issuer's path. */
  readonly url: string;
  /** As the discovery document and every token have it. */
  readonly issuer: string;
  readonly clientId: string;
  /** Where the client must send one. */
  readonly clientSecret: string | undefined;
  /** What an [oidc-session] section must say to sign in here. */
  readonly sessionKeys: Readonly<Record<string, string>>;
  /** Every call since the start or the last reset, in the order of arrival. */
  readonly calls: (operation?: OperationName) => readonly Call[];
  /** What was sent that no correct client sends. */
  readonly violations: () => readonly string[];
  readonly resetCalls: () => void;
  /** A fault's `transform` gets JSON replies only. */
  readonly fault: FaultPlan['add'];
  readonly clearFaults: () => void;
  readonly barrier: (name: string) => Barrier;
  readonly release: (name: string) => void;
  /** Makes the next id_token a bad one. */
  readonly tamper: (tampering: Tampering) => void;
  /** Ends the family of a refresh token, or all: a refresh is answered invalid_grant. */
  readonly endSession: (refreshToken?: string) => void;
  /** How often a refresh token came again that had been replaced by another, outside the leeway. */
  readonly refreshReuseCount: () => number;
  /**
   * Plays browser and person: signs in on a page of the provider and decides. Where a user code has to
   * be typed, it is the one that was given last. Gives the last page.
   */
  readonly visit: (pageUrl: string, decision?: Decision) => Promise<string>;
  /** For StandInOptions: STS, to which this issuer is known with the client id and the audiences. */
  readonly verifyWebIdentity: (token: string) => Promise<WebIdentityClaims>;
  readonly stop: () => Promise<void>;
}

type Middleware = (context: ProviderContext, next: () => Promise<void>) => Promise<void>;

/**
 * Starts it on 127.0.0.1. It listens at once, and its first answers wait until oidc-provider is
 * loaded and a key is made.
 */
export async function startIdentityProvider(
  overrides: Partial<IdentityProviderOptions> = {},
): Promise<IdentityProvider> {
  const options = { ...defaultIdentityProviderOptions, ...overrides };
  const server = createServer({ keepAliveTimeout: 60_000 });
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject).listen(options.port, '127.0.0.1', resolve);
  });
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const issuer = `${options.publicOrigin ?? url}${options.issuerPath}${options.issuerWithSlash ? '/' : ''}`;

  const log = createCallLog();
  const faults = createFaultPlan();
  const store = createProviderStore(options.reuseLeewayS);
  const quirks = createProviderQuirks(options);
  const routes = routesOf(options);
  const spentRefreshTokens = new Set<string>();
  const tamperings: { readonly tampering: Tampering; left: number }[] = [];
  let reuses = 0;
  let turn = Promise.resolve();
  let lastUserCode: string | undefined;

  async function prepare() {
    const [{ Provider: OidcProvider, errors }, key] = await Promise.all([
      loadOidcProvider(),
      createSigningKey(clientSecret),
    ]);
    const configuration = configureProvider(options, store, key, errors.InvalidTarget);
    const provider = new OidcProvider(issuer, configuration);
    provider.on('server_error', (_context, error) => recordFailure(error));
    provider.silent = true;
    provider.proxy = options.publicOrigin !== undefined;
    const serve = serving(provider, key);
    provider.use(async (context, next) => {
      try {
        await serve(context, next);
      } catch (error) {
        // A client that went away while it sent is no fault of the provider.
        if (!context.req.destroyed) recordFailure(error);
        throw error;
      }
    });
    return { handle: provider.callback(), key };
  }

  const recordFailure = (error: unknown): void =>
    log.recordViolation(`the identity provider failed: ${error}`);

  const serving =
    (provider: Provider, key: SigningKey): Middleware =>
    async (context, next) => {
      const body = await takeBody(context);
      if (!enterMountPath(context, options.issuerPath)) {
        log.recordViolation(`${context.method} ${context.path}: not below the issuer`);
        return;
      }
      const { method, path } = context;
      const perform = path.startsWith(interactionPath)
        ? () => answerInteraction(provider, context, new URLSearchParams(body), options)
        : next;
      const operation = operationAt(routes, method, path);
      if (operation === undefined) {
        await perform();
        if (context.status === 404) log.recordViolation(`${method} ${path}: no such operation`);
        return;
      }
      const sent = new URLSearchParams(method === 'GET' ? context.querystring : body);
      const { headers } = context;
      const input = Object.fromEntries(sent);
      const call: Call = { operation, at: Date.now(), requestId: randomUUID(), headers, input };
      log.record(call);
      await answer(call, context, async () => {
        checkRequest(call, sent);
        const refusal = quirks.refuse(operation, input);
        if (refusal !== undefined) {
          refuse(context, operation, refusal);
          return;
        }
        if (operation === 'Authorize') askForConsent(context);
        await (operation === 'Token' ? oneByOne(perform) : perform());
        adapt(call, context, key);
      });
    };

  /** So that of two who send one refresh token at the same time, the second is always found out. */
  function oneByOne(perform: () => Promise<void>): Promise<void> {
    const performed = turn.then(perform);
    turn = performed.catch(() => undefined);
    return performed;
  }

  async function answer(
    call: Call,
    context: ProviderContext,
    perform: () => Promise<void>,
  ): Promise<void> {
    const fault = faults.take(call) ?? {};
    await fault.holdRequest?.pass();
    if (!isReplaced(fault) || fault.commit === true) {
      await perform();
      const body = jsonBody(context);
      if (typeof body?.['error'] === 'string') call.error = body['error'];
      if (body !== undefined && fault.transform !== undefined) context.body = fault.transform(body);
    }
    if (isReplaced(fault)) {
      const error = replaceReply(context, call.operation, fault);
      if (error !== undefined) call.error = error;
    }
    await fault.hold?.pass();
    if (fault.delayMs !== undefined) await delay(fault.delayMs, undefined, { ref: false });
    if (fault.dropConnection === true) {
      call.status = 0;
      context.respond = false;
      context.res.destroy();
      return;
    }
    for (const [name, value] of Object.entries(fault.headers ?? {})) context.set(name, value);
    if (fault.slowDripMs !== undefined) drip(context, fault.slowDripMs);
    call.status = context.status;
  }

  /** What a correct client never leaves out or sends twice, though the provider may not mind. */
  function checkRequest({ operation, input }: Call, sent: URLSearchParams): void {
    try {
      fieldsOf(sent);
    } catch (error) {
      log.recordViolation(`${operation}: ${error instanceof Error ? error.message : error}`);
    }
    if (operation !== 'Authorize') return;
    for (const name of ['state', 'nonce', 'code_challenge'])
      if (input[name] === undefined) log.recordViolation(`Authorize: missing parameter ${name}`);
  }

  function adapt(call: Call, context: ProviderContext, key: SigningKey): void {
    const { operation, input } = call;
    const given = jsonBody(context);
    if (given === undefined) return;
    if (operation === 'Token') countReuse(input, given);
    const { status, body } = quirks.adapt(operation, input, {
      status: context.status,
      body: given,
    });
    context.status = status;
    if (body['error'] === 'invalid_request')
      log.recordViolation(`${operation}: ${body['error_description']}`);
    if (typeof body['user_code'] === 'string') lastUserCode = body['user_code'];
    const idToken = body['id_token'];
    const tampering = typeof idToken === 'string' ? nextTampering() : undefined;
    context.body =
      tampering === undefined
        ? body
        : { ...body, id_token: tamperWith(String(idToken), tampering, key) };
  }

  function countReuse(input: Fields, reply: Fields): void {
    const sent = input['refresh_token'];
    if (typeof sent !== 'string') return;
    const granted = reply['refresh_token'];
    if (granted === undefined && spentRefreshTokens.has(sent)) reuses += 1;
    if (granted !== undefined && granted !== sent) spentRefreshTokens.add(sent);
  }

  function nextTampering(): Tampering | undefined {
    const entry = tamperings.find(({ left }) => left > 0);
    if (entry !== undefined) entry.left -= 1;
    return entry?.tampering;
  }

  const ready = prepare();
  ready.catch(recordFailure);
  server.on('request', (request, response) => {
    ready
      .then(({ handle }) => handle(request, response))
      .catch((error: unknown) => {
        recordFailure(error);
        response.writeHead(500).end(String(error));
      });
  });

  const needed = {
    issuer,
    client_id: options.clientId,
    ...(options.clientSecretRequired && { client_secret: clientSecret }),
    ...(options.localhostOnly && { redirect_host: 'localhost' }),
    ...(options.exactRedirectUris.length > 0 && {
      redirect_ports: redirectUrisOf(options)
        .map((uri) => new URL(uri).port)
        .join(' '),
    }),
  };
  return {
    url,
    issuer,
    clientId: options.clientId,
    clientSecret: options.clientSecretRequired ? clientSecret : undefined,
    sessionKeys: needed,
    calls: log.calls,
    violations: log.violations,
    resetCalls: log.reset,
    fault: faults.add,
    clearFaults: faults.clear,
    barrier: faults.barrier,
    release: faults.release,
    tamper: (tampering) => tamperings.push({ tampering, left: tampering.times ?? 1 }),
    endSession: store.end,
    refreshReuseCount: () => reuses,
    visit: (pageUrl, decision) => {
      const { pathname, search } = new URL(pageUrl);
      const page = new URL(pathname + search, url);
      const isEmptyForm =
        page.pathname === `${options.issuerPath}${routes.code_verification}` && page.search === '';
      if (isEmptyForm && lastUserCode !== undefined)
        page.searchParams.set('user_code', lastUserCode);
      return visitSignInPage(url, page.href, decision);
    },
    verifyWebIdentity: async (token) => {
      const { key } = await ready;
      const clientIds = [options.clientId, ...options.audiences];
      return await verifyWebIdentity(token, { issuer, clientIds, publicJwk: key.publicJwk });
    },
    stop: async () => {
      faults.releaseAll();
      await ready.catch(() => undefined);
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}
