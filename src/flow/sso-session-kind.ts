import { SsoCredError } from '../model/errors.ts';
import { describeSession, type SsoSession } from '../model/profile.ts';
import {
  encodeSsoToken,
  type RefreshableSsoToken,
  refreshability,
  type SsoToken,
} from '../model/sso-token.ts';
import { retrying, singleUse } from '../services/retry.ts';
import { refreshSsoToken } from '../services/sso-oidc.ts';
import { readSsoToken, reserveSsoToken } from '../store/sso-token-cache.ts';
import type { World } from '../world.ts';
import { checkedLifetimeS } from './plan-token.ts';
import type { Refreshed, SessionKind } from './session-kind.ts';

/** A session of IAM Identity Center. */
export function ssoSessionKind(session: SsoSession, tokenFile: string, world: World): SessionKind {
  return {
    name: describeSession(session),
    signInCommand: session.signInCommand,
    tokenFile,
    async read() {
      const found = await readSsoToken(tokenFile, session, world);
      if (found.kind === 'none') return found;
      const { token, stamp, writtenAt } = found;
      const possible = refreshability(token, world.clock.now());
      return {
        kind: 'token',
        bearer: token.accessToken,
        expiresAt: token.expiresAt,
        obtainedAt: writtenAt,
        stamp,
        refreshToken: token.refreshToken,
        notRefreshable: 'reason' in possible ? possible.reason : undefined,
        async refresh(deadline, beforeSending) {
          if ('reason' in possible) return { kind: 'refused', text: possible.reason };
          if (!(await beforeSending())) return { kind: 'not-sent' };
          return await refresh(session, possible.refreshable, deadline, world);
        },
      };
    },
    reserve: () => reserveSsoToken(tokenFile, world),
  };
}

async function refresh(
  session: SsoSession,
  token: RefreshableSsoToken,
  deadline: number,
  world: World,
): Promise<Refreshed> {
  const send = () => refreshSsoToken(session.endpoints.ssoOidc, token, deadline, world);
  const reply = await retrying(singleUse, send, deadline, world);
  if (reply.kind === 'refused') return reply;

  const lifetimeS = checkedLifetimeS(reply.expiresIn);
  const isUsable = reply.accessToken !== undefined && lifetimeS !== undefined;
  const next: SsoToken = {
    ...token,
    accessToken: reply.accessToken ?? token.accessToken,
    expiresAt: isUsable ? reply.receivedAt + lifetimeS * 1000 : token.expiresAt,
    refreshToken: reply.refreshToken ?? token.refreshToken,
  };
  return {
    kind: 'token',
    next: newSsoToken(next, reply.receivedAt),
    isRefreshTokenReplaced: reply.refreshToken !== undefined,
    ...(isUsable
      ? {}
      : {
          problem: new SsoCredError(
            'ServiceFailed',
            'The reply to CreateToken holds no usable token',
          ),
        }),
  };
}

/** A token that was just obtained, with the text of its file. @param obtainedAt epoch milliseconds */
export function newSsoToken(token: SsoToken, obtainedAt: number) {
  return {
    bearer: token.accessToken,
    expiresAt: token.expiresAt,
    obtainedAt,
    text: encodeSsoToken(token),
  };
}
