import { randomUUID } from 'node:crypto';
import { opaqueId, opaqueToken } from './opaque.ts';
import type { StandInOptions } from './options.ts';
import { ServiceError } from './wire.ts';

/** A client as RegisterClient made it. Times are epoch milliseconds. */
export interface ClientRegistration {
  readonly clientId: string;
  readonly clientSecret: string;
  readonly clientName: string;
  readonly issuedAt: number;
  readonly expiresAt: number;
  readonly scopes: readonly string[];
  readonly grantTypes: readonly string[];
  readonly redirectUris: readonly string[];
}

/** One sign-in of one user. All tokens that come from it end with it. */
export interface SignInSession {
  readonly sessionId: string;
  readonly userName: string;
  readonly startUrl: string;
  readonly clientId: string;
  readonly scopes: readonly string[];
  readonly endsAt: number;
}

export interface TokenSet {
  readonly accessToken: string;
  /** Seconds. */
  readonly expiresIn: number;
  readonly refreshToken: string | undefined;
}

export interface Sessions {
  readonly register: (
    client: Pick<ClientRegistration, 'clientName' | 'scopes' | 'grantTypes' | 'redirectUris'>,
    lifetimeS?: number,
  ) => ClientRegistration;
  readonly client: (clientId: string) => ClientRegistration | undefined;
  /** Throws InvalidClientException when id and secret do not belong together, or no longer count. */
  readonly authenticate: (clientId: string, clientSecret: string) => ClientRegistration;
  /** Begins a session and gives its first tokens. */
  readonly signIn: (
    client: ClientRegistration,
    startUrl: string,
    overrides?: { readonly userName?: string; readonly expiresInS?: number },
  ) => TokenSet;
  /** Spends a refresh token; throws InvalidGrantException, and ends the session on a reuse. */
  readonly refresh: (client: ClientRegistration, refreshToken: string) => TokenSet;
  /** The session of a live access token; throws UnauthorizedException. */
  readonly authorize: (accessToken: string) => SignInSession;
  readonly revokeAccessToken: (accessToken: string) => void;
  /** Ends the session that a token, access or refresh, belongs to; without one, all sessions. */
  readonly end: (token?: string) => void;
  readonly live: () => readonly SignInSession[];
  readonly reuseCount: () => number;
}

interface SessionRecord extends SignInSession {
  ended: boolean;
  currentRefreshToken: string | undefined;
  /** The refresh token spent last, and when it was first used. */
  spent: { readonly token: string; readonly at: number } | undefined;
}

export function createSessions(options: StandInOptions): Sessions {
  const clients = new Map<string, ClientRegistration>();
  const sessions: SessionRecord[] = [];
  const accessTokens = new Map<string, { session: SessionRecord; expiresAt: number }>();
  const refreshTokens = new Map<string, SessionRecord>();
  let reuses = 0;

  const isLive = (session: SessionRecord): boolean =>
    !session.ended && options.now() < session.endsAt;

  function issue(session: SessionRecord, expiresInS = options.accessTokenLifetimeS): TokenSet {
    const now = options.now();
    const expiresIn = Math.min(expiresInS, Math.floor((session.endsAt - now) / 1000));
    const accessToken = opaqueToken('aoaAAAAA', 332);
    accessTokens.set(accessToken, { session, expiresAt: now + expiresIn * 1000 });
    return { accessToken, expiresIn, refreshToken: session.currentRefreshToken };
  }

  function renewRefreshToken(session: SessionRecord): void {
    session.currentRefreshToken = opaqueToken('aorAAAAA', 332);
    refreshTokens.set(session.currentRefreshToken, session);
  }

  return {
    register: (client, lifetimeS = options.registrationLifetimeS) => {
      const issuedAt = options.now();
      const expiresAt = issuedAt + lifetimeS * 1000;
      const clientId = opaqueId(32);
      const clientSecret = opaqueToken('eyJraWQiOiJrZXktMTU', 900);
      const registration = { ...client, clientId, clientSecret, issuedAt, expiresAt };
      clients.set(clientId, registration);
      return registration;
    },

    client: (clientId) => clients.get(clientId),

    authenticate: (clientId, clientSecret) => {
      const client = clients.get(clientId);
      if (client === undefined || client.clientSecret !== clientSecret)
        throw new ServiceError(401, 'InvalidClientException', 'Invalid client provided');
      if (options.now() >= client.expiresAt)
        throw new ServiceError(401, 'InvalidClientException', 'Client registration has expired');
      return client;
    },

    signIn: (client, startUrl, { userName = options.userName, expiresInS } = {}) => {
      const session: SessionRecord = {
        sessionId: randomUUID(),
        userName,
        startUrl,
        clientId: client.clientId,
        scopes: client.scopes,
        endsAt: options.now() + options.sessionLifetimeS * 1000,
        ended: false,
        currentRefreshToken: undefined,
        spent: undefined,
      };
      sessions.push(session);
      // Without scopes AWS gives no refresh token: the sign-in of the AWS CLI's legacy profiles.
      if (client.scopes.length > 0 && client.grantTypes.includes('refresh_token'))
        renewRefreshToken(session);
      return issue(session, expiresInS);
    },

    refresh: (client, refreshToken) => {
      const session = refreshTokens.get(refreshToken);
      const refused = new ServiceError(
        400,
        'InvalidGrantException',
        'Invalid refresh token provided',
      );
      if (session === undefined || !isLive(session) || session.clientId !== client.clientId)
        throw refused;
      if (!options.refreshTokenRotation) return issue(session);
      const now = options.now();
      const { spent } = session;
      if (refreshToken === session.currentRefreshToken) {
        session.spent = { token: refreshToken, at: now };
      } else if (refreshToken !== spent?.token || now >= spent.at + options.reuseLeewayS * 1000) {
        reuses += 1;
        session.ended = true;
        throw refused;
      }
      renewRefreshToken(session);
      return issue(session);
    },

    authorize: (accessToken) => {
      const grant = accessTokens.get(accessToken);
      if (grant === undefined || !isLive(grant.session) || options.now() >= grant.expiresAt)
        throw new ServiceError(401, 'UnauthorizedException', 'Session token not found or invalid');
      return grant.session;
    },

    revokeAccessToken: (accessToken) => {
      accessTokens.delete(accessToken);
    },

    end: (token) => {
      const owner =
        token === undefined
          ? undefined
          : (accessTokens.get(token)?.session ?? refreshTokens.get(token));
      for (const session of sessions)
        if (token === undefined || session === owner) session.ended = true;
    },

    live: () =>
      sessions
        .filter(isLive)
        .map(({ sessionId, userName, startUrl, clientId, scopes, endsAt }) => ({
          sessionId,
          userName,
          startUrl,
          clientId,
          scopes,
          endsAt,
        })),

    reuseCount: () => reuses,
  };
}
