import { findKey } from '../../config/find-key.ts';
import { nearestName } from '../../config/nearest-name.ts';
import { roleKeys } from '../../config/resolve-profile.ts';
import { rolesOfUser } from '../../flow/roles-of-user.ts';
import type { KeptToken } from '../../flow/session-kind.ts';
import { isSsoCredError } from '../../model/errors.ts';
import type { Finding } from '../../model/finding.ts';
import { describeSession, type SsoProfile, type SsoSession } from '../../model/profile.ts';
import { idempotent, retrying } from '../../services/retry.ts';
import { isTokenAccepted } from '../../services/sso-portal-session.ts';
import { placeSession } from '../open-call.ts';
import type { DoctorContext } from './context.ts';

/** In how many accounts the roles are looked at, where no profile is named. */
const lookedAtAccounts = 10;

/** Whether Identity Center takes the token, and gives its user the roles of the profiles. */
export async function judgePortal(
  session: SsoSession,
  { bearer }: KeptToken,
  profiles: readonly SsoProfile[],
  context: DoctorContext,
): Promise<readonly Finding[]> {
  const { deadline, opened, world } = context;
  const endpoint = session.endpoints.sso;
  const request = { accessToken: bearer, deadline };
  try {
    const ask = () => isTokenAccepted(endpoint, request, world);
    if (!(await retrying(idempotent, ask, deadline, world))) {
      return [
        {
          code: 'token-refused',
          severity: 'warning',
          message: `Identity Center takes the token of the session ${describeSession(session)} no more`,
          command: session.signInCommand,
        },
      ];
    }
  } catch (error) {
    if (!isSsoCredError(error)) throw error;
    return [{ code: 'unreachable', severity: 'error', message: error.message }];
  }
  const byAccount = new Map<string, { profile: SsoProfile; wanted: Set<string> }>();
  for (const profile of profiles) {
    const { accountId, roleName } = profile;
    const known = byAccount.get(accountId);
    if (known !== undefined) known.wanted.add(roleName);
    else if (byAccount.size < lookedAtAccounts) {
      byAccount.set(accountId, { profile, wanted: new Set([roleName]) });
    }
  }
  if (opened === undefined) return [];
  const call = { ...placeSession(session, opened, undefined, world), deadline };
  const findings: Finding[] = [];
  for (const [accountId, { profile, wanted }] of byAccount) {
    try {
      const have = await rolesOfUser(profile, call, world);
      for (const role of wanted) {
        if (!have.includes(role)) findings.push(missingRole(accountId, role, have, context));
      }
    } catch (error) {
      if (!isSsoCredError(error)) throw error;
      const message = `The roles in account ${accountId} cannot be listed: ${error.message}`;
      findings.push({ code: 'roles-unknown', severity: 'warning', message });
    }
  }
  return findings;
}

function missingRole(
  accountId: string,
  roleName: string,
  have: readonly string[],
  { profiles, sources }: DoctorContext,
): Finding {
  const nearest = nearestName(roleName, have);
  const place = profiles
    .map((name) => sources.config.profile(name))
    .filter((profile) => profile !== undefined)
    .filter((profile) => findKey(profile, roleKeys.accountId)?.value === accountId)
    .map((profile) => findKey(profile, roleKeys.roleName))
    .find((setting) => setting?.value === roleName)?.origin;
  const shown = have.length === 0 ? 'no role' : have.join(', ');
  return {
    code: 'no-such-role',
    severity: 'error',
    message: `In account ${accountId} you have ${shown}, and not ${roleName}`,
    ...(place?.kind === 'file' ? { file: place.path, line: place.line } : {}),
    advice:
      nearest === undefined
        ? 'Have the role assigned to you, or name another'
        : `Did you mean ${nearest}?`,
  };
}
