import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { describe, expect } from '@jest/globals';
import { builds } from '../support/builds.ts';
import { cliSandboxes } from '../support/cli-sandbox.ts';
import { terminals, testInTerminal } from '../support/in-terminal.ts';
import { expectCredentials, parseCredentials } from '../support/outcome.ts';
import { pendingShown } from '../support/pending.ts';
import type { Running } from '../support/run-process.ts';
import { blindBrowser, callbackUrl, readTokenFile } from '../support/sign-in.ts';
import { until } from '../support/until.ts';

const signedOut = { token: false, aws: { deviceIntervalS: 0.2 } } as const;
const login = ['login', '--session', 'corp', '--no-open'];

const spinner = /\r[⠋⠙⠹⠸⠼⠴⠦⠧⠇⠏] Waiting for you to finish in the browser /;

describe.each(builds())('$name', (build) => {
  const open = cliSandboxes(build);
  const inTerminal = terminals();

  testInTerminal('the callback URL can be pasted, for a browser on another machine', async () => {
    const sandbox = await open(signedOut);
    const shown = inTerminal(sandbox, [sandbox.program, ...login, '--browser']);
    await shown.says(spinner);
    const url = await toldUrlIn(shown);
    const { port } = new URL(new URL(url).searchParams.get('redirect_uri') ?? '');
    await shown.says(new RegExp(`ssh -L ${port}:127\\.0\\.0\\.1:${port} `));

    const redirect = await callbackUrl(url);
    shown.type('what?\r');
    shown.type(`${redirect.replace(/state=[^&]+/, 'state=x')}\r`);
    await delay(300);
    expect(existsSync(sandbox.tokenFile)).toBe(false);
    shown.type(`${redirect}\r`);
    const { exitStatus, stderr } = await shown.finished;
    expect(exitStatus).toBe(0);
    // What spun is gone from the line.
    expect(stderr).toContain('\r\u001b[KSigned in to the session "corp".');
    expect(readTokenFile(sandbox.tokenFile)['accessToken']).toBeDefined();
  });

  testInTerminal('it can be pasted, too, where a call has begun the sign-in', async () => {
    const sandbox = await open(signedOut);
    const { variables, opened } = blindBrowser(sandbox);
    const call = sandbox.start(['--profile', 'dev', '--sign-in', 'browser'], variables);
    await pendingShown(sandbox);
    const shown = inTerminal(sandbox, [sandbox.program, ...login, '--browser']);
    await shown.says(spinner);
    await shown.says(/ was begun already\./);
    const url = await toldUrlIn(shown);
    const redirect = await callbackUrl(url);
    shown.type('what?\r');
    shown.type(`${redirect.replace(/state=[^&]+/, 'state=x')}\r`);
    await delay(300);
    expect(existsSync(sandbox.tokenFile)).toBe(false);
    // The host and the port that it names are not what counts.
    shown.type(`${redirect.replace(/^http:\/\/[^/]+/, 'http://203.0.113.1:1')}\r`);
    expect((await shown.finished).exitStatus).toBe(0);
    await shown.says(/Signed in to the session "corp"\./);
    expectCredentials(await call.finished);
    expect(opened()).toEqual([url]);
    expect(sandbox.newCalls()).toMatchObject({ Authorize: 1, CreateToken: 1 });
  });

  testInTerminal('the redirect ends it as well while a paste is waited for', async () => {
    const sandbox = await open(signedOut);
    const shown = inTerminal(sandbox, [sandbox.program, ...login, '--browser']);
    await sandbox.standIn.visit(await toldUrlIn(shown));
    expect((await shown.finished).exitStatus).toBe(0);
    await shown.says(/^\r?.*Signed in to the session "corp"\./m);
  });

  testInTerminal('nothing spins where the terminal cannot, or a machine looks on', async () => {
    const sandbox = await open(signedOut);
    const args = [sandbox.program, ...login, '--browser', '--timeout', '5'];
    const cases = [{ TERM: 'dumb' }, { CI: 'true' }].map(async (variables) => {
      const { exitStatus, stderr } = await inTerminal(sandbox, args, { variables }).finished;
      expect(exitStatus).toBe(3);
      expect(stderr).toMatch(/^Waiting for you to finish in the browser …\r$/m);
      expect(stderr).not.toMatch(/[⠋⠙⠹]/);
      expect(stderr).not.toContain('\u001b');
    });
    for (const each of cases) await each;
  });

  testInTerminal('Ctrl-C ends it at once', async () => {
    const sandbox = await open(signedOut);
    for (const flow of ['--browser', '--device']) {
      const shown = inTerminal(sandbox, [sandbox.program, ...login, flow]);
      await shown.says(spinner);
      const startedAt = Date.now();
      shown.type('\u0003');
      expect((await shown.finished).exitStatus).toBe(130);
      expect(Date.now() - startedAt).toBeLessThan(30_000);
    }
  });

  testInTerminal(
    'a credentials call shows the code on the terminal, and not on stderr',
    async () => {
      const sandbox = await open(signedOut);
      const stderrFile = join(sandbox.home, 'stderr');
      const call = [sandbox.program, '--profile', 'dev', '--sign-in', 'device'];
      const shown = inTerminal(sandbox, call, { stderrFile });
      const [, page, userCode = ''] = await shown.says(/ at (\S+)\s+with the code (\w{4}-\w{4});/);
      expect(page).toBe(`${sandbox.standIn.url}/start/device`);
      sandbox.standIn.approveDevice(userCode);
      const { exitStatus, stderr: all } = await shown.finished;
      expect(exitStatus).toBe(0);
      expect(readFileSync(stderrFile, 'utf8')).toBe('');
      const lines = all.split('\r\n');
      expect(lines.length).toBeLessThanOrEqual(6);
      parseCredentials(`${lines.at(-2)}\n`);
    },
  );

  testInTerminal('a credentials call shows the URL of a sign-in by browser there', async () => {
    const sandbox = await open(signedOut);
    const stderrFile = join(sandbox.home, 'stderr');
    const call = [sandbox.program, '--profile', 'dev', '--sign-in', 'browser'];
    const shown = inTerminal(sandbox, call, { stderrFile });
    const [, url = ''] = await shown.says(/^(http:\S+\/authorize\?\S+)\r$/m);
    await sandbox.standIn.visit(url);
    expect((await shown.finished).exitStatus).toBe(0);
    expect(readFileSync(stderrFile, 'utf8')).toBe('');
  });

  testInTerminal('a job in the background does not write into what the person does', async () => {
    const sandbox = await open(signedOut);
    const call = 'sso-cred --profile dev --sign-in device --timeout 1 2>/dev/null';
    const command = ['bash', '-mc', `${call} & wait`];
    const { variables, opened } = blindBrowser(sandbox);
    const shown = await inTerminal(sandbox, command, { variables }).finished;
    await until('the page is open', () => opened()[0]);
    expect(opened()).toHaveLength(1);
    expect(shown.stderr).not.toContain('with the code');
  });

  testInTerminal('nobody is asked where neither a terminal nor a browser tells', async () => {
    const sandbox = await open(signedOut);
    const call = [sandbox.program, '--profile', 'dev', '--sign-in', 'device'];
    const shown = await inTerminal(sandbox, ['setsid', '--wait', ...call]).finished;
    expect(shown.stderr).toMatch(/^Not signed in to the session "corp"\. Run: sso-cred login /);
    expect(shown.exitStatus).toBe(3);
    expect(sandbox.newCalls()).toEqual({});
  });
});

/** The URL as a terminal shows it. */
async function toldUrlIn(shown: Running): Promise<string> {
  const [, url = ''] = await shown.says(/^ {2}(http:\S+\/authorize\?\S+)\r$/m);
  return url;
}
