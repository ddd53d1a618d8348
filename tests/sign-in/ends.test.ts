import {
  copyFileSync,
  linkSync,
  readFileSync,
  realpathSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { type AddressInfo, createServer, type Server } from 'node:net';
import { delimiter, join } from 'node:path';
import { describe, expect, test } from '@jest/globals';
import { isRunning } from '../stand-in/is-running.ts';
import { ageFailures, agePending } from '../support/age-records.ts';
import type { Build } from '../support/builds.ts';
import { builds } from '../support/builds.ts';
import { type CliSandbox, cliSandboxes } from '../support/cli-sandbox.ts';
import { expectCredentials, expectFailure } from '../support/outcome.ts';
import {
  killProcess,
  pendingRecords,
  pendingShown,
  pendingWhen,
  userCodeOf,
} from '../support/pending.ts';
import { blindBrowser, callbackUrl, expectSignedIn, signIn } from '../support/sign-in.ts';
import { until } from '../support/until.ts';

const minutes = 60_000;
const hours = 60 * minutes;
const signedOut = { aws: { deviceIntervalS: 0.2 }, token: false } as const;

const dev = ['--profile', 'dev'];
const byBrowser = [...dev, '--sign-in', 'browser'];
const byDevice = [...dev, '--sign-in', 'device'];

const stillOpen = /^A sign-in to the session "corp" is open in your browser since \d\d:\d\d\. /;
const givenUp =
  /^The sign-in to the session "corp" was given up: .* Run: sso-cred login --profile dev$/;
const cancelled =
  /^The sign-in to the session "corp" was cancelled\b.* Run: sso-cred login --profile dev$/;
const calledOff =
  /^The sign-in to the session "corp" was called off: .* Run: sso-cred login --profile dev$/;

/** Waits until the browser was to open that many pages; gives the last. */
async function nthPage(opened: () => readonly string[], count: number): Promise<string> {
  const pages = await until(`${count} pages are open`, () =>
    opened().length >= count ? opened() : undefined,
  );
  expect(pages).toHaveLength(count);
  return pages[count - 1] ?? '';
}

/** Waits until a process that is none of these goes on with the sign-in. */
function takenOver(sandbox: CliSandbox, others: readonly (number | undefined)[]) {
  return pendingWhen(sandbox, ({ owner }) => !others.includes(owner.pid) && isRunning(owner.pid));
}

/** A port of 127.0.0.1 with a listener on it. */
async function listenOnAny(): Promise<{ readonly server: Server; readonly port: number }> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return { server, port: (server.address() as AddressInfo).port };
}

/** Makes the session corp take its redirects on one port. */
function fixPort({ configFile }: CliSandbox, port: number): void {
  const config = readFileSync(configFile, 'utf8');
  const heading = '[sso-session corp]\n';
  writeFileSync(configFile, config.replace(heading, `${heading}sso_redirect_port = ${port}\n`));
}

/** Gives a sandbox a program of its own, which a test may remove while it runs. */
function ownProgram({ program, home, bin, env }: CliSandbox, build: Build) {
  const isNode = build.name === 'node build';
  // What is started again is the runtime itself, or the executable.
  const file = join(isNode ? bin : home, isNode ? 'node' : 'own-sso-cred');
  linkOrCopy(isNode ? realpathSync(process.execPath) : build.path, file);
  if (!isNode) {
    rmSync(program);
    symlinkSync(file, program);
  }
  return { file, searchPath: [bin, env['PATH']].join(delimiter) };
}

function linkOrCopy(from: string, to: string): void {
  try {
    linkSync(from, to);
  } catch {
    copyFileSync(from, to);
  }
}

describe.each(builds())('$name', (build) => {
  const open = cliSandboxes(build);

  describe('the process that waits for the person is killed', () => {
    test('by device code: the next call goes on with the same code', async () => {
      const sandbox = await open(signedOut);
      const { variables, opened } = blindBrowser(sandbox);
      const first = sandbox.start(byDevice, variables);
      const { owner } = await pendingShown(sandbox);
      first.kill('SIGKILL');
      await first.finished;
      await killProcess(owner.pid);

      const next = sandbox.start(byDevice, variables);
      const again = await takenOver(sandbox, [owner.pid, next.pid]);
      sandbox.standIn.approveDevice(userCodeOf(again));
      expectCredentials(await next.finished);
      expect(sandbox.newCalls()).toMatchObject({ StartDeviceAuthorization: 1 });
      await nthPage(opened, 1);
      expect(pendingRecords(sandbox)).toEqual([]);
    });

    test('by device code: so does a call that waits, as often as it takes', async () => {
      const sandbox = await open(signedOut);
      const { variables, opened } = blindBrowser(sandbox);
      const waiting = sandbox.start(byDevice, variables);
      let last = await pendingShown(sandbox);
      for (let round = 1; round <= 3; round += 1) {
        const { pid } = last.owner;
        await killProcess(pid);
        last = await takenOver(sandbox, [pid, waiting.pid]);
      }
      sandbox.standIn.approveDevice(userCodeOf(last));
      expectCredentials(await waiting.finished);
      expect(sandbox.newCalls()).toMatchObject({ StartDeviceAuthorization: 1 });
      await nthPage(opened, 1);
    });

    test('by browser: it is begun once more, and then not until its pause is over', async () => {
      const sandbox = await open(signedOut);
      const { variables, opened } = blindBrowser(sandbox);
      const waiting = sandbox.start(byBrowser, variables);
      for (const count of [1, 2]) {
        await nthPage(opened, count);
        const { owner } = await pendingShown(sandbox);
        await killProcess(owner.pid);
      }
      expectFailure(await waiting.finished, 3, givenUp);
      sandbox.newCalls();
      for (const [laterMs, tabs] of [
        [9 * minutes, 2],
        [2 * minutes, 3],
      ] as const) {
        ageFailures(sandbox, laterMs);
        const next = sandbox.start([...byBrowser, '--timeout', '20'], variables);
        if (tabs === 2) expectFailure(await next.finished, 3, givenUp);
        else {
          await sandbox.standIn.visit(await nthPage(opened, tabs));
          expectCredentials(await next.finished);
        }
        expect(opened()).toHaveLength(tabs);
      }
    });

    test('by browser, with its caller: the next call begins it once more', async () => {
      const sandbox = await open(signedOut);
      const { variables, opened } = blindBrowser(sandbox);
      const first = sandbox.start(byBrowser, variables);
      const { owner } = await pendingShown(sandbox);
      await nthPage(opened, 1);
      first.kill('SIGKILL');
      await first.finished;
      await killProcess(owner.pid);

      const next = sandbox.start(byBrowser, variables);
      await sandbox.standIn.visit(await nthPage(opened, 2));
      expectCredentials(await next.finished);
    });

    test('days ago: that is not held against the person', async () => {
      const sandbox = await open(signedOut);
      const { variables, opened } = blindBrowser(sandbox);
      const first = sandbox.start(byBrowser, variables);
      for (const count of [1, 2]) {
        await nthPage(opened, count);
        const { owner } = await pendingShown(sandbox);
        if (count === 2) first.kill('SIGKILL');
        await killProcess(owner.pid);
      }
      await first.finished;
      agePending(sandbox, 9 * hours);
      const next = sandbox.start(byBrowser, variables);
      await sandbox.standIn.visit(await nthPage(opened, 3));
      expectCredentials(await next.finished);
    });

    test('a login goes on with a code that can still be typed', async () => {
      const sandbox = await open(signedOut);
      const { variables } = blindBrowser(sandbox);
      const first = sandbox.start([...byDevice, '--timeout', '60'], variables);
      const { owner, shown } = await pendingShown(sandbox);
      first.kill('SIGKILL');
      await first.finished;
      await killProcess(owner.pid);
      expectSignedIn(await signIn(sandbox, 'device'));
      expect(sandbox.newCalls()).toMatchObject({ StartDeviceAuthorization: 1 });
      expect(shown?.kind).toBe('device');
    });
  });

  describe('no process can be started that waits for the person', () => {
    test.each([
      ['there is no program any more', undefined],
      ['it ends at once', '#!/bin/sh\nexit 1\n'],
    ])('%s: the call itself waits', async (_, replacement) => {
      const sandbox = await open({ ...signedOut, token: { expiresInS: -1 } });
      const { variables, opened } = blindBrowser(sandbox);
      const own = ownProgram(sandbox, build);
      const held = sandbox.standIn.barrier('held');
      sandbox.standIn.fault('CreateToken', { holdRequest: held });
      sandbox.standIn.endSession();
      const call = sandbox.start(byBrowser, { ...variables, PATH: own.searchPath });
      await held.arrivals(1);
      rmSync(own.file);
      if (replacement !== undefined) writeFileSync(own.file, replacement, { mode: 0o755 });
      held.release();
      const page = await nthPage(opened, 1);
      const { owner } = await pendingShown(sandbox);
      expect(isRunning(owner.pid)).toBe(true);
      await sandbox.standIn.visit(page);
      expectCredentials(await call.finished);
    });
  });

  describe('the person calls it off', () => {
    test('by Ctrl-C where it was begun: all who wait are told so, and nobody begins it again', async () => {
      const sandbox = await open(signedOut);
      const { variables, opened } = blindBrowser(sandbox);
      const first = sandbox.start(byBrowser, variables);
      await nthPage(opened, 1);
      const { owner } = await pendingShown(sandbox);
      const others = [1, 2, 3].map(() => sandbox.start([...byBrowser, '--explain'], variables));
      await Promise.all(others.map((other) => other.says(/^sign-in +waiting for that of/m)));
      first.kill('SIGINT');
      expect(await first.finished).toMatchObject({ signal: 'SIGINT', stdout: '' });
      for (const other of others) {
        const { exitStatus, stdout, stderr } = await other.finished;
        expect({ exitStatus, stdout }).toEqual({ exitStatus: 4, stdout: '' });
        expect(stderr.trimEnd().split('\n').at(-1)).toMatch(cancelled);
      }
      expectFailure(await sandbox.run(byBrowser, variables), 4, cancelled);
      await until('the process that waited is gone', () => !isRunning(owner.pid) || undefined);
      await nthPage(opened, 1);
      expectSignedIn(await signIn(sandbox, 'browser'));
    });

    test('by signing out: all who wait are told so, and nobody begins it again', async () => {
      const sandbox = await open(signedOut);
      const { variables, opened } = blindBrowser(sandbox);
      const calls = [1, 2, 3].map(() => sandbox.start(byBrowser, variables));
      await nthPage(opened, 1);
      const { owner } = await pendingShown(sandbox);
      expect(await sandbox.run(['logout', '--session', 'corp'])).toMatchObject({ exitStatus: 0 });
      for (const call of calls) expectFailure(await call.finished, 3, calledOff);
      await until('the process that waited is gone', () => !isRunning(owner.pid) || undefined);
      await nthPage(opened, 1);
    });

    test('by another login: all who wait get what that one gives', async () => {
      const sandbox = await open(signedOut);
      const { variables, opened } = blindBrowser(sandbox);
      const calls = [1, 2, 3].map(() => sandbox.start(byBrowser, variables));
      await nthPage(opened, 1);
      const { owner } = await pendingShown(sandbox);
      expectSignedIn(await signIn(sandbox, 'device'));
      for (const call of calls) expectCredentials(await call.finished);
      await until('the process that waited is gone', () => !isRunning(owner.pid) || undefined);
      await nthPage(opened, 1);
    });

    test('a login that is ended by Ctrl-C leaves no sign-in to those who wait for it', async () => {
      const sandbox = await open(signedOut);
      const login = sandbox.start(['login', '--session', 'corp', '--browser', '--no-open']);
      await pendingShown(sandbox);
      const { variables, opened } = blindBrowser(sandbox);
      const call = sandbox.start([...byBrowser, '--explain'], variables);
      await call.says(/^sign-in +waiting for that of/m);
      login.kill('SIGINT');
      expect((await call.finished).exitStatus).toBe(4);
      await login.finished;
      expect(opened()).toEqual([]);
    });
  });

  test('a port that another sign-in has just left is waited for', async () => {
    const sandbox = await open(signedOut);
    const { variables, opened } = blindBrowser(sandbox);
    const { server, port } = await listenOnAny();
    server.close();
    fixPort(sandbox, port);
    const call = sandbox.start(byBrowser, variables);
    await nthPage(opened, 1);
    await pendingShown(sandbox);
    expectSignedIn(await signIn(sandbox, 'browser', { args: ['--session', 'corp', '--force'] }));
    expectCredentials(await call.finished);
  });

  test('a port that another program has is named, with status 5, and no page opens', async () => {
    const sandbox = await open(signedOut);
    const { variables, opened } = blindBrowser(sandbox);
    const { server, port } = await listenOnAny();
    try {
      fixPort(sandbox, port);
      const inUse = new RegExp(
        `^The sign-in needs a free port on 127\\.0\\.0\\.1 .*: ${port} in use`,
      );
      expectFailure(await sandbox.run(byBrowser, variables), 5, inUse);
      expect(opened()).toEqual([]);
    } finally {
      server.close();
    }
  });

  test('a call with little time leaves the sign-in to those after it', async () => {
    const sandbox = await open(signedOut);
    const { variables, opened } = blindBrowser(sandbox);
    expectFailure(await sandbox.run([...byBrowser, '--timeout', '3'], variables), 3, stillOpen);
    const redirect = new URL(await callbackUrl(await nthPage(opened, 1)));
    await fetch(redirect);
    expectCredentials(await sandbox.run(byBrowser, variables));
    await nthPage(opened, 1);
  });
});
