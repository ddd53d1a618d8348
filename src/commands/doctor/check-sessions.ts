import { findSessionProblems } from '../../config/find-session-problems.ts';
import type { KeptToken } from '../../flow/session-kind.ts';
import { type SessionPlace, sessionFailures } from '../../flow/session-place.ts';
import { isSsoCredError } from '../../model/errors.ts';
import type { CheckResult, Finding } from '../../model/finding.ts';
import { noSuchFile } from '../../model/no-token.ts';
import type { OidcSession, SsoSession } from '../../model/profile.ts';
import type { World } from '../../world.ts';
import { placeSession } from '../open-call.ts';
import type { DoctorContext } from './context.ts';

/** A session, with its token if there is a good one. */
export interface DoctorSession {
  readonly session: SsoSession | OidcSession;
  /** As a message names it: `"corp"`, or `of https://…`. */
  readonly name: string;
  readonly tokenFile: string;
  /** Neither expired nor known to be refused. */
  readonly token: KeptToken | undefined;
}

/** The sections of sessions, and the tokens that are kept for them; nobody is asked. */
export async function checkSessions(
  context: DoctorContext,
): Promise<{ readonly result: CheckResult; readonly sessions: readonly DoctorSession[] }> {
  const { sections, sources, opened, world } = context;
  const findings: Finding[] = sections.flatMap((name) => findSessionProblems(name, sources));
  const sessions: DoctorSession[] = [];
  for (const session of opened === undefined ? [] : context.sessions) {
    if (opened === undefined) break;
    const place = placeSession(session, opened, undefined, world);
    const { finding, token } = await judgeToken(place, world);
    if (finding !== undefined) findings.push(finding);
    const { name, tokenFile } = place.session;
    sessions.push({ session, name, tokenFile, token });
  }
  const names = context.sessions.map((session) =>
    session.kind === 'sso' ? (session.name ?? session.startUrl) : (session.name ?? session.issuer),
  );
  const looked = names.length === 0 ? 'none that can be used' : names.join(', ');
  return { result: { check: 'sessions', looked, findings }, sessions };
}

async function judgeToken(
  place: SessionPlace,
  world: World,
): Promise<{ readonly finding?: Finding; readonly token?: KeptToken }> {
  const { tokenFile, name, signInCommand: command } = place.session;
  try {
    const kept = await place.session.read();
    if (kept.kind === 'none') {
      const isAbsent = kept.reason === noSuchFile;
      const why = isAbsent ? '' : `: ${tokenFile}, ${kept.reason}`;
      const finding: Finding = {
        code: isAbsent ? 'not-signed-in' : 'unusable-token',
        severity: isAbsent ? 'note' : 'warning',
        message: `Not signed in to the session ${name}${why}`,
        command,
      };
      return { finding };
    }
    const standing = sessionFailures(place, world).standing(kept.stamp, false);
    const isExpired = kept.expiresAt <= world.clock.now();
    const hasEnded = standing?.code === 'SessionEnded';
    if (hasEnded || (isExpired && kept.notRefreshable !== undefined)) {
      const message = hasEnded
        ? standing.message
        : `The session ${name} has ended: its token has expired, and ${kept.notRefreshable}`;
      return { finding: { code: 'session-ended', severity: 'warning', message, command } };
    }
    if (kept.notRefreshable !== undefined) {
      const message = `The session ${name} ends with its token: ${kept.notRefreshable}`;
      return { finding: { code: 'not-refreshable', severity: 'note', message }, token: kept };
    }
    return isExpired ? {} : { token: kept };
  } catch (error) {
    if (!isSsoCredError(error)) throw error;
    const { message, remedy } = error;
    const finding: Finding = {
      code: 'token-file',
      severity: 'error',
      message,
      file: tokenFile,
      ...(remedy === undefined ? {} : { command: remedy }),
    };
    return { finding };
  }
}
