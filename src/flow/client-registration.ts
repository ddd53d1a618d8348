import {
  type ClientRegistration,
  decodeClientRegistration,
  encodeClientRegistration,
  type SignInFlow,
} from '../model/client-registration.ts';
import { isSsoCredError } from '../model/errors.ts';
import type { SsoSession } from '../model/profile.ts';
import { idempotent, retrying } from '../services/retry.ts';
import { registerClient } from '../services/sso-oidc-sign-in.ts';
import { sha256 } from '../store/digest.ts';
import type { Store } from '../store/store.ts';
import type { World } from '../world.ts';

/** A registration must outlive the sign-in and the refreshes after it for a while; milliseconds. */
const minLifetimeMs = 24 * 3_600_000;

/** Who asks for a client, and for what. */
export interface ClientRequest {
  readonly session: SsoSession;
  readonly store: Store;
  readonly flow: SignInFlow;
  /** By the monotonic clock; milliseconds. */
  readonly deadline: number;
}

/**
 * The registered client for a sign-in: one of ours while it lasts, else a new one. A client serves
 * only the session, scopes and grants that it was registered for.
 * @throws ServiceFailed, Throttled, NetworkFailed
 */
export async function getClient(request: ClientRequest, world: World): Promise<ClientRegistration> {
  const { session, store, flow, deadline } = request;
  const name = registrationFile(request);
  const kept = store.read('registrations', name, decodeClientRegistration);
  if (kept !== undefined && kept.expiresAt > world.clock.now() + minLifetimeMs) {
    world.trace('sign-in', `client registered before: ${store.path('registrations', name)}`);
    return kept;
  }
  const send = () => registerClient(session, flow, deadline, world);
  const client = await retrying(idempotent, send, deadline, world);
  try {
    store.write('registrations', name, encodeClientRegistration(client));
  } catch (error) {
    if (!isSsoCredError(error)) throw error;
    world.trace('sign-in', `the client is not kept: ${error.message}`);
  }
  return client;
}

/** Forgets a client that the service no longer takes. */
export function forgetClient(request: ClientRequest): void {
  request.store.remove('registrations', registrationFile(request));
}

function registrationFile({ session, flow }: ClientRequest): string {
  const { name, startUrl, region, registrationScopes, endpoints } = session;
  const { url } = endpoints.ssoOidc;
  const identity = [name ?? '', startUrl, region, flow, ...registrationScopes, url ?? ''];
  return `${sha256(JSON.stringify(identity))}.json`;
}
