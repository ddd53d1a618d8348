import { once } from 'node:events';
import { isMainThread, parentPort, Worker, workerData } from 'node:worker_threads';
import { type SsoTokenFile, type StandIn, startStandIn } from '../../tests/stand-in/stand-in.ts';

/** A stand-in for AWS, as far as a home is made from it, with one token. */
export type Aws = Pick<StandIn, 'url' | 'endpoints' | 'startUrl' | 'region' | 'accounts'> & {
  readonly token: SsoTokenFile;
};

/** How it differs from the usual. */
interface Manner {
  /** How long role credentials last; seconds. */
  readonly roleLifetimeS?: number;
  /** How long it takes to answer for a role; milliseconds. */
  readonly delayMs?: number;
}

/** Starts it in a thread of its own, since the main one stands still while it waits for a program. */
export async function serveAws(manner: Manner = {}): Promise<{
  readonly aws: Aws;
  /** How often the role was asked for so far. */
  readonly roleCalls: () => Promise<number>;
  readonly stop: () => Promise<void>;
}> {
  const worker = new Worker(new URL(import.meta.url), { workerData: manner });
  const [aws] = (await once(worker, 'message')) as [Aws];
  return {
    aws,
    async roleCalls() {
      const body = JSON.stringify({ operation: 'GetRoleCredentials' });
      const response = await fetch(`${aws.url}/_control/calls`, { method: 'POST', body });
      return ((await response.json()) as readonly unknown[]).length;
    },
    async stop() {
      await worker.terminate();
    },
  };
}

if (!isMainThread) {
  const { delayMs, ...options } = workerData as Manner;
  const standIn = await startStandIn(options);
  if (delayMs !== undefined) standIn.fault('GetRoleCredentials', { delayMs, times: Infinity });
  const { url, endpoints, startUrl, region, accounts } = standIn;
  parentPort?.postMessage({
    url,
    endpoints,
    startUrl,
    region,
    accounts,
    token: standIn.issueToken(),
  });
}
