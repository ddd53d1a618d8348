import { appendFileSync, writeFileSync } from 'node:fs';
import { describe, expect, test } from '@jest/globals';
import { builds } from '../support/builds.ts';
import { cliSandboxes } from '../support/cli-sandbox.ts';
import { expectCredentials, expectFailure } from '../support/outcome.ts';
import { addSession } from '../support/sign-in.ts';

const all = ['login', '--all', '--browser'];

/** The lines that tell how each session fared, without those that lead through a sign-in. */
function outcomes(stderr: string): readonly string[] {
  return stderr.split('\n').filter((line) => /igned in to the session|denied|has no/.test(line));
}

describe.each(builds())('$name', (build) => {
  const open = cliSandboxes(build);

  test('every session of the config is signed in to, but for those that are good', async () => {
    const sandbox = await open({ browser: 'allow' });
    addSession(sandbox, 'second');
    addSession(sandbox, 'third');
    const { exitStatus, stdout, stderr } = await sandbox.run(all);
    expect([exitStatus, stdout]).toEqual([0, '']);
    expect(outcomes(stderr)).toEqual([
      expect.stringMatching(/^Already signed in to the session "corp"\. /),
      expect.stringMatching(/^Signed in to the session "second"\. /),
      expect.stringMatching(/^Signed in to the session "third"\. /),
    ]);
    expect(sandbox.standIn.liveSessions()).toHaveLength(3);
    for (const profile of ['dev', 'second', 'third']) {
      expectCredentials(await sandbox.run(['--profile', profile]));
    }
    const again = await sandbox.run(all);
    expect(outcomes(again.stderr)).toHaveLength(3);
    expect(again.stderr).not.toMatch(/^Signed in/m);
  });

  test('one that fails does not keep from the others, and decides the exit status', async () => {
    const sandbox = await open({ token: false, browser: 'deny' });
    addSession(sandbox, 'second');
    appendFileSync(sandbox.configFile, '\n[sso-session broken]\nsso_region = eu-west-1\n');
    const token = sandbox.standIn.issueToken({ sessionName: 'corp' });
    const denied = await sandbox.run(all);
    expect(denied.exitStatus).toBe(4);
    expect(outcomes(denied.stderr)).toEqual([
      expect.stringMatching(/^The sign-in to the session "second" was denied/),
      expect.stringMatching(/^\[sso-session broken\] .* has no sso_start_url\.$/),
      expect.stringMatching(/^The sign-in to the session "corp" was denied/),
    ]);
    writeFileSync(sandbox.tokenFile, JSON.stringify(token));
    const { stderr } = await sandbox.run(all);
    expect(outcomes(stderr)[0]).toMatch(/^Already signed in to the session "corp"\. /);
  });

  test('--all and a single session exclude each other', async () => {
    const sandbox = await open();
    const message = /^--all and a single session exclude each other\.$/;
    expectFailure(await sandbox.run(['login', '--all', '--session', 'corp']), 2, message);
    expectFailure(await sandbox.run(['login', '--all', '--profile', 'dev']), 2, message);
  });
});
