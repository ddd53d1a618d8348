import { appendFileSync, existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from '@jest/globals';
import { ageFailures, ageRoles, ageToken, heldMs, holdFailures } from '../support/age-records.ts';
import { attended } from '../support/attended.ts';
import { builds } from '../support/builds.ts';
import { type CliSandbox, cliSandboxes } from '../support/cli-sandbox.ts';
import { expectCredentials, expectFailure, expectRecordedFailure } from '../support/outcome.ts';
import { blindBrowser, expectSignedIn, signIn } from '../support/sign-in.ts';

const minutes = 60_000;
const hours = 60 * minutes;
const aws = { deviceIntervalS: 0.2 };
const signedOut = { aws, token: false } as const;
const allowing = { ...signedOut, browser: 'allow' } as const;
const denying = { ...signedOut, browser: 'deny' } as const;

const dev = ['--profile', 'dev'];
const byBrowser = [...dev, '--sign-in', 'browser'];
const byDevice = [...dev, '--sign-in', 'device'];

/** The browser is on another machine. */
const remote = { ...attended, SSH_CONNECTION: '192.0.2.1 50000 192.0.2.2 22' };

const notSignedIn = /^Not signed in to the session "corp"\. Run: sso-cred login --profile dev$/;
const denied =
  /^The sign-in to the session "corp" was denied\b.*\. Run: sso-cred login --profile dev$/;
const unfinished =
  /^Nobody finished the sign-in to the session "corp" within \d+ s\b.* Run: sso-cred login --profile dev$/;

/** What a call says that can wait no longer, while the person is still at it. */
const stillOpen = /^A sign-in to the session "corp" is open in your browser since \d\d:\d\d\. /;

/** Lets a sign-in that a call begins stay open for so long. */
function keepOpen({ configFile }: CliSandbox, seconds: number): void {
  appendFileSync(configFile, `\n[sso-cred settings]\nsign_in_timeout = ${seconds}\n`);
}

/** Which way a call signed in, by the calls of AWS since this was asked last. */
function flowOf(sandbox: CliSandbox): 'browser' | 'device' | 'none' {
  const calls = sandbox.newCalls();
  if (calls['Authorize'] !== undefined) return 'browser';
  return calls['StartDeviceAuthorization'] === undefined ? 'none' : 'device';
}

function atOnce<T>(count: number, start: () => Promise<T>): Promise<readonly T[]> {
  return Promise.all(Array.from({ length: count }, start));
}

describe.each(builds())('$name', (build) => {
  const open = cliSandboxes(build);

  describe('a call that only a person can help signs in', () => {
    test('by browser when it is told to, and says nothing', async () => {
      const sandbox = await open(allowing);
      expectCredentials(await sandbox.run(byBrowser));
      expect(sandbox.newCalls()).toEqual({
        RegisterClient: 1,
        Authorize: 1,
        AuthorizeDecision: 1,
        CreateToken: 1,
        GetRoleCredentials: 1,
      });
    });

    test('by device code when it is told to, says nothing, and opens the page with the code', async () => {
      const sandbox = await open(allowing);
      expectCredentials(await sandbox.run(byDevice));
      expect(sandbox.newCalls()).toMatchObject({
        RegisterClient: 1,
        StartDeviceAuthorization: 1,
        DevicePage: 1,
        GetRoleCredentials: 1,
      });
    });

    test('when its refresh token is refused', async () => {
      const sandbox = await open({ ...allowing, token: { expiresInS: -1 } });
      sandbox.standIn.endSession();
      expectCredentials(await sandbox.run(byBrowser));
      expect(sandbox.newCalls()).toEqual({
        CreateToken: 2,
        RegisterClient: 1,
        Authorize: 1,
        AuthorizeDecision: 1,
        GetRoleCredentials: 1,
      });
    });

    test('when AWS takes neither its token nor its refresh token', async () => {
      const sandbox = await open({ ...allowing, token: {} });
      sandbox.standIn.endSession();
      expectCredentials(await sandbox.run(byBrowser));
      expect(sandbox.newCalls()).toMatchObject({ Authorize: 1, GetRoleCredentials: 2 });
    });

    test('by device code on a machine that the browser is not on', async () => {
      const sandbox = await open(allowing);
      expectCredentials(await sandbox.run(dev, remote));
      expect(flowOf(sandbox)).toBe('device');
    });

    test.each([
      ['with never', [...dev, '--sign-in', 'never'], attended],
      ['where CI is set', dev, { ...attended, CI: 'true' }],
      ['where CI is set, asked for auto', [...dev, '--sign-in', 'auto'], { CI: '1' }],
      ['on a build machine that sets no CI', dev, { ...attended, TF_BUILD: 'True' }],
      ['for a browser that we opened', byBrowser, { SSO_CRED_STARTED_BY: '4711' }],
    ])('not %s', async (_, args, variables) => {
      const sandbox = await open(allowing);
      const startedAt = Date.now();
      expectFailure(await sandbox.run(args, variables), 3, notSignedIn);
      expect(Date.now() - startedAt).toBeLessThan(30_000);
      expect(sandbox.newCalls()).toEqual({});
    });

    test.each<[string, string | undefined, string | undefined, string | undefined, string]>([
      ['the flag over all', 'browser', 'never', 'never', 'browser'],
      ['the flag over all, when it forbids', 'never', 'browser', 'browser', 'none'],
      ['the variable over the settings', undefined, 'device', 'never', 'device'],
      ['the variable over the settings, when it forbids', undefined, 'never', 'browser', 'none'],
      ['an empty variable is none', undefined, '', 'never', 'none'],
      ['the settings', undefined, undefined, 'browser', 'browser'],
    ])('as is said by %s', async (_, flag, variable, setting, expected) => {
      const sandbox = await open(allowing);
      appendFileSync(sandbox.configFile, `\n[sso-cred settings]\nsign_in = ${setting}\n`);
      const args = flag === undefined ? dev : [...dev, '--sign-in', flag];
      const finished = await sandbox.run(args, { ...attended, SSO_CRED_SIGN_IN: variable });
      if (expected === 'none') expectFailure(finished, 3, notSignedIn);
      else expectCredentials(finished);
      expect(flowOf(sandbox)).toBe(expected);
    });

    test('or says which word it does not know', async () => {
      const sandbox = await open(allowing);
      const words = /auto, browser, device, never\b/;
      expectFailure(await sandbox.run([...dev, '--sign-in', 'sometimes']), 2, words);
      const variable = await sandbox.run(dev, { SSO_CRED_SIGN_IN: 'sometimes' });
      expectFailure(variable, 2, /^SSO_CRED_SIGN_IN is none of auto, browser, device, never\.$/);
      appendFileSync(sandbox.configFile, '\n[sso-cred settings]\nsign_in = sometimes\n');
      expectFailure(
        await sandbox.run(dev),
        2,
        /~\/\.aws\/config:\d+.*auto, browser, device, never/,
      );
      expect(sandbox.newCalls()).toEqual({});
    });
  });

  test.each([
    ['browser', byBrowser, { Authorize: 1, AuthorizeDecision: 1 }],
    ['device', byDevice, { StartDeviceAuthorization: 1, DeviceDecision: 1 }],
  ])('many callers at once make one sign-in by %s', async (_, args, pages) => {
    const sandbox = await open(allowing);
    const all = await atOnce(10, () => sandbox.run(args));
    expect(new Set(all.map((each) => expectCredentials(each).AccessKeyId)).size).toBe(1);
    const calls = sandbox.newCalls();
    expect(calls).toMatchObject({ RegisterClient: 1, ...pages, GetRoleCredentials: 1 });
    const redeemed = sandbox.standIn.calls('CreateToken').filter(({ status }) => status === 200);
    expect(redeemed).toHaveLength(1);
  });

  test.each([
    ['browser', byBrowser, 'Authorize'],
    ['device', byDevice, 'StartDeviceAuthorization'],
  ] as const)(
    'a denial by %s is one for all callers, and is remembered',
    async (flow, args, page) => {
      const sandbox = await open(denying);
      for (const finished of await atOnce(5, () => sandbox.run(args))) {
        expectFailure(finished, 4, denied);
      }
      expect(sandbox.standIn.calls(page)).toHaveLength(1);
      sandbox.newCalls();

      const next = await sandbox.run(args);
      expectRecordedFailure(sandbox, next, [4, 'SignInDenied', denied]);
      expect(next.stderr).toMatch(/next try in \d+ min/);
      expect(sandbox.newCalls()).toEqual({});

      expectSignedIn(await signIn(sandbox, flow));
      expectCredentials(await sandbox.run(args));
    },
  );

  test('a loop opens a second tab after 10 min, and a third after 8 h', async () => {
    const sandbox = await open(signedOut);
    const { variables, opened } = blindBrowser(sandbox);
    keepOpen(sandbox, 1);
    const call = () => sandbox.run(byBrowser, variables);
    expectFailure(await call(), 3, unfinished);
    for (const [laterMs, tabs] of [
      [9 * minutes, 1],
      [2 * minutes, 2],
      [11 * minutes, 2],
      [7 * hours, 2],
      [1 * hours, 3],
    ] as const) {
      ageFailures(sandbox, laterMs);
      expectFailure(await call(), 3, unfinished);
      expect(opened()).toHaveLength(tabs);
    }
  });

  test('nobody answers: all who wait are told when the time is up, and the next at once', async () => {
    const sandbox = await open(signedOut);
    const { variables, opened } = blindBrowser(sandbox);
    keepOpen(sandbox, 5);
    const first = sandbox.start([...byBrowser, '--explain'], variables);
    await first.says(/^sign-in .*browser opened/m);
    const startedAt = Date.now();
    for (const finished of await atOnce(3, () => sandbox.run(byBrowser, variables))) {
      expectFailure(finished, 3, unfinished);
    }
    expect(Date.now() - startedAt).toBeLessThan(30_000);
    expect(await first.finished).toMatchObject({ exitStatus: 3, stdout: '' });
    sandbox.newCalls();

    expectFailure(await sandbox.run(byBrowser, variables), 3, unfinished);
    expect(sandbox.newCalls()).toEqual({});
    expect(opened()).toHaveLength(1);
  });

  test('a user code is on no stderr and in no record, whatever is explained', async () => {
    const sandbox = await open(signedOut);
    const { variables, opened } = blindBrowser(sandbox);
    keepOpen(sandbox, 5);
    const args = [...byDevice, '--explain'];
    const { exitStatus, stderr } = await sandbox.run(args, variables);
    expect(exitStatus).toBe(3);
    const [page = ''] = opened();
    const userCode = new URL(page).searchParams.get('user_code') ?? '';
    expect(userCode).toMatch(/^\w{4}-\w{4}$/);
    expect(stderr).toContain('/start/device');
    expect(stderr).not.toContain(userCode);
    expect(readFileSync(join(sandbox.cacheDirectory, 'last-errors.jsonl'), 'utf8')).not.toContain(
      userCode,
    );
  });

  test('nobody is asked while what is cached has over a minute left', async () => {
    const sandbox = await open({ ...allowing, token: {} });
    const cold = await sandbox.run();
    expectCredentials(cold);
    ageToken(sandbox, 2 * hours);
    sandbox.standIn.endSession();
    ageRoles(sandbox, 58 * minutes);
    sandbox.newCalls();
    const served = expectCredentials(await sandbox.run(byBrowser));
    expect(served.AccessKeyId).toBe(expectCredentials(cold).AccessKeyId);
    expect(sandbox.newCalls()).toEqual({ CreateToken: 1 });

    ageRoles(sandbox, 90_000);
    const anew = expectCredentials(await sandbox.run(byBrowser));
    expect(anew.AccessKeyId).not.toBe(served.AccessKeyId);
    expect(sandbox.newCalls()).toMatchObject({ Authorize: 1, GetRoleCredentials: 1 });
  });

  test('faults of AWS while signing in are status 5, and ask nobody again at once', async () => {
    const sandbox = await open(allowing);
    sandbox.standIn.fault('RegisterClient', { status: 500, times: Infinity });
    expectFailure(await sandbox.run(byBrowser), 5, /^RegisterClient failed with status 500\b/);
    sandbox.newCalls();
    sandbox.standIn.clearFaults();
    holdFailures(sandbox);
    expectFailure(
      await sandbox.run(byBrowser),
      5,
      /^RegisterClient failed with status 500\b.*next try/,
    );
    expect(sandbox.newCalls()).toEqual({});
    ageFailures(sandbox, heldMs);
    expectCredentials(await sandbox.run(byBrowser));
  });

  test.each([
    ['SIGTERM', 'SIGTERM'],
    ['SIGKILL', 'SIGKILL'],
  ] as const)('the sign-in goes on when the call that began it ends by %s', async (_, signal) => {
    const sandbox = await open(signedOut);
    const { variables, opened } = blindBrowser(sandbox);
    const running = sandbox.start([...byBrowser, '--explain'], variables);
    await running.says(/^sign-in .*browser opened/m);
    running.kill(signal);
    expect(await running.finished).toMatchObject({ signal, stdout: '' });
    const [page = ''] = opened();
    await sandbox.standIn.visit(page, 'allow');
    expectCredentials(await sandbox.run(byBrowser, variables));
    expect(opened()).toHaveLength(1);
  });

  test('Ctrl-C in the call that began it ends the sign-in, too, and the next may begin anew', async () => {
    const sandbox = await open(signedOut);
    const { variables, opened } = blindBrowser(sandbox);
    const running = sandbox.start([...byBrowser, '--explain'], variables);
    await running.says(/^sign-in .*browser opened/m);
    running.kill('SIGINT');
    expect(await running.finished).toMatchObject({ signal: 'SIGINT', stdout: '' });
    expectSignedIn(await signIn(sandbox, 'browser'));
    expectCredentials(await sandbox.run());
    expect(opened()).toHaveLength(1);
  });

  test('Ctrl-C in a call that joined it ends that call alone', async () => {
    const sandbox = await open(signedOut);
    const { variables, opened } = blindBrowser(sandbox);
    const first = sandbox.start([...byBrowser, '--explain'], variables);
    await first.says(/^sign-in .*browser opened/m);
    const second = sandbox.start([...byBrowser, '--explain'], variables);
    await second.says(/^sign-in .*waiting for that of/m);
    second.kill('SIGINT');
    expect(await second.finished).toMatchObject({ signal: 'SIGINT', stdout: '' });
    const [page = ''] = opened();
    await sandbox.standIn.visit(page, 'allow');
    expect(await first.finished).toMatchObject({ exitStatus: 0 });
  });

  test('a call that cannot wait says where the sign-in is; the next ones join it', async () => {
    const sandbox = await open(signedOut);
    const { variables, opened } = blindBrowser(sandbox);
    const brief = [...byBrowser, '--timeout', '3'];
    expectFailure(await sandbox.run(brief, variables), 3, stillOpen);
    const [page = ''] = opened();
    for (const finished of await atOnce(5, () => sandbox.run(brief, variables))) {
      expectFailure(finished, 3, stillOpen);
      expect(finished.stderr).toContain(page);
    }
    expect(opened()).toHaveLength(1);
    await sandbox.standIn.visit(page, 'allow');
    expectCredentials(await sandbox.run(byBrowser, variables));
    expect(opened()).toHaveLength(1);
  });

  test('one that may not sign in does not wait for it either', async () => {
    const sandbox = await open(signedOut);
    const { variables } = blindBrowser(sandbox);
    const first = sandbox.start([...byBrowser, '--explain'], variables);
    await first.says(/^sign-in .*browser opened/m);
    expectFailure(await sandbox.run(dev), 3, stillOpen);
  });

  test('a browser that calls us again makes us open no other', async () => {
    const sandbox = await open({ ...signedOut, extraProfiles: 1 });
    const program = join(sandbox.bin, 'calling-browser');
    const log = `${program}.log`;
    const call = 'sso-cred --profile role-1 --sign-in browser --timeout 5';
    writeFileSync(program, `#!/bin/sh\n${call} 2>> '${log}'\necho "status $?" >> '${log}'\n`, {
      mode: 0o755,
    });
    const variables = { BROWSER: program };
    expectFailure(await sandbox.run([...byBrowser, '--timeout', '5'], variables), 3, stillOpen);
    expect(readFileSync(log, 'utf8')).toMatch(/^A sign-in [^\n]* is open [^\n]*\nstatus 3\n$/);
  });

  test('the browser that we open is told so, and inherits nothing that would change us', async () => {
    const sandbox = await open(signedOut);
    const program = join(sandbox.bin, 'telling-browser');
    const told = `${program}.env`;
    writeFileSync(
      program,
      `#!/bin/sh\n{ env; pwd; } > '${told}.new' && mv '${told}.new' '${told}'\n`,
      {
        mode: 0o755,
      },
    );
    const variables = { BROWSER: program, NODE_OPTIONS: '--no-deprecation' };
    await sandbox.run([...byBrowser, '--timeout', '4'], variables);
    expect(existsSync(told)).toBe(true);
    const lines = readFileSync(told, 'utf8').trimEnd().split('\n');
    expect(lines).toContainEqual(expect.stringMatching(/^SSO_CRED_STARTED_BY=\d+$/));
    expect(lines.at(-1)).toBe('/');
    expect(lines.join('\n')).not.toMatch(/^(NODE_OPTIONS|BUN_)/m);
  });
});
