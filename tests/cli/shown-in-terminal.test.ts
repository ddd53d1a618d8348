import { appendFileSync } from 'node:fs';
import { describe, expect } from '@jest/globals';
import { builds } from '../support/builds.ts';
import { type CliSandbox, cliSandboxes } from '../support/cli-sandbox.ts';
import { terminals, testInTerminal } from '../support/in-terminal.ts';
import { expectCredentials } from '../support/outcome.ts';

const columns = 78;

/** What the terminal shows, line by line. */
function linesOf(shown: string): readonly string[] {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is looked for
  return shown.replace(/\u001b\[\d+m/g, '').split(/\r?\n/);
}

/** What a person may have to copy stays in one piece. */
const isToCopy = (line: string) => /Run: |^ {13}?arn:|\.json$|^ {2,}\S+$/.test(line);

async function addTrouble(sandbox: CliSandbox): Promise<void> {
  expectCredentials(await sandbox.run());
  const name = 'a-session-with-a-name-that-is-longer-than-any-terminal-has-room-for-beside-others';
  appendFileSync(
    sandbox.configFile,
    `
[sso-session ${name}]
sso_start_url = https://a-company-with-a-long-name.awsapps.com/start
sso_region = eu-west-1

[profile clash]
credential_process = sso-cred --profile clash
sso_session = corp
sso_account_id = 111122223333
sso_role_name = Wrong
`,
  );
  await sandbox.run(['--profile', 'clash', '--timeout', '10']);
}

describe.each(builds())('$name', (build) => {
  const open = cliSandboxes(build);
  const inTerminal = terminals();

  testInTerminal.each([
    { command: ['status'], exitStatus: 0 },
    { command: ['status', '--profile', 'dev', '--for', '3h'], exitStatus: 3 },
    { command: ['doctor', '--offline'], exitStatus: 2 },
  ])('$command: in colours, and no line is wider than the terminal', async (shape) => {
    const { command, exitStatus } = shape;
    const sandbox = await open();
    await addTrouble(sandbox);
    const variables = { TERMINAL_COLUMNS: String(columns) };
    const words = [sandbox.program, ...command];
    const shown = await inTerminal(sandbox, words, { variables }).finished;
    expect(shown.exitStatus).toBe(exitStatus);
    expect(shown.stderr).toContain('\u001b[');
    const tooWide = linesOf(shown.stderr).filter(
      (line) => line.length > columns && !isToCopy(line),
    );
    expect(tooWide).toEqual([]);

    const plain = { ...variables, NO_COLOR: '1' };
    const colourless = await inTerminal(sandbox, words, { variables: plain }).finished;
    expect(colourless.stderr).not.toContain('\u001b[');
    const dumb = { ...variables, TERM: 'dumb' };
    const simple = await inTerminal(sandbox, words, { variables: dumb }).finished;
    expect(simple.stderr).not.toContain('\u001b[');
  });

  testInTerminal('a sign-in that waits for the person is shown with what they need', async () => {
    const sandbox = await open({ token: false });
    const login = [sandbox.program, 'login', '--session', 'corp', '--device', '--no-open'];
    const waiting = inTerminal(sandbox, login);
    const [, userCode = ''] = await waiting.says(/^ {2}([A-Z]{4}-[A-Z]{4})\r$/m);

    const { stdout } = await sandbox.run(['status', '--json']);
    expect(JSON.parse(stdout).pendingSignIns).toEqual([
      {
        session: 'corp',
        url: sandbox.standIn.startUrl,
        startedAt: expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/),
        state: 'open',
        flow: 'device',
        browserUrl: null,
        verificationUri: `${sandbox.standIn.url}/start/device`,
        userCode,
        verificationUriComplete: expect.stringContaining(userCode),
        expiresAt: expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/),
      },
    ]);
    const words = [sandbox.program, 'status', '--session', 'corp'];
    const shown = await inTerminal(sandbox, words).finished;
    expect(linesOf(shown.stderr)).toEqual(
      expect.arrayContaining([
        expect.stringMatching(/^A sign-in to corp waits for you since \d\d:\d\d\.$/),
        `  ${sandbox.standIn.url}/start/device`,
        `  ${userCode}`,
      ]),
    );
    sandbox.standIn.approveDevice(userCode);
    expect((await waiting.finished).exitStatus).toBe(0);
    expect(JSON.parse((await sandbox.run(['status', '--json'])).stdout).pendingSignIns).toEqual([]);
  });
});
