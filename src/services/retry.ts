import { type ErrorCode, isSsoCredError, type SsoCredError } from '../model/errors.ts';
import type { World } from '../world.ts';
import { providerStatusOf } from './provider-error.ts';
import { refusalOf } from './service-error.ts';

/** How often a call is made in all, by what went wrong; once where nothing is said. */
type Attempts = Partial<Record<ErrorCode, number>>;

/**
 * For calls that change nothing at AWS. So many tries that a swarm of 200 callers gets through a quota
 * of 20 calls a second, each within its time.
 */
export const idempotent: Attempts = { NetworkFailed: 2, ServiceFailed: 3, Throttled: 12 };

/**
 * For spending a refresh token: when the reply is lost, the same token is sent once more (FAPI 2.0,
 * 5.3.2.1, clause 10, makes servers that rotate accept that).
 */
export const singleUse: Attempts = { NetworkFailed: 2, ServiceFailed: 2, Throttled: 3 };

/** What a pause is drawn from; doubled with each try. Who is throttled has to spread out further. */
const pauses = { usual: { firstMs: 200, maxMs: 2_000 }, throttled: { firstMs: 500, maxMs: 5_000 } };

/** Nobody who waits for the same Retry-After comes back at the same moment. */
const spreadMs = 1_000;

/**
 * Repeats a call that failed for no fault of ours, with full jitter
 * (https://aws.amazon.com/blogs/architecture/exponential-backoff-and-jitter/); obeys Retry-After where
 * the deadline allows, and else gives up at once.
 * @param deadline by the monotonic clock; milliseconds
 */
export async function retrying<T>(
  attempts: Attempts,
  call: () => Promise<T>,
  deadline: number,
  world: Pick<World, 'clock' | 'trace'>,
): Promise<T> {
  const { clock, trace } = world;
  for (let attempt = 1; ; attempt += 1) {
    try {
      return await call();
    } catch (error) {
      if (!isSsoCredError(error) || attempt >= (attempts[error.code] ?? 1)) throw error;
      if (isRefusal(error)) throw error;
      const pauseMs = pauseBefore(attempt, error);
      if (clock.monotonicMs() + pauseMs >= deadline) throw error;
      trace('network', `${error.message}; trying again in ${Math.round(pauseMs)} ms`);
      await clock.sleep(pauseMs);
    }
  }
}

function pauseBefore(attempt: number, { code, retryAfterMs }: SsoCredError): number {
  if (retryAfterMs !== undefined) return retryAfterMs + Math.random() * spreadMs;
  const { firstMs, maxMs } = code === 'Throttled' ? pauses.throttled : pauses.usual;
  return Math.random() * Math.min(maxMs, firstMs * 2 ** (attempt - 1));
}

/** Whether the request itself is what the service does not take: it would say the same again. */
function isRefusal({ code, cause }: SsoCredError): boolean {
  const status = refusalOf(cause)?.status ?? providerStatusOf(cause) ?? 0;
  return code === 'ServiceFailed' && status >= 400 && status < 500 && status !== 408;
}
