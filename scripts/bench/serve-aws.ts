import { once } from 'node:events';
import { isMainThread, parentPort, Worker } from 'node:worker_threads';
import { type SsoTokenFile, type StandIn, startStandIn } from '../../tests/stand-in/stand-in.ts';

/** A stand-in for AWS, as far as a home is made from it, with one token. */
export type Aws = Pick<StandIn, 'url' | 'endpoints' | 'startUrl' | 'region' | 'accounts'> & {
  readonly token: SsoTokenFile;
};

/** Starts it in a thread of its own, since the main one stands still while it waits for a program. */
export async function serveAws(): Promise<{
  readonly aws: Aws;
  /** How often the role was asked for so far. */
  readonly roleCalls: () => Promise<number>;
  readonly stop: () => Promise<void>;
}> {
  const worker = new Worker(new URL(import.meta.url));
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
  const standIn = await startStandIn();
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
