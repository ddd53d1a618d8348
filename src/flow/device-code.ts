import { isSsoCredError, type SsoCredError } from '../model/errors.ts';
import type { World } from '../world.ts';
import { afterThePerson, signInDenied, signInRefused, signInUnfinished } from './session-kind.ts';
import type { SignInTo } from './sign-in-call.ts';

/** What the person is to be shown, and what is polled with (RFC 8628, 3.2). */
export interface DeviceAuthorization {
  readonly deviceCode: string;
  readonly userCode: string;
  readonly verificationUri: string;
  readonly verificationUriComplete: string;
  /** Milliseconds from now. */
  readonly expiresInMs: number;
  readonly intervalMs: number;
}

/**
 * What a poll gave: the token, or an error of RFC 8628, 3.5; or something that ends the sign-in, for
 * no other poll would change it.
 */
export type DevicePoll<T> =
  | { readonly kind: 'token'; readonly value: T }
  | { readonly kind: 'refused'; readonly error: string; readonly text: string }
  | { readonly kind: 'failed'; readonly error: SsoCredError };

/** The two requests of the flow; they throw what the network or the service does wrong. */
export interface DeviceGrant<T> {
  start(): Promise<DeviceAuthorization>;
  poll(deviceCode: string, deadline: number): Promise<DevicePoll<T>>;
}

/** RFC 8628, 3.5: after slow_down the interval is longer by this, for good. */
const slowDownMs = 5_000;

const pollTimeoutMs = 10_000;

/**
 * Signs in by a code that the person confirms in any browser (RFC 8628).
 * @throws SignInDenied, SignInUnfinished; ServiceFailed, NetworkFailed, Throttled
 */
export async function signInByDevice<T>(
  call: SignInTo,
  grant: DeviceGrant<T>,
  world: World,
): Promise<T> {
  const { clock, trace } = world;
  const { session } = call;
  const startedAt = clock.monotonicMs();
  const authorization = await grant.start();
  const { verificationUri, verificationUriComplete, userCode } = authorization;
  const isOpened = URL.canParse(verificationUriComplete)
    ? await call.open(new URL(verificationUriComplete))
    : false;
  call.tell({ kind: 'device', verificationUri, verificationUriComplete, userCode, isOpened });

  const deadline = Math.min(call.deadline, clock.monotonicMs() + authorization.expiresInMs);
  const unfinished = () => signInUnfinished(session, clock.monotonicMs() - startedAt);
  let { intervalMs } = authorization;
  for (;;) {
    const left = deadline - clock.monotonicMs();
    await clock.sleep(Math.max(0, Math.min(intervalMs, left)));
    if (intervalMs > left) throw unfinished();
    const reply = await poll();
    if (reply?.kind === 'token') return reply.value;
    if (reply?.kind === 'failed') throw afterThePerson(reply.error);
    switch (reply?.error) {
      case undefined:
      case 'authorization_pending':
        break;
      case 'slow_down':
        intervalMs += slowDownMs;
        break;
      case 'access_denied':
        throw signInDenied(session, reply?.text ?? '');
      case 'expired_token':
      case 'invalid_grant':
        throw unfinished();
      default:
        throw signInRefused(session, reply?.error ?? '', reply?.text ?? '');
    }
  }

  /** A failed poll is no answer: the person may be typing all the same. */
  async function poll(): Promise<DevicePoll<T> | undefined> {
    const soon = clock.monotonicMs() + pollTimeoutMs;
    try {
      return await grant.poll(authorization.deviceCode, Math.min(soon, call.deadline));
    } catch (error) {
      if (!isSsoCredError(error)) throw error;
      trace('sign-in', `${error.message}; asked again later`);
      return undefined;
    }
  }
}
