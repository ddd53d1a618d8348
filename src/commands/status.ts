import { allSessions } from '../config/all-sessions.ts';
import type { LocationOptions } from '../config/locate.ts';
import { resolveSession, type SessionRequest } from '../config/resolve-profile.ts';
import { sessionFailures } from '../flow/session-place.ts';
import { describeDuration } from '../model/duration.ts';
import { decodeFailureRecord, nextTryAt } from '../model/failure-record.ts';
import { remainingMs } from '../model/freshness.ts';
import type { OidcSession, SsoSession } from '../model/profile.ts';
import { formatTimestamp } from '../model/role-credentials.ts';
import { decodeRoleRecord, publicParts } from '../model/role-record.ts';
import { wrongClocks } from '../store/clock-records.ts';
import { readLastErrors } from '../store/last-errors.ts';
import { listRecords } from '../store/list-records.ts';
import type { World } from '../world.ts';
import { type OpenCall, openCall, placeSession } from './open-call.ts';
import { textTable } from './text-table.ts';

/** What `sso-cred status` may say. */
export interface StatusOptions extends SessionRequest, LocationOptions {
  readonly json: boolean;
}

/** One session, as `--json` shows it. Times are timestamps of the form 2026-11-21T14:02:03Z. */
interface SessionStatus {
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
  /** Why it cannot be refreshed, or is not good. */
  readonly reason: string | null;
}

/**
 * Shows sessions, cached roles, remembered failures and the last errors, without any network call.
 * For one session the exit status tells whether it is good: 0, or 3.
 * @throws SsoCredError
 */
export async function runStatus(options: StatusOptions, world: World): Promise<number> {
  const opened = openCall(options, world);
  const isOfOne =
    options.profile !== undefined ||
    options.session !== undefined ||
    options.startUrl !== undefined ||
    options.issuer !== undefined ||
    options.auth0Domain !== undefined;
  const sessions = isOfOne
    ? [resolveSession(options, opened.sources)]
    : allSessions(opened.sources);
  const statuses: SessionStatus[] = [];
  for (const { session } of sessions) statuses.push(await statusOf(session, opened, world));
  const report = {
    sessions: statuses,
    roles: rolesOf(statuses, opened, world),
    failures: failuresOf(opened, world),
    clocks: clocksOf(opened, world),
    lastErrors: readLastErrors(opened.store.directory, world).slice(-5),
  };
  world.print(1, options.json ? `${JSON.stringify(report, undefined, 2)}\n` : inWords(report));
  if (!isOfOne) return 0;
  return statuses.every(({ state }) => state === 'signed-in' || state === 'refreshable') ? 0 : 3;
}

async function statusOf(
  session: SsoSession | OidcSession,
  opened: OpenCall,
  world: World,
): Promise<SessionStatus> {
  const place = placeSession(session, opened, undefined, world);
  const { tokenFile } = place.session;
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
    return { ...about, ...none, reason: kept.reason };
  }
  const now = world.clock.now();
  const refreshable = kept.notRefreshable === undefined;
  const standing = sessionFailures(place, world).standing(kept.stamp, false);
  const isEnded = standing?.code === 'SessionEnded';
  const isValid = kept.expiresAt > now && !isEnded;
  return {
    ...about,
    state: isValid ? 'signed-in' : refreshable && !isEnded ? 'refreshable' : 'ended',
    tokenExpiresAt: formatTimestamp(kept.expiresAt),
    refreshable: refreshable && !isEnded,
    reason: isEnded ? standing.message : (kept.notRefreshable ?? null),
  };
}

function rolesOf(statuses: readonly SessionStatus[], { store }: OpenCall, world: World) {
  const now = world.clock.now();
  return listRecords(store, 'roles', decodeRoleRecord)
    .flatMap(({ record }) => {
      const session = statuses.find(({ tokenFile }) => tokenFile === record.tokenFile);
      if (session === undefined) return [];
      const { accountId, expiration } = publicParts(record.output);
      const secondsLeft = Math.max(0, Math.floor(remainingMs(record, now) / 1000));
      const { roleName } = record;
      return [
        {
          session: session.session,
          url: session.url,
          accountId,
          roleName,
          expiration,
          secondsLeft,
        },
      ];
    })
    .sort((a, b) => (`${a.accountId} ${a.roleName}` < `${b.accountId} ${b.roleName}` ? -1 : 1));
}

function failuresOf({ store }: OpenCall, world: World) {
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

function clocksOf({ store }: OpenCall, world: World) {
  return wrongClocks(store, world.clock.now()).map(({ host, skewMs, seenAt }) => ({
    host,
    /** The server's clock less ours. */
    skewSeconds: Math.round(skewMs / 1000),
    seenAt: formatTimestamp(seenAt),
  }));
}

type Report = {
  readonly sessions: readonly SessionStatus[];
  readonly roles: ReturnType<typeof rolesOf>;
  readonly failures: ReturnType<typeof failuresOf>;
  readonly clocks: ReturnType<typeof clocksOf>;
  readonly lastErrors: ReturnType<typeof readLastErrors>;
};

function inWords({ sessions, roles, failures, clocks, lastErrors }: Report): string {
  const parts = [
    textTable({
      heading: ['SESSION', 'STATE', 'TOKEN UNTIL', 'REFRESHED BY ITSELF', 'REGION OR ISSUER'],
      rows: sessions.map((session) => [
        session.session ?? session.url,
        stateInWords[session.state],
        session.tokenExpiresAt ?? '–',
        session.refreshable ? 'yes' : `no: ${session.reason}`,
        session.region ?? session.url,
      ]),
      whenEmpty: 'No sessions in the config.',
    }),
  ];
  if (roles.length > 0) {
    const rows = roles.map((role) => [
      role.accountId,
      role.roleName,
      role.session ?? role.url,
      role.secondsLeft === 0 ? 'expired' : describeDuration(role.secondsLeft * 1000),
    ]);
    parts.push(
      textTable({ heading: ['ACCOUNT', 'CACHED ROLE', 'SESSION', 'LEFT'], rows, whenEmpty: '' }),
    );
  }
  const standing = failures.filter(({ isOver }) => !isOver);
  if (standing.length > 0) {
    const rows = standing.map((failure) => [
      failure.code,
      failure.nextTryAt ?? 'after the next sign-in',
      failure.message,
    ]);
    parts.push(
      textTable({
        heading: ['REMEMBERED FAILURE', 'NEXT TRY', 'WHAT HAPPENED'],
        rows,
        whenEmpty: '',
      }),
    );
  }
  if (clocks.length > 0) {
    const rows = clocks.map(({ host, skewSeconds, seenAt }) => [
      host,
      `${describeDuration(Math.abs(skewSeconds) * 1000)} ${skewSeconds > 0 ? 'behind' : 'ahead of'} it`,
      seenAt,
    ]);
    const heading = ['CLOCK OF', 'THIS MACHINE IS', 'SEEN'];
    parts.push(textTable({ heading, rows, whenEmpty: '' }));
  }
  if (lastErrors.length > 0) {
    const rows = lastErrors.map((error) => [error.time, error.profile, error.message]);
    parts.push(textTable({ heading: ['LAST ERRORS', 'PROFILE', 'MESSAGE'], rows, whenEmpty: '' }));
  }
  return parts.join('\n');
}

const stateInWords: Readonly<Record<SessionStatus['state'], string>> = {
  'signed-in': 'signed in',
  refreshable: 'signed in (token is refreshed at the next call)',
  ended: 'ended',
  none: 'not signed in',
};
