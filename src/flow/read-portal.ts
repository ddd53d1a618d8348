import type { Account } from '../model/account.ts';
import { isSsoCredError } from '../model/errors.ts';
import { afterSuccess, afterThrottle, firstPace, takeTurn } from '../model/pace.ts';
import type { SsoSession } from '../model/profile.ts';
import { retrying } from '../services/retry.ts';
import { listAccountRolesPage, listAccountsPage, type Page } from '../services/sso-listings.ts';
import type { World } from '../world.ts';
import { getSessionToken } from './get-session-token.ts';
import type { SessionCall, SessionToken } from './session-call.ts';
import { sessionEnded } from './session-kind.ts';

/** What the access portal lists for the user of a session. Calls may be made side by side. */
export interface PortalReader {
  /** Whom the listings belong to (see SessionToken). @throws SsoCredError */
  signIn(): Promise<string>;
  /** All accounts, page by page. @throws SsoCredError */
  accounts(): AsyncGenerator<Account>;
  /** The user's roles in an account. @throws SsoCredError */
  roleNames(accountId: string): Promise<readonly string[]>;
}

/** Throttling is the pace's matter, and takes as long as it takes. */
const attempts = { NetworkFailed: 3, ServiceFailed: 3 };

/**
 * Reads listings with the session's token, which is replaced when the portal refuses it, at the pace
 * that the portal allows.
 */
export function readPortal(
  session: SsoSession,
  call: Omit<SessionCall, 'retryNow'>,
  world: World,
): PortalReader {
  const { clock } = world;
  const { deadline } = call;
  let pace = firstPace(clock.monotonicMs());
  let token: Promise<SessionToken> | undefined;
  let rejected: string | undefined;

  const currentToken = () => {
    token ??= getSessionToken({ ...call, retryNow: false }, world, rejected);
    return token;
  };

  /** The token is replaced once for all calls that it was refused for. */
  const reject = (bearer: string): void => {
    if (rejected === bearer) return;
    rejected = bearer;
    token = undefined;
  };

  const turn = async (): Promise<void> => {
    const now = clock.monotonicMs();
    const next = takeTurn(pace, now);
    pace = next.pace;
    if (next.at > now) await clock.sleep(next.at - now);
  };

  const once = async <T>(ask: (accessToken: string) => Promise<Page<T>>) => {
    let refusals = 0;
    for (;;) {
      const { bearer } = await currentToken();
      await turn();
      try {
        const page = await ask(bearer);
        if (page.kind === 'page') {
          pace = afterSuccess(pace);
          return page;
        }
        refusals += 1;
        if (refusals > 1)
          throw sessionEnded(call.session, 'AWS takes neither its token nor a new one');
        reject(bearer);
      } catch (error) {
        if (!isSsoCredError(error) || error.code !== 'Throttled') throw error;
        const now = clock.monotonicMs();
        pace = afterThrottle(pace, now, error.retryAfterMs);
        if (pace.nextAt >= deadline) throw error;
        world.trace('network', `${error.message}; now ${pace.callsPerS.toFixed(1)} calls a second`);
      }
    }
  };

  async function* all<T>(
    ask: (accessToken: string, nextToken: string | undefined) => Promise<Page<T>>,
  ): AsyncGenerator<T> {
    let nextToken: string | undefined;
    do {
      const send = () => once((accessToken) => ask(accessToken, nextToken));
      const page = await retrying(attempts, send, deadline, world);
      yield* page.items;
      nextToken = page.nextToken;
    } while (nextToken !== undefined);
  }

  const { sso } = session.endpoints;
  return {
    signIn: async () => (await currentToken()).signIn,
    accounts: () =>
      all((accessToken, nextToken) =>
        listAccountsPage(sso, { accessToken, nextToken, deadline }, world),
      ),
    async roleNames(accountId) {
      const names: string[] = [];
      const pages = all((accessToken, nextToken) =>
        listAccountRolesPage(sso, { accountId, accessToken, nextToken, deadline }, world),
      );
      for await (const name of pages) names.push(name);
      return names;
    },
  };
}
