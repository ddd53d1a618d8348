import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from '@jest/globals';
import { builds } from '../support/builds.ts';
import { type CliSandbox, cliSandboxes } from '../support/cli-sandbox.ts';
import { expectCredentials } from '../support/outcome.ts';
import { logIn, webSandboxes } from '../support/web-sandbox.ts';
import { wrongClock } from '../support/wrong-clock.ts';

const minuteMs = 60_000;
const hourMs = 60 * minuteMs;
const dayMs = 24 * hourMs;
const dev = ['--profile', 'dev', '--refresh'];

const wrong = [
  {
    name: '10 min behind',
    offMs: -10 * minuteMs,
    words: /is (9|10) min behind that of 127\.0\.0\.1:\d+/,
  },
  {
    name: '10 min ahead',
    offMs: 10 * minuteMs,
    words: /is (9|10) min ahead of that of 127\.0\.0\.1:\d+/,
  },
  {
    name: 'a day behind',
    offMs: -dayMs,
    words: /is (24 h|23 h 59 min) behind that of 127\.0\.0\.1:\d+/,
  },
  {
    name: 'a day ahead',
    offMs: dayMs,
    words: /is (24 h|23 h 59 min) ahead of that of 127\.0\.0\.1:\d+/,
  },
];

function clockRecords({ cacheDirectory }: CliSandbox): readonly string[] {
  const folder = join(cacheDirectory, 'clocks');
  return existsSync(folder) ? readdirSync(folder) : [];
}

describe.each(builds())('$name', (build) => {
  const open = cliSandboxes(build);
  const openWeb = webSandboxes(build);

  test.each(wrong)(
    'with a clock that is $name credentials of Identity Center come all the same, silently',
    async ({ offMs, words }) => {
      const sandbox = await open();
      const clock = wrongClock(sandbox, offMs);
      const { Expiration } = expectCredentials(await sandbox.run(dev, clock));
      // What AWS said, not what our clock makes of it.
      const left = Date.parse(Expiration) - Date.now();
      expect(left).toBeGreaterThan(50 * minuteMs);
      expect(left).toBeLessThanOrEqual(hourMs);
      const explained = await sandbox.run([...dev, '--explain'], clock);
      expect(explained.exitStatus).toBe(0);
      expect(explained.stderr).toMatch(
        new RegExp(`^clock +the clock of this machine ${words.source}$`, 'm'),
      );
      expect(explained.stderr).not.toMatch(/^Note:/m);
    },
  );

  test.each(wrong)(
    'with a clock that is $name an OpenID session is signed in to, refreshed and used',
    async ({ offMs, words }) => {
      const sandbox = await openWeb();
      const clock = wrongClock(sandbox, offMs);
      const offSandbox = {
        provider: sandbox.provider,
        start: (args: readonly string[], variables = {}) =>
          sandbox.start(args, { ...clock, ...variables }),
      };
      const { finished } = await logIn(offSandbox, 'device');
      expect(finished).toMatchObject({ exitStatus: 0 });
      expect(finished.stderr).toMatch(
        new RegExp(`^Note: the clock of this machine ${words.source}\\. \\S`, 'm'),
      );
      expectCredentials(await sandbox.run(['--profile', 'web'], clock));
      await sandbox.ageTokens(120 * minuteMs);
      expectCredentials(await sandbox.run(['--profile', 'web', '--refresh'], clock));
      expect(sandbox.newCalls()).toMatchObject({ AssumeRoleWithWebIdentity: 2 });
    },
  );

  test('it is told beside a failure, shown by status, and forgotten once it is right', async () => {
    const sandbox = await open();
    const clock = wrongClock(sandbox, -hourMs);
    const down = { status: 503, times: Infinity };
    sandbox.standIn.fault('GetRoleCredentials', down);
    const failed = await sandbox.run(dev, clock);
    expect(failed).toMatchObject({ exitStatus: 5, stdout: '' });
    expect(failed.stderr).toMatch(
      /^GetRoleCredentials failed with status 503 [^\n]+\nNote: the clock of this machine is (59|60) min behind that of 127\.0\.0\.1:\d+\. [^\n]+\n$/,
    );

    const { host } = new URL(sandbox.standIn.url);
    const status = JSON.parse((await sandbox.run(['status', '--json'], clock)).stdout);
    expect(status.clocks).toEqual([
      { host, skewSeconds: expect.any(Number), seenAt: expect.stringMatching(/^\d{4}-.+Z$/) },
    ]);
    expect(status.clocks[0].skewSeconds / 60).toBeCloseTo(60, 0);
    expect((await sandbox.run(['status'], clock)).stdout).toMatch(
      new RegExp(`^${host} +(59|60) min behind it +\\d\\d:\\d\\d$`, 'm'),
    );

    sandbox.standIn.clearFaults();
    expectCredentials(await sandbox.run(dev));
    expect(clockRecords(sandbox)).toEqual([]);
    expect(JSON.parse((await sandbox.run(['status', '--json'])).stdout)).toMatchObject({
      clocks: [],
    });
  });

  test('a minute is not worth a word, and nothing is kept of it', async () => {
    const sandbox = await open();
    const clock = wrongClock(sandbox, -minuteMs);
    const explained = await sandbox.run([...dev, '--explain'], clock);
    expect(explained.stderr).not.toMatch(/^clock/m);
    expect(clockRecords(sandbox)).toEqual([]);
  });
});
