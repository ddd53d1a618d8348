import { isSsoCredError, type SsoCredError } from '../model/errors.ts';
import type { SignInShown } from '../model/pending-record.ts';
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
  call: SignInTo<T>,
  grant: DeviceGrant<T>,
  world: World,
): Promise<T> {
  const { clock, trace } = world;
  const { session } = call;
  const startedAt = clock.monotonicMs();
  let { resumed } = call;
  let authorization = resumed ?? (await begin());
  const unfinished = () => signInUnfinished(session, clock.monotonicMs() - startedAt);
  let { intervalMs } = authorization;
  for (;;) {
    const untilExpiry = authorization.expiresAt - clock.now();
    const untilEnd = call.deadline - clock.monotonicMs();
    const left = Math.min(untilEnd, untilExpiry);
    await clock.sleep(Math.max(0, Math.min(intervalMs, left)));
    if (intervalMs > left) {
      if (resumed === undefined || untilEnd <= untilExpiry) throw unfinished();
      await beginAnew();
      continue;
    }
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
        if (resumed === undefined) throw unfinished();
        await beginAnew();
        break;
      default:
        throw signInRefused(session, reply?.error ?? '', reply?.text ?? '');
    }
  }

  /** Once, when the code of a process that is gone is no longer good: it may have been spent there. */
  async function beginAnew(): Promise<void> {
    trace('sign-in', 'the code is no longer good; a new one is asked for');
    resumed = undefined;
    authorization = await begin();
    ({ intervalMs } = authorization);
  }

  async function begin(): Promise<SignInShown & { kind: 'device' }> {
    const { expiresInMs, ...given } = await grant.start();
    const expiresAt = clock.now() + expiresInMs;
    const { verificationUriComplete } = given;
    const isOpened = URL.canParse(verificationUriComplete)
      ? await call.open(new URL(verificationUriComplete))
      : false;
    const shown = { kind: 'device', ...given, expiresAt, isOpened } as const;
    call.tell(shown);
    return shown;
  }

  /** A failed poll is no answer: the person may be typing all the same. */
  async function poll(): Promise<DevicePoll<T> | undefined> {
    const soon = clock.monotonicMs() + pollTimeoutMs;
    // The code is good once: what it is exchanged for is kept, whatever ends us meanwhile.
    const letSignalsThrough = world.signals.hold();
    try {
      const reply = await grant
        .poll(authorization.deviceCode, Math.min(soon, call.deadline))
        .catch((error: unknown) => {
          if (!isSsoCredError(error)) throw error;
          trace('sign-in', `${error.message}; asked again later`);
          return undefined;
        });
      if (reply?.kind === 'token') await call.keep(reply.value);
      return reply;
    } finally {
      letSignalsThrough();
    }
  }
}
