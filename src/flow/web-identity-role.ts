import { roleSessionName } from '../model/jwt-claims.ts';
import type { WebIdentityProfile } from '../model/web-identity-profile.ts';
import { idempotent, retrying } from '../services/retry.ts';
import { assumeRoleWithWebIdentity } from '../services/sts.ts';
import type { World } from '../world.ts';
import type { RoleKind } from './role-kind.ts';

/** What a role without a longer maximum allows; seconds. */
const defaultDurationS = 3600;

/** A role for a web identity: sts:AssumeRoleWithWebIdentity. */
export function webIdentityRole(
  profile: WebIdentityProfile,
  tokenFile: string,
  world: World,
): RoleKind {
  const { session, roleArn, roleSessionNameTemplate, durationSeconds, policyArns, sts } = profile;
  return {
    identity: JSON.stringify([
      'web-identity',
      tokenFile,
      session.issuer,
      session.clientId,
      session.token,
      roleArn,
      roleSessionNameTemplate ?? '',
      durationSeconds ?? 0,
      policyArns,
      sts.region,
      sts.url ?? '',
      sts.fips,
      sts.dualStack,
    ]),
    description: `the role ${roleArn}`,
    roleName: roleArn.slice(roleArn.indexOf('/') + 1),
    async ask(webIdentityToken, previous, deadline) {
      const name = roleSessionName(webIdentityToken, roleSessionNameTemplate);
      const send = (duration: number | undefined) =>
        retrying(
          idempotent,
          () =>
            assumeRoleWithWebIdentity(
              sts,
              {
                roleArn,
                roleSessionName: name,
                webIdentityToken,
                durationSeconds: duration,
                policyArns,
                deadline,
              },
              world,
            ),
          deadline,
          world,
        );
      const capped = previous?.cappedDurationS;
      let duration = capped ?? durationSeconds;
      let reply = await send(duration);
      if (reply.kind === 'duration-too-long') {
        world.trace('decision', `the role allows no ${duration} s; asking for ${defaultDurationS}`);
        duration = defaultDurationS;
        reply = await send(duration);
      }
      if (reply.kind !== 'issued') return { kind: 'token-rejected' };
      const { skewMs, receivedAt } = reply.facts;
      const isCapped = duration !== undefined && duration !== durationSeconds;
      return {
        kind: 'issued',
        credentials: reply.credentials,
        skewMs,
        receivedAt,
        ...(isCapped ? { cappedDurationS: duration } : {}),
      };
    },
  };
}
