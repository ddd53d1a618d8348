import { describe, expect, test } from '@jest/globals';
import { builds } from '../support/builds.ts';
import { cliSandboxes } from '../support/cli-sandbox.ts';
import { expectLoginFailure, expectSignedIn, toldUserCode } from '../support/sign-in.ts';

const byDevice = ['login', '--session', 'corp', '--device', '--no-open'];
const byBrowser = ['login', '--session', 'corp', '--browser', '--no-open'];

// All builds at once: what takes long here is waiting.
describe('a login that waits', () => {
  const opens = builds().map((build) => cliSandboxes(build));

  test('obeys the interval and a slow_down, and survives polls that fail', async () => {
    await Promise.all(
      opens.map(async (open) => {
        const sandbox = await open({ token: false });
        const { standIn } = sandbox;
        standIn.fault('CreateToken', { status: 500 });
        standIn.fault('CreateToken', { dropConnection: true });
        standIn.fault('CreateToken', { status: 400, error: 'SlowDownException' });
        const running = sandbox.start(byDevice);
        standIn.approveDevice(await toldUserCode(running));
        expectSignedIn(await running.finished);
        const times = standIn.calls('CreateToken').map(({ at }) => at);
        const apart = times.slice(1).map((at, index) => (at - (times[index] ?? 0)) / 1_000);
        expect(apart).toHaveLength(3);
        // Never sooner; a busy machine may be later.
        [1, 1, 6].forEach((leastS, index) => {
          expect(apart[index]).toBeGreaterThanOrEqual(leastS);
        });
      }),
    );
  });

  test('gives up when nobody answers in time, with status 3', async () => {
    const message =
      /^Nobody finished the sign-in to the session "corp" within \d+ s\. Run: sso-cred login --session corp$/;
    await Promise.all(
      opens.flatMap((open) =>
        [
          { args: [...byBrowser, '--timeout', '5'], aws: {} },
          { args: [...byDevice, '--timeout', '5'], aws: {} },
          // The code does not live as long as the person may take.
          { args: byDevice, aws: { deviceCodeLifetimeS: 2 } },
        ].map(async ({ args, aws }) => {
          const sandbox = await open({ token: false, aws });
          const startedAt = Date.now();
          expectLoginFailure(await sandbox.run(args), 3, message);
          expect(Date.now() - startedAt).toBeLessThan(30_000);
        }),
      ),
    );
  });
});
