import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, test } from '@jest/globals';
import { builds } from '../support/builds.ts';
import { cliSandboxes } from '../support/cli-sandbox.ts';
import { expectCredentials } from '../support/outcome.ts';

/** Longer than any request may take, and as long to the moment as one that spends a token. */
const stops = [22_000, 20_000];

describe.each(builds())('$name', (build) => {
  const open = cliSandboxes(build);

  test.each(stops)(
    'takes the reply to a refresh that came while it was stopped for %d ms',
    async (ms) => {
      const sandbox = await open({ token: { expiresInS: -1 } });
      const { standIn } = sandbox;
      const hold = standIn.barrier('reply');
      standIn.fault('CreateToken', { hold });
      const running = sandbox.start(['--profile', 'dev', '--timeout', '60']);
      await hold.arrivals(1);
      running.kill('SIGSTOP');
      hold.release();
      await sleep(ms);
      running.kill('SIGCONT');
      expectCredentials(await running.finished);
      expect(standIn.calls('CreateToken')).toHaveLength(1);
      expect(standIn.refreshReuseCount()).toBe(0);
    },
  );
});
