import type { SignInFlow } from '../model/client-registration.ts';
import { isSsoCredError, SsoCredError } from '../model/errors.ts';
import type { OidcSession } from '../model/profile.ts';
import {
  exchangeCode,
  type ProviderCall,
  type ProviderReply,
  pollProviderDevice,
  providerAuthorizationUrl,
  startProviderDevice,
} from '../services/identity-provider.ts';
import { refusedByProvider } from '../services/provider-error.ts';
import { idempotent, retrying, singleUse } from '../services/retry.ts';
import type { Store } from '../store/store.ts';
import type { World } from '../world.ts';
import { type AuthorizationCodeGrant, signInByBrowser } from './authorization-code.ts';
import { type DeviceGrant, signInByDevice } from './device-code.ts';
import { newOidcToken, tokenOf } from './oidc-session-kind.ts';
import { getProviderMetadata } from './provider-metadata.ts';
import type { NewToken } from './session-kind.ts';
import type { SignInTo } from './sign-in-call.ts';

/** Signs in at an OpenID provider. @throws SsoCredError */
export async function signInToProvider(
  session: OidcSession,
  flow: SignInFlow,
  call: SignInTo & { readonly store: Store },
  world: World,
): Promise<NewToken> {
  const { deadline } = call;
  const metadata = await getProviderMetadata(session, call.store, deadline, world);
  const provider: ProviderCall = { session, metadata, deadline };
  const signedIn = (reply: ProviderReply & { kind: 'token' }) =>
    newOidcToken(tokenOf(session, reply, undefined));

  if (flow === 'device') {
    const grant: DeviceGrant<NewToken> = {
      async start() {
        const start = () => startProviderDevice(provider, world);
        return await retrying(idempotent, start, deadline, world);
      },
      async poll(deviceCode, pollDeadline) {
        const reply = await pollProviderDevice(
          { ...provider, deadline: pollDeadline },
          deviceCode,
          world,
        );
        const failed = (error: SsoCredError) => ({ kind: 'failed', error }) as const;
        switch (reply.kind) {
          case 'token':
            try {
              return { kind: 'token', value: signedIn(reply) };
            } catch (error) {
              if (isSsoCredError(error)) return failed(error);
              throw error;
            }
          case 'refused':
            return reply.error === 'unauthorized_client'
              ? failed(refusedByProvider(session, reply))
              : reply;
          case 'unusable':
            return failed(new SsoCredError('ServiceFailed', reply.reason));
        }
      },
    };
    return await signInByDevice(call, grant, world);
  }
  const grant: AuthorizationCodeGrant<NewToken> = {
    ports: session.redirectPorts,
    host: session.redirectHost,
    authorizationUrl: (request) => providerAuthorizationUrl(provider, request, world),
    async exchange({ redirect, codeVerifier, state, nonce, deadline: exchangeDeadline }) {
      const exchange = { ...provider, deadline: exchangeDeadline };
      const expected = { codeVerifier, state, nonce };
      const send = () => exchangeCode(exchange, redirect, expected, world);
      const reply = await retrying(singleUse, send, exchangeDeadline, world);
      switch (reply.kind) {
        case 'token':
          return signedIn(reply);
        case 'refused':
          // The person has agreed by now: a denial here is of the application, and Auth0's word for it.
          throw refusedByProvider(session, reply);
        case 'unusable':
          throw new SsoCredError('ServiceFailed', reply.reason);
      }
    },
  };
  return await signInByBrowser(call, grant, world);
}
