import { displayPath } from '../../config/display-path.ts';
import { cleanText } from '../../model/clean-text.ts';
import { describeDuration } from '../../model/duration.ts';
import { noSuchFile } from '../../model/no-token.ts';
import { localTime } from '../local-time.ts';
import type { Palette } from '../palette.ts';
import { textTable } from '../text-table.ts';
import { wrapText } from '../wrap-text.ts';
import type { GoodFor } from './good-for.ts';
import type { ProfileStatus } from './read-profile.ts';
import type {
  ClockStatus,
  ErrorStatus,
  FailureStatus,
  PendingSignIn,
  RoleStatus,
  SessionStatus,
} from './read-status.ts';

/** All that `status` shows. */
export interface StatusReport {
  readonly sessions: readonly SessionStatus[];
  readonly pendingSignIns: readonly PendingSignIn[];
  /** null where no profile was named, or its role does not resolve. */
  readonly profile: ProfileStatus | null;
  readonly roles: readonly RoleStatus[];
  readonly failures: readonly FailureStatus[];
  readonly clocks: readonly ClockStatus[];
  readonly lastErrors: readonly ErrorStatus[];
  /** null where nothing was asked. */
  readonly for: GoodFor | null;
}

/** How it is shown. */
export interface StatusLook {
  readonly palette: Palette;
  readonly columns: number | undefined;
  readonly home: string | undefined;
  /** Epoch milliseconds. */
  readonly now: number;
  /** Whether one session was asked for: then all of it is told. */
  readonly isOfOne: boolean;
}

/** The report for a person. */
export function statusInWords(report: StatusReport, look: StatusLook): string {
  const { sessions, pendingSignIns, roles, failures, clocks, lastErrors } = report;
  const [one] = sessions;
  const parts = [
    look.isOfOne && one !== undefined
      ? sessionInWords(one, report.profile, look)
      : sessionTable(sessions, look),
    ...pendingSignIns.map((pending) => pendingInWords(pending, look)),
  ];
  const table = (heading: readonly string[], rows: readonly (readonly string[])[]) => {
    if (rows.length > 0) parts.push(headed({ heading, rows }, look));
  };
  table(
    ['ACCOUNT', 'CACHED ROLE', 'SESSION', 'UNTIL'],
    roles.map(({ accountId, roleName, session, url, expiration, secondsLeft }) => [
      accountId,
      roleName,
      session ?? url,
      secondsLeft === 0 ? 'expired' : until(expiration, look),
    ]),
  );
  table(
    ['REMEMBERED FAILURE', 'NEXT TRY', 'WHAT HAPPENED'],
    failures
      .filter(({ isOver }) => !isOver)
      .map(({ code, nextTryAt, message }) => [
        code,
        nextTryAt === null ? 'after sign-in' : timeOf(nextTryAt, look),
        message,
      ]),
  );
  table(
    ['CLOCK OF', 'THIS MACHINE IS', 'SEEN'],
    clocks.map(({ host, skewSeconds, seenAt }) => [
      host,
      `${describeDuration(Math.abs(skewSeconds) * 1000)} ${skewSeconds > 0 ? 'behind' : 'ahead of'} it`,
      timeOf(seenAt, look),
    ]),
  );
  table(
    ['LAST ERRORS', 'PROFILE', 'MESSAGE'],
    lastErrors.map(({ time, profile, message }) => [timeOf(time, look), profile, message]),
  );
  if (report.for !== null) parts.push(verdict(report.for, look));
  return parts.join('\n');
}

function headed(
  {
    heading,
    rows,
  }: { readonly heading: readonly string[]; readonly rows: readonly (readonly string[])[] },
  { palette, columns }: StatusLook,
): string {
  const cells = rows.map((row) => row.map((cell) => cleanText(cell, 1000)));
  const table = textTable({ heading, rows: cells, whenEmpty: '', columns });
  const end = table.indexOf('\n');
  return palette.bold(table.slice(0, end)) + table.slice(end);
}

function sessionTable(sessions: readonly SessionStatus[], look: StatusLook): string {
  if (sessions.length === 0) return 'No sessions in the config. Run: sso-cred configure\n';
  const heading = ['SESSION', 'STATE', 'SIGN-IN', 'TOKEN', 'REGION OR ISSUER'];
  const rows = sessions.map((session) => [
    session.session ?? session.url,
    states[session.state],
    signInUntil(session, look),
    tokenUntil(session, look),
    session.region ?? new URL(session.url).host,
  ]);
  const reasons = sessions
    .filter(({ state, reason }) => state !== 'none' && reason !== null)
    .map(({ session, url, reason }) => `${session ?? url}: ${reason}.\n`);
  return headed({ heading, rows }, look) + reasons.join('');
}

const states: Readonly<Record<SessionStatus['state'], string>> = {
  'signed-in': 'signed in',
  refreshable: 'signed in',
  ended: 'ended',
  none: 'not signed in',
};

function signInUntil({ state, signInEndsAt }: SessionStatus, look: StatusLook): string {
  if (state === 'none' || state === 'ended') return '–';
  return signInEndsAt === null ? 'until its limit' : until(signInEndsAt, look);
}

function tokenUntil({ state, tokenExpiresAt }: SessionStatus, look: StatusLook): string {
  if (state === 'refreshable') return 'refreshed at the next call';
  return state === 'signed-in' && tokenExpiresAt !== null ? until(tokenExpiresAt, look) : '–';
}

/** Until 05:59 (48 min). */
function until(timestamp: string, { now }: StatusLook): string {
  const ms = Date.parse(timestamp);
  return `until ${localTime(ms, now)} (${describeDuration(ms - now)})`;
}

function timeOf(timestamp: string, { now }: StatusLook): string {
  return localTime(Date.parse(timestamp), now);
}

const indent = 10;

/** One session with its clocks, each with who sets it. */
function sessionInWords(
  session: SessionStatus,
  profile: ProfileStatus | null,
  look: StatusLook,
): string {
  const { kind, url, region, state, reason, tokenFile, refreshable } = session;
  const { palette, columns, home } = look;
  const isSso = kind === 'sso';
  const line = (title: string, ...texts: readonly string[]) => {
    const [first = '', ...others] = texts.map((text) => wrapText(text, indent, columns));
    const rest = others.map((text) => `${' '.repeat(indent)}${text}\n`).join('');
    return `${palette.bold(title.padEnd(indent))}${first}\n${rest}`;
  };
  const isGood = state === 'signed-in' || state === 'refreshable';
  const mark = isGood ? palette.green : state === 'ended' ? palette.red : palette.yellow;
  const shownState = mark(states[state]);
  const signIn = isGood ? `${shownState}, ${signInUntil(session, look)}` : shownState;
  const setBy = isSso
    ? 'Your administrator sets the limit in IAM Identity Center (Settings, Authentication, Session duration); AWS does not tell it.'
    : 'The limit is set at the provider, for refresh tokens; it is not told.';
  const refreshed = refreshable ? ', and is refreshed by itself' : '';
  const token =
    state === 'signed-in' ? `${tokenUntil(session, look)}${refreshed}` : tokenUntil(session, look);
  return [
    line('Session', session.session ?? url, ...(session.session === null ? [] : [url])),
    line('Kind', isSso ? `IAM Identity Center in ${region}` : 'OpenID Connect'),
    line(
      'Sign-in',
      signIn,
      ...(reason === null || reason === noSuchFile
        ? []
        : [`${capitalized(cleanText(reason, 1000))}.`]),
      isGood
        ? session.signInEndsAt === null
          ? setBy
          : 'It ends with its token.'
        : `Run: ${palette.bold(session.signInCommand)}`,
    ),
    line('Token', token, displayPath(tokenFile, home)),
    ...(profile === null ? [] : [roleInWords(profile, isSso, line, look)]),
  ].join('');
}

function roleInWords(
  { name, accountId, roleName, expiration, arn }: ProfileStatus,
  isSso: boolean,
  line: (title: string, ...texts: readonly string[]) => string,
  look: StatusLook,
): string {
  const left = expiration === null ? 'no credentials cached' : until(expiration, look);
  return line(
    'Role',
    `${roleName} in account ${accountId} (profile ${name}), ${left}`,
    ...(arn === null ? [] : [arn]),
    isSso
      ? 'How long its credentials last is set by the permission set: Session duration.'
      : 'How long its credentials last is set by sso_cred_duration_seconds, up to the maximum of the role.',
  );
}

function pendingInWords(pending: PendingSignIn, look: StatusLook): string {
  const { session, url, startedAt, state, browserUrl, verificationUri, userCode } = pending;
  const { palette } = look;
  const title = `A sign-in to ${session ?? url} waits for you since ${timeOf(startedAt, look)}.`;
  const how =
    browserUrl !== null
      ? `Finish it in a browser of this machine:\n  ${browserUrl}\n`
      : verificationUri === null
        ? ''
        : `Finish it in any browser, if it was you who started it:\n  ${verificationUri}\nwith the code\n  ${userCode}\n`;
  const then =
    state === 'open'
      ? ''
      : 'What waited for it was ended: run that again when you have finished.\n';
  return `${palette.yellow(title)}\n${how}${then}`;
}

function verdict({ seconds, isGood, reason, command }: GoodFor, look: StatusLook): string {
  const { palette, columns } = look;
  const wanted = describeDuration(seconds * 1000);
  if (isGood) return `${palette.green(`Good for ${wanted}`)}, as far as can be told now.\n`;
  const why = wrapText(`${cleanText(reason ?? '', 1000)}.`, 0, columns);
  const run = command === null ? '' : `Run: ${palette.bold(command)}\n`;
  return `${palette.red(`Not good for ${wanted}.`)}\n${why}\n${run}`;
}

function capitalized(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1);
}
