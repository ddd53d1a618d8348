import { isSsoCredError } from '../model/errors.ts';
import type { SsoSession } from '../model/profile.ts';
import { version } from '../model/version.ts';
import type { World } from '../world.ts';

type Effects = Pick<World, 'clock' | 'sendHttp' | 'trace'>;

/** A company's own URL leads to AWS's at once, or by way of one more. */
const maxHops = 3;

/** Without an answer the URL is used as it is; as long as any other request. Milliseconds. */
const timeoutMs = 10_000;

/**
 * Where a start URL of a company leads: followed without anything that is secret, over https alone.
 * Undefined where it leads nowhere, or that cannot be found out now.
 * @param isGoal where to stop
 */
export async function followStartUrl(
  { startUrl, endpoints }: SsoSession,
  isGoal: (url: URL) => boolean,
  world: Effects,
): Promise<URL | undefined> {
  let url = new URL(startUrl);
  for (let hop = 0; hop < maxHops; hop += 1) {
    const location = await locationOf(url, endpoints.ssoOidc.caBundle, world);
    if (location === undefined || !URL.canParse(location, url.href)) return undefined;
    url = new URL(location, url);
    if (url.protocol !== 'https:') return undefined;
    if (isGoal(url)) return url;
  }
  return undefined;
}

async function locationOf(
  url: URL,
  caBundle: SsoSession['endpoints']['ssoOidc']['caBundle'],
  { sendHttp, trace }: Effects,
): Promise<string | undefined> {
  const headers = { 'user-agent': `sso-cred/${version}` };
  try {
    for (const method of ['HEAD', 'GET']) {
      const reply = await sendHttp({ method, url, headers }, { timeoutMs, caBundle, trace });
      trace('network', `${method} ${url.origin}${url.pathname}: status ${reply.status}`);
      // Not every server knows HEAD (RFC 9110, 15.5.6 and 15.6.2).
      if (![405, 501].includes(reply.status)) return reply.headers['location'];
    }
  } catch (error) {
    if (!isSsoCredError(error)) throw error;
    trace('network', `${url.origin}: ${error.message}; the start URL is used as it is`);
  }
  return undefined;
}
