import { isLoopback } from '../model/loopback.ts';

/** The exchange of the code takes that long at most, and the page comes after it; milliseconds. */
const timeoutMs = 30_000;

/**
 * Goes to a redirect on the loopback interface, as the browser would have; gives whether somebody
 * there took it. Not by way of the network's settings: no proxy may see it.
 */
export async function deliverCallback(redirect: URL): Promise<boolean> {
  if (redirect.protocol !== 'http:' || !isLoopback(redirect)) return false;
  const { get } = await import('node:http');
  return await new Promise((resolve) => {
    const request = get(redirect, { agent: false, timeout: timeoutMs }, (response) => {
      response.resume();
      resolve(response.statusCode === 200);
    });
    request.on('timeout', () => request.destroy());
    request.on('error', () => resolve(false));
  });
}
