import { describe, expect, test } from '@jest/globals';
import { attended } from '../support/attended.ts';
import { builds } from '../support/builds.ts';
import { type CliSandbox, cliSandboxes } from '../support/cli-sandbox.ts';
import { expectCredentials, expectFailure } from '../support/outcome.ts';
import { killProcess, pendingShown, userCodeOf } from '../support/pending.ts';
import {
  addSession,
  blindBrowser,
  expectLoginFailure,
  expectSignedIn,
  toldUrl,
  toldUserCode,
} from '../support/sign-in.ts';

const signedOut = { aws: { deviceIntervalS: 0.2 }, token: false } as const;

const byBrowser = ['--profile', 'dev', '--sign-in', 'browser'];
const byDevice = ['--profile', 'dev', '--sign-in', 'device'];
const login = ['login', '--session', 'corp', '--no-open'];
const remote = { ...attended, SSH_CONNECTION: '192.0.2.1 50000 192.0.2.2 22' };

const timestamp = expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/);
const begunAlready =
  /^A sign-in to the session "corp" (in your browser|by device code) was begun already\.$/m;

/** The pending sign-ins that `status --json` shows. */
async function pendingIn(sandbox: CliSandbox, ...args: readonly string[]): Promise<unknown> {
  const { stdout, stderr } = await sandbox.run(['status', '--json', ...args]);
  expect(stderr).toBe('');
  return JSON.parse(stdout).pendingSignIns;
}

describe.each(builds())('$name', (build) => {
  const open = cliSandboxes(build);

  describe('login joins the sign-in that a call has begun', () => {
    test.each([
      ['asked for the same', [...login, '--browser'], attended],
      ['asked for the same, on another machine', [...login, '--browser'], remote],
    ])('by browser: %s', async (_, args, variables) => {
      const sandbox = await open(signedOut);
      const browser = blindBrowser(sandbox);
      const call = sandbox.start(byBrowser, browser.variables);
      const { shown } = await pendingShown(sandbox);
      const joined = sandbox.start(args, { ...variables, ...browser.variables });
      const url = await toldUrl(joined);
      expect(shown).toMatchObject({ kind: 'browser', url });
      await sandbox.standIn.visit(url);
      const finished = await joined.finished;
      expectSignedIn(finished);
      expect(finished.stderr).toMatch(begunAlready);
      expectCredentials(await call.finished);
      expect(sandbox.newCalls()).toMatchObject({ Authorize: 1, CreateToken: 1 });
      expect(browser.opened()).toEqual([url]);
    });

    test.each([
      ['asked for the same', [...login, '--device'], remote],
      ['asked for none, on another machine', login, remote],
      ['asked for none', login, attended],
    ])('by device code: %s', async (_, args, variables) => {
      const sandbox = await open(signedOut);
      const browser = blindBrowser(sandbox);
      const call = sandbox.start(byDevice, browser.variables);
      const pending = await pendingShown(sandbox);
      const joined = sandbox.start(args, { ...variables, ...browser.variables });
      const userCode = await toldUserCode(joined);
      expect(userCode).toBe(userCodeOf(pending));
      sandbox.standIn.approveDevice(userCode);
      const finished = await joined.finished;
      expectSignedIn(finished);
      expect(finished.stderr).toMatch(begunAlready);
      expectCredentials(await call.finished);
      expect(sandbox.newCalls()).toMatchObject({ StartDeviceAuthorization: 1 });
      expect(browser.opened()).toHaveLength(1);
    });

    test('and is told what the person decided there', async () => {
      const sandbox = await open(signedOut);
      const { variables } = blindBrowser(sandbox);
      const call = sandbox.start(byDevice, variables);
      await pendingShown(sandbox);
      const joined = sandbox.start([...login, '--device']);
      sandbox.standIn.denyDevice(await toldUserCode(joined));
      const denied = /^The sign-in to the session "corp" was denied\b/;
      expectLoginFailure(await joined.finished, 4, denied);
      expectFailure(await call.finished, 4, denied);
    });

    test('and leaves it open when it can wait no longer', async () => {
      const sandbox = await open(signedOut);
      const { variables } = blindBrowser(sandbox);
      const call = sandbox.start(byDevice, variables);
      const pending = await pendingShown(sandbox);
      const waits =
        /^A sign-in to the session "corp" waits for you since \d\d:\d\d\. Finish it at \S+\/start\/device and run this again; sso-cred login --session corp shows the code\.$/;
      expectLoginFailure(await sandbox.run([...login, '--device', '--timeout', '2']), 3, waits);
      sandbox.standIn.approveDevice(userCodeOf(pending));
      expectCredentials(await call.finished);
    });

    test('and goes on with it when its process is killed', async () => {
      const sandbox = await open(signedOut);
      const { variables } = blindBrowser(sandbox);
      const call = sandbox.start(byDevice, variables);
      const { owner } = await pendingShown(sandbox);
      const joined = sandbox.start([...login, '--device']);
      const userCode = await toldUserCode(joined);
      call.kill('SIGKILL');
      await call.finished;
      await killProcess(owner.pid);
      sandbox.standIn.approveDevice(userCode);
      expectSignedIn(await joined.finished);
      expect(sandbox.newCalls()).toMatchObject({ StartDeviceAuthorization: 1 });
    });
  });

  describe('login begins its own, and the call that waits gets what it gives', () => {
    test.each([
      ['asked for the other flow', byDevice, [...login, '--browser'], attended, 'browser'],
      ['asked for the other flow', byBrowser, [...login, '--device'], attended, 'device'],
      ['with --force', byDevice, [...login, '--device', '--force'], attended, 'device'],
      ['with --force', byBrowser, [...login, '--browser', '--force'], attended, 'browser'],
      ['where that browser is on another machine', byBrowser, login, remote, 'device'],
    ] as const)('%s: %j, %j', async (_name, begun, args, variables, flow) => {
      const sandbox = await open(signedOut);
      const browser = blindBrowser(sandbox);
      const call = sandbox.start(begun, browser.variables);
      const { shown } = await pendingShown(sandbox);
      const own = sandbox.start(args, { ...variables, BROWSER: 'none' });
      if (flow === 'device') {
        const userCode = await toldUserCode(own);
        expect(JSON.stringify(shown)).not.toContain(userCode);
        sandbox.standIn.approveDevice(userCode);
      } else {
        const url = await toldUrl(own);
        expect(shown).not.toMatchObject({ url });
        await sandbox.standIn.visit(url);
      }
      const finished = await own.finished;
      expectSignedIn(finished);
      expect(finished.stderr).not.toMatch(begunAlready);
      expectCredentials(await call.finished);
      expect(browser.opened()).toHaveLength(1);
    });
  });

  describe('status shows the sign-in that waits', () => {
    test('by browser, with its URL, until it is done', async () => {
      const sandbox = await open(signedOut);
      addSession(sandbox, 'second');
      const { variables } = blindBrowser(sandbox);
      expect(await pendingIn(sandbox)).toEqual([]);
      const call = sandbox.start(byBrowser, variables);
      const { shown } = await pendingShown(sandbox);
      const url = shown?.kind === 'browser' ? shown.url : '';
      expect(await pendingIn(sandbox)).toEqual([
        {
          session: 'corp',
          url: sandbox.standIn.startUrl,
          flow: 'browser',
          state: 'open',
          startedAt: timestamp,
          browserUrl: url,
          verificationUri: null,
          verificationUriComplete: null,
          userCode: null,
          expiresAt: null,
        },
      ]);
      expect(await pendingIn(sandbox, '--session', 'second')).toEqual([]);
      const { stdout } = await sandbox.run(['status']);
      expect(stdout).toMatch(
        /^A sign-in to corp waits for you since \d\d:\d\d\.\nFinish it in a browser of this machine:$/m,
      );
      expect(stdout).toContain(`\n  ${url}\n`);

      await sandbox.standIn.visit(url);
      expectCredentials(await call.finished);
      expect(await pendingIn(sandbox)).toEqual([]);
      expect((await sandbox.run(['status'])).stdout).not.toContain('waits for you');
    });

    test('by device code, with the code to type and none to poll with, also when it is interrupted', async () => {
      const sandbox = await open(signedOut);
      const { variables } = blindBrowser(sandbox);
      const call = sandbox.start(byDevice, variables);
      const pending = await pendingShown(sandbox);
      const userCode = userCodeOf(pending);
      const verificationUri = `${sandbox.standIn.url}/start/device`;
      const shown = {
        session: 'corp',
        url: sandbox.standIn.startUrl,
        flow: 'device',
        state: 'open',
        startedAt: timestamp,
        browserUrl: null,
        verificationUri,
        verificationUriComplete: expect.stringContaining(userCode),
        userCode,
        expiresAt: timestamp,
      };
      expect(await pendingIn(sandbox)).toEqual([shown]);
      const finished = await sandbox.run(['status', '--json']);
      expect(finished.stdout).not.toContain(
        JSON.stringify(pending.shown).match(/"deviceCode":"([^"]+)"/)?.[1],
      );
      const words = `:\n  ${verificationUri}\nwith the code\n  ${userCode}\n`;
      expect((await sandbox.run(['status'])).stdout).toContain(words);

      call.kill('SIGKILL');
      await call.finished;
      await killProcess(pending.owner.pid);
      expect(await pendingIn(sandbox)).toEqual([{ ...shown, state: 'interrupted' }]);
      expect((await sandbox.run(['status'])).stdout).toContain(
        `${words}What waited for it was ended: run that again when you have finished.\n`,
      );
      // The next call goes on with it.
      sandbox.standIn.approveDevice(userCode);
      expectCredentials(await sandbox.run(byDevice, variables));
      expect(await pendingIn(sandbox)).toEqual([]);
    });
  });
});
