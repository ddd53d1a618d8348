import type { SsoProfile } from '../model/profile.ts';
import { idempotent, retrying } from '../services/retry.ts';
import { getRoleCredentials } from '../services/sso-portal.ts';
import type { World } from '../world.ts';
import type { RoleKind } from './role-kind.ts';

/** A role of IAM Identity Center: sso:GetRoleCredentials. */
export function ssoRole(profile: SsoProfile, tokenFile: string, world: World): RoleKind {
  const { session, accountId, roleName } = profile;
  const { url, fips, dualStack } = session.endpoints.sso;
  return {
    identity: JSON.stringify([
      'sso',
      // Two sessions on one start URL may be two people.
      tokenFile,
      session.startUrl,
      session.region,
      accountId,
      roleName,
      url ?? '',
      fips,
      dualStack,
    ]),
    description: `the role ${roleName} in account ${accountId}`,
    roleName,
    async ask(accessToken, _previous, deadline) {
      const request = { accountId, roleName, accessToken, deadline };
      const send = () => getRoleCredentials(session.endpoints.sso, request, world);
      const reply = await retrying(idempotent, send, deadline, world);
      if (reply.kind === 'token-rejected') return reply;
      const { skewMs, receivedAt } = reply.facts;
      return { kind: 'issued', credentials: reply.credentials, skewMs, receivedAt };
    },
  };
}
