import { codeStillGood } from '../../flow/begin-work.ts';
import { pendingOf } from '../../flow/pending-work.ts';
import { type SessionPlace, sessionFailures } from '../../flow/session-place.ts';
import { decodeFailureRecord, nextTryAt } from '../../model/failure-record.ts';
import { remainingMs } from '../../model/freshness.ts';
import type { OidcSession, SsoSession } from '../../model/profile.ts';
import { formatTimestamp } from '../../model/role-credentials.ts';
import { decodeRoleRecord, publicParts } from '../../model/role-record.ts';
import { wrongClocks } from '../../store/clock-records.ts';
import type { readLastErrors } from '../../store/last-errors.ts';
import { listRecords } from '../../store/list-records.ts';
import type { Store } from '../../store/store.ts';
import type { World } from '../../world.ts';

/** One session, as `--json` shows it. Times are timestamps of the form 2026-11-21T14:02:03Z. */
export interface SessionStatus {
  readonly kind: 'sso' | 'oidc';
  /** null for a start URL or issuer without a session. */
  readonly session: string | null;
  /** The start URL of Identity Center, or the issuer. */
  readonly url: string;
  /** null for an OpenID provider. */
  readonly region: string | null;
  readonly tokenFile: string;
  readonly state: 'signed-in' | 'refreshable' | 'ended' | 'none';
  readonly tokenExpiresAt: string | null;
  readonly refreshable: boolean;
  /** When the sign-in is over; null where that is told to nobody, and where there is none. */
  readonly signInEndsAt: string | null;
  /** Why it cannot be refreshed, or is not good. */
  readonly reason: string | null;
  /** What a person types to sign in to it. */
  readonly signInCommand: string;
}

/** What is known of a session without asking anybody. @throws StorageFailed */
export async function readSession(
  session: SsoSession | OidcSession,
  place: SessionPlace,
  world: World,
): Promise<SessionStatus> {
  const { tokenFile, signInCommand } = place.session;
  const about = {
    kind: session.kind,
    session: session.name ?? null,
    url: session.kind === 'sso' ? session.startUrl : session.issuer,
    region: session.kind === 'sso' ? session.region : null,
    tokenFile,
  };
  const kept = await place.session.read();
  if (kept.kind === 'none') {
    const none = { state: 'none', tokenExpiresAt: null, refreshable: false } as const;
    return { ...about, ...none, signInEndsAt: null, reason: kept.reason, signInCommand };
  }
  const now = world.clock.now();
  const standing = sessionFailures(place, world).standing(kept.stamp, false);
  const isEnded = standing?.code === 'SessionEnded';
  const isValid = kept.expiresAt > now && !isEnded;
  const refreshable = kept.notRefreshable === undefined && !isEnded;
  const tokenExpiresAt = formatTimestamp(kept.expiresAt);
  return {
    ...about,
    state: isValid ? 'signed-in' : refreshable ? 'refreshable' : 'ended',
    tokenExpiresAt,
    refreshable,
    // With refreshing it goes on until a limit of which nobody is told.
    signInEndsAt: kept.notRefreshable === undefined ? null : tokenExpiresAt,
    reason: isEnded ? standing.message : (kept.notRefreshable ?? null),
    signInCommand,
  };
}

/** A sign-in that waits for the person; the rest as SessionStatus. */
export interface PendingSignIn {
  readonly session: string | null;
  readonly url: string;
  readonly startedAt: string;
  /** Interrupted: its process was ended, but what the person has at hand is still good. */
  readonly state: 'open' | 'interrupted';
  readonly flow: 'browser' | 'device' | null;
  /** Where to go on in a browser of this machine; null before it is known, or for a device code. */
  readonly browserUrl: string | null;
  /** Where to go on in any browser, and the code to enter there. */
  readonly verificationUri: string | null;
  readonly userCode: string | null;
  /** The same with the code in it. */
  readonly verificationUriComplete: string | null;
  /** Until when the code is good. */
  readonly expiresAt: string | null;
}

/** The sign-in to a session that waits for the person, if there is one. @throws StorageFailed */
export async function readPendingSignIn(
  { session, url }: SessionStatus,
  place: SessionPlace,
  world: World,
): Promise<PendingSignIn | undefined> {
  const state = await pendingOf(place, world);
  if (state.kind === 'none' || state.record.task !== 'sign-in') return undefined;
  const isOpen = state.kind === 'live';
  if (!isOpen && codeStillGood(state.record, world) === undefined) return undefined;
  const { startedAt, flow, shown } = state.record;
  const code = shown?.kind === 'device' ? shown : undefined;
  return {
    session,
    url,
    startedAt: formatTimestamp(startedAt),
    state: isOpen ? 'open' : 'interrupted',
    flow: flow ?? null,
    browserUrl: shown?.kind === 'browser' ? shown.url : null,
    verificationUri: code?.verificationUri ?? null,
    userCode: code?.userCode ?? null,
    verificationUriComplete: code?.verificationUriComplete ?? null,
    expiresAt: code === undefined ? null : formatTimestamp(code.expiresAt),
  };
}

/** Credentials of a role that are cached; the rest as SessionStatus. */
export interface RoleStatus {
  readonly session: string | null;
  readonly url: string;
  readonly accountId: string;
  readonly roleName: string;
  readonly expiration: string;
  readonly secondsLeft: number;
}

/** The cached roles of these sessions, by account and name. @throws StorageFailed */
export function readRoles(
  sessions: readonly SessionStatus[],
  store: Store,
  world: Pick<World, 'clock'>,
): readonly RoleStatus[] {
  const now = world.clock.now();
  const byTokenFile = new Map(sessions.map((session) => [session.tokenFile, session]));
  return listRecords(store, 'roles', decodeRoleRecord)
    .flatMap(({ record }) => {
      const of = byTokenFile.get(record.tokenFile);
      if (of === undefined) return [];
      const { accountId, expiration } = publicParts(record.output);
      const secondsLeft = Math.max(0, Math.floor(remainingMs(record, now) / 1000));
      const { roleName } = record;
      return [{ session: of.session, url: of.url, accountId, roleName, expiration, secondsLeft }];
    })
    .sort((a, b) => (`${a.accountId} ${a.roleName}` < `${b.accountId} ${b.roleName}` ? -1 : 1));
}

/** What is remembered of failures, of all sessions. */
export type FailureStatus = ReturnType<typeof readFailures>[number];

/** @throws StorageFailed */
export function readFailures(store: Store, world: Pick<World, 'clock'>) {
  return listRecords(store, 'failures', decodeFailureRecord).map(({ record }) => {
    const nextTry = nextTryAt(record, false);
    return {
      code: record.code,
      message: record.message,
      count: record.count,
      failedAt: formatTimestamp(record.failedAt),
      /** null: not before a new sign-in. */
      nextTryAt: Number.isFinite(nextTry) ? formatTimestamp(nextTry) : null,
      isOver: nextTry <= world.clock.now(),
    };
  });
}

/** A server by whose clock that of this machine was wrong when it was last asked. */
export type ClockStatus = ReturnType<typeof readClocks>[number];

/** The clocks that differed by more than two minutes. @throws StorageFailed */
export function readClocks(store: Store, world: Pick<World, 'clock'>) {
  return wrongClocks(store, world.clock.now()).map(({ host, skewMs, seenAt }) => ({
    host,
    /** The server's clock less ours. */
    skewSeconds: Math.round(skewMs / 1000),
    seenAt: formatTimestamp(seenAt),
  }));
}

/** An error that went to stderr. */
export type ErrorStatus = ReturnType<typeof readLastErrors>[number];
