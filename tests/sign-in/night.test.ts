import { appendFileSync } from 'node:fs';
import { describe, expect, test } from '@jest/globals';
import { ageFailures } from '../support/age-records.ts';
import { builds } from '../support/builds.ts';
import { cliSandboxes } from '../support/cli-sandbox.ts';
import { expectFailure } from '../support/outcome.ts';
import { blindBrowser, expectSignedIn, signIn } from '../support/sign-in.ts';

const minuteMs = 60_000;
const hourMs = 60 * minuteMs;

/** As if a second of the test were ten minutes: so long a sign-in stays open, or a code is good. */
const openForS = 1;

const unfinished = /^Nobody finished the sign-in to the session "corp" within \d+ s\b/;

describe.each(builds())('a program that asks all night, $name', (build) => {
  const open = cliSandboxes(build);
  // Each poll is a process; Node takes ten times as long to start.
  const stepMs = build.name === 'executable' ? 5 * minuteMs : 30 * minuteMs;

  test.each([
    ['browser', 'sign_in_timeout', {}],
    ['device', 'sign_in_timeout', {}],
    ['device', 'the expiry of its code', { deviceCodeLifetimeS: openForS }],
  ] as const)(
    'opens two pages by %s in the night, and one more, ended by %s',
    async (flow, by, aws) => {
      const sandbox = await open({ token: false, aws: { deviceIntervalS: 0.2, ...aws } });
      const { variables, opened } = blindBrowser(sandbox);
      if (by === 'sign_in_timeout') {
        appendFileSync(
          sandbox.configFile,
          `\n[sso-cred settings]\nsign_in_timeout = ${openForS}\n`,
        );
      }
      const args = ['--profile', 'dev', '--sign-in', flow];
      /** When a page was opened, by the night's clock; minutes. */
      const pages: number[] = [];
      let polls = 0;
      for (let atMs = 0; atMs < 9 * hourMs; atMs += stepMs) {
        const before = opened().length;
        const startedAt = Date.now();
        expectFailure(await sandbox.run(args, variables), 3, unfinished);
        polls += 1;
        if (opened().length > before) pages.push(atMs / minuteMs);
        else expect(Date.now() - startedAt).toBeLessThan(30_000);
        ageFailures(sandbox, stepMs);
      }
      // After 10 minutes, and then after 8 hours, counted from the end of the one before.
      const [first, second, third, ...others] = pages;
      expect(first).toBe(0);
      expect(second).toBe(Math.ceil(10 / (stepMs / minuteMs)) * (stepMs / minuteMs));
      expect(third).toBeGreaterThanOrEqual(8 * 60 + 10);
      expect(others).toEqual([]);
      process.stderr.write(
        `${build.name}, ${flow}: ${polls} polls opened ${opened().length} pages\n`,
      );

      // In the morning the person signs in, and that ends it.
      expectSignedIn(await signIn(sandbox, flow));
      expect(await sandbox.run(args, variables)).toMatchObject({ exitStatus: 0 });
      expect(opened()).toHaveLength(3);
    },
  );
});
