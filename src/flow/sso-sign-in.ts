import type { ClientRegistration, SignInFlow } from '../model/client-registration.ts';
import { SsoCredError } from '../model/errors.ts';
import type { SsoSession } from '../model/profile.ts';
import { idempotent, retrying, singleUse } from '../services/retry.ts';
import {
  authorizationUrl,
  createSignInToken,
  oidcEndpointOf,
  type SignInReply,
  startDeviceAuthorization,
} from '../services/sso-oidc-sign-in.ts';
import type { Store } from '../store/store.ts';
import type { World } from '../world.ts';
import { type AuthorizationCodeGrant, signInByBrowser } from './authorization-code.ts';
import { forgetClient, getClient } from './client-registration.ts';
import { signInByDevice } from './device-code.ts';
import { checkedLifetimeS } from './plan-token.ts';
import { resolveStartUrl } from './resolve-start-url.ts';
import { type NewToken, signInDenied, signInRefused } from './session-kind.ts';
import type { SignInTo } from './sign-in-call.ts';
import { newSsoToken } from './sso-session-kind.ts';

/** Signs in to IAM Identity Center. @throws SsoCredError */
export async function signInToSso(
  session: SsoSession,
  flow: SignInFlow,
  call: SignInTo & { readonly store: Store },
  world: World,
): Promise<NewToken> {
  const portal = await resolveStartUrl(session, world);
  const clientRequest = { session: portal, store: call.store, flow, deadline: call.deadline };
  let client = await getClient(clientRequest, world);
  const endpoint = session.endpoints.ssoOidc;
  if (flow === 'browser') {
    const grant: AuthorizationCodeGrant<NewToken> = {
      ports: session.redirectPorts,
      host: '127.0.0.1',
      async authorizationUrl(request) {
        const { clientId } = client;
        return authorizationUrl(portal, await oidcEndpointOf(portal, world), {
          ...request,
          clientId,
        });
      },
      async exchange({ code, codeVerifier, redirectUri, deadline }) {
        const proof = { kind: 'authorization_code', code, codeVerifier, redirectUri } as const;
        const send = () => createSignInToken(endpoint, client, proof, deadline, world);
        const reply = await retrying(singleUse, send, deadline, world);
        if (reply.kind === 'token') return signedIn(session, client, reply);
        if (reply.kind === 'invalid_client') forgetClient(clientRequest);
        if (reply.kind === 'access_denied') throw signInDenied(call.session, reply.text);
        throw signInRefused(call.session, reply.kind, reply.text);
      },
    };
    return await signInByBrowser(call, grant, world);
  }
  return await signInByDevice(
    call,
    {
      async start() {
        const send = () => startDeviceAuthorization(portal, client, call.deadline, world);
        const start = () => retrying(idempotent, send, call.deadline, world);
        const started = await start();
        if (started !== undefined) return started;
        world.trace('sign-in', 'the client is known no longer; a new one is registered');
        forgetClient(clientRequest);
        client = await getClient(clientRequest, world);
        const startedAnew = await start();
        if (startedAnew !== undefined) return startedAnew;
        throw signInRefused(call.session, 'invalid_client', '');
      },
      async poll(deviceCode, deadline) {
        const proof = { kind: 'device_code', deviceCode } as const;
        const reply = await createSignInToken(endpoint, client, proof, deadline, world);
        if (reply.kind === 'token') {
          return { kind: 'token', value: signedIn(session, client, reply) };
        }
        if (reply.kind === 'invalid_client') forgetClient(clientRequest);
        return { kind: 'refused', error: reply.kind, text: reply.text };
      },
    },
    world,
  );
}

/** The token file's content for what a sign-in gave. @throws ServiceFailed */
function signedIn(
  session: SsoSession,
  client: ClientRegistration,
  reply: SignInReply & { kind: 'token' },
): NewToken {
  const lifetimeS = checkedLifetimeS(reply.expiresIn);
  if (lifetimeS === undefined) {
    throw new SsoCredError('ServiceFailed', 'The reply to CreateToken has a lifetime of nonsense');
  }
  const token = {
    startUrl: session.startUrl,
    region: session.region,
    accessToken: reply.accessToken,
    expiresAt: reply.receivedAt + lifetimeS * 1000,
    clientId: client.clientId,
    clientSecret: client.clientSecret,
    registrationExpiresAt: client.expiresAt,
    ...(reply.refreshToken === undefined ? {} : { refreshToken: reply.refreshToken }),
  };
  return newSsoToken(token, reply.receivedAt);
}
