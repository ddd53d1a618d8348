import { appendFileSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect } from '@jest/globals';
import { isRunning } from '../stand-in/is-running.ts';
import { builds } from '../support/builds.ts';
import { type CliSandbox, cliSandboxes } from '../support/cli-sandbox.ts';
import { terminals, testInTerminal } from '../support/in-terminal.ts';
import { expectCredentials, expectFailure, parseCredentials } from '../support/outcome.ts';
import { pendingShown, userCodeOf } from '../support/pending.ts';
import type { Running } from '../support/run-process.ts';
import { blindBrowser } from '../support/sign-in.ts';
import { until } from '../support/until.ts';

const signedOut = { aws: { deviceIntervalS: 0.2 }, token: false } as const;
const byBrowser = ['--profile', 'dev', '--sign-in', 'browser'];
const byDevice = ['--profile', 'dev', '--sign-in', 'device'];

const cancelled = /^The sign-in to the session "corp" was cancelled\b/;
const unfinished = /^Nobody finished the sign-in to the session "corp" within /;
const told = /^sso-cred: sign in to the session "corp" /m;

/** Lets a sign-in that a call begins stay open for a second. */
function closeSoon({ configFile }: CliSandbox): void {
  appendFileSync(configFile, '\n[sso-cred settings]\nsign_in_timeout = 1\n');
}

describe.each(builds())('at a terminal, $name', (build) => {
  const open = cliSandboxes(build);
  const inTerminal = terminals();

  /** A call in the background of a terminal, as an editor's or a prompt's is. */
  function inBackground(sandbox: CliSandbox, args: readonly string[], variables = {}): Running {
    const command = `"$@" 2>'${join(sandbox.home, 'stderr')}' & wait $!`;
    const words = ['bash', '-mc', command, 'bash', sandbox.program, ...args];
    return inTerminal(sandbox, words, { variables });
  }

  testInTerminal('Ctrl-C ends the call that began a sign-in at once, and the sign-in', async () => {
    const sandbox = await open(signedOut);
    const { variables, opened } = blindBrowser(sandbox);
    const shown = inTerminal(sandbox, [sandbox.program, ...byBrowser], { variables });
    await shown.says(told);
    const { owner } = await pendingShown(sandbox);
    shown.type('\u0003');
    expect((await shown.finished).exitStatus).toBe(130);
    await until('the process that waited is gone', () => !isRunning(owner.pid) || undefined);
    expectFailure(await sandbox.run(byBrowser, variables), 4, cancelled);
    expect(opened()).toHaveLength(1);
  });

  testInTerminal('Ctrl-C ends a call that joined a sign-in, and not the sign-in', async () => {
    const sandbox = await open(signedOut);
    const { variables, opened } = blindBrowser(sandbox);
    const first = sandbox.start(byDevice, variables);
    const pending = await pendingShown(sandbox);
    const args = [sandbox.program, ...byDevice, '--explain'];
    const joined = inTerminal(sandbox, args, { variables });
    await joined.says(/^sign-in +waiting for that of/m);
    joined.type('\u0003');
    expect((await joined.finished).exitStatus).toBe(130);
    sandbox.standIn.approveDevice(userCodeOf(pending));
    expectCredentials(await first.finished);
    expect(opened()).toHaveLength(1);
  });

  testInTerminal(
    'the call that began it tells of it once, in a few lines, and no other',
    async () => {
      const sandbox = await open(signedOut);
      const { variables } = blindBrowser(sandbox);
      const stderrFile = join(sandbox.home, 'stderr');
      const starter = inTerminal(sandbox, [sandbox.program, ...byDevice], {
        variables,
        stderrFile,
      });
      await starter.says(told);
      const userCode = userCodeOf(await pendingShown(sandbox));
      const other = inTerminal(sandbox, [sandbox.program, ...byDevice, '--explain'], {
        variables,
        stderrFile: `${stderrFile}-2`,
      });
      await until('the other waits', () =>
        /waiting for that of/.test(readOrEmpty(`${stderrFile}-2`)) ? true : undefined,
      );
      sandbox.standIn.approveDevice(userCode);
      const { stderr: shown } = await starter.finished;
      const lines = shown.trimEnd().split('\r\n');
      const answer = lines.pop() ?? '';
      parseCredentials(`${answer}\n`);
      expect(lines.length).toBeLessThanOrEqual(4);
      expect(lines.join('\n').split(userCode)).toHaveLength(2);
      expect(readFileSync(stderrFile, 'utf8')).toBe('');
      const { stderr: shownByOther } = await other.finished;
      expect(shownByOther).not.toMatch(told);
      expect(shownByOther + readOrEmpty(`${stderrFile}-2`)).not.toContain(userCode);
    },
  );

  testInTerminal(
    'a call in the foreground begins one again, one in the background does not',
    async () => {
      const sandbox = await open(signedOut);
      closeSoon(sandbox);
      const { variables, opened } = blindBrowser(sandbox);
      expectFailure(await sandbox.run(byBrowser, variables), 3, unfinished);
      expect(opened()).toHaveLength(1);

      expect((await inBackground(sandbox, byBrowser, variables).finished).exitStatus).toBe(3);
      expect(opened()).toHaveLength(1);

      const foreground = inTerminal(sandbox, [sandbox.program, ...byBrowser], { variables });
      await foreground.says(told);
      expect((await foreground.finished).exitStatus).toBe(3);
      expect(opened()).toHaveLength(2);
      expectFailure(await sandbox.run(byBrowser, variables), 3, unfinished);
      expect(opened()).toHaveLength(2);
    },
  );
});

function readOrEmpty(file: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch {
    return '';
  }
}
