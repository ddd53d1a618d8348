import { portalHost } from '../model/access-portal.ts';
import { SsoCredError } from '../model/errors.ts';
import { describeSession, type SsoSession } from '../model/profile.ts';
import { followStartUrl } from '../services/start-url.ts';
import type { World } from '../world.ts';

/**
 * The session as AWS knows it: with the access portal to which a start URL under a company's own name
 * leads. One that leads to none is used as it is: no list of hosts decides who may sign in.
 * https://aws.amazon.com/blogs/security/regional-routing-for-aws-access-portals-implementing-custom-vanity-domains-for-iam-identity-center/
 * @throws ServiceFailed when the portal is one of another region: a sign-in counts for one region only
 */
export async function resolveStartUrl(
  session: SsoSession,
  world: Pick<World, 'clock' | 'sendHttp' | 'trace'>,
): Promise<SsoSession> {
  const { startUrl } = session;
  const given = new URL(startUrl);
  // Plain http is this machine's own, and leads nowhere.
  if (given.protocol !== 'https:' || portalHost(given).isOfAws) return session;
  const portal = await followStartUrl(session, (url) => portalHost(url).isOfAws, world);
  if (portal === undefined) return session;
  const { region } = portalHost(portal);
  world.trace('sign-in', `${startUrl} leads to ${portal.origin}${portal.pathname}`);
  if (region !== undefined && region !== session.region) {
    throw new SsoCredError(
      'ServiceFailed',
      `${startUrl} leads to the access portal of ${region} now, and the session ${describeSession(session)} has the region ${session.region}: set sso_region = ${region}`,
    );
  }
  return { ...session, startUrl: `${portal.origin}${portal.pathname.replace(/\/$/, '')}` };
}
