import { appendFileSync } from 'node:fs';
import { setPriority } from 'node:os';
import { setTimeout as delay } from 'node:timers/promises';
import { GetCallerIdentityCommand, STSClient } from '@aws-sdk/client-sts';
import { describe, expect, test } from '@jest/globals';
import { builds } from '../support/builds.ts';
import { type CliSandbox, cliSandboxes } from '../support/cli-sandbox.ts';
import { expectCredentials, expectFailure, type ProcessOutput } from '../support/outcome.ts';
import { pendingRecords } from '../support/pending.ts';
import type { Running } from '../support/run-process.ts';
import { addSession, blindBrowser } from '../support/sign-in.ts';
import { until } from '../support/until.ts';
import { webSandboxes } from '../support/web-sandbox.ts';

const signedOut = { aws: { deviceIntervalS: 0.2 }, token: false } as const;

/** How long the person takes; milliseconds. */
const personMs = 3_000;

/** A call of a crowd, and when it was over. */
interface Answer {
  readonly credentials: ProcessOutput;
  readonly endedAt: number;
}

/** Starts these calls at once, and lets the stand-in answer meanwhile. */
async function startAll(
  { start }: CliSandbox,
  calls: readonly (readonly string[])[],
  variables: Readonly<Record<string, string>>,
): Promise<readonly Running[]> {
  const all: Running[] = [];
  for (const args of calls) {
    const running = start([...args, '--timeout', '80'], variables);
    // AWS does not slow down with this machine.
    if (running.pid !== undefined) setPriority(running.pid, 19);
    all.push(running);
    await new Promise(setImmediate);
  }
  return all;
}

/** Their answers; each has to have one. */
function answersOf(all: readonly Running[]): Promise<readonly Answer[]> {
  return Promise.all(
    all.map(async ({ finished }) => {
      const credentials = expectCredentials(await finished);
      return { credentials, endedAt: Date.now() };
    }),
  );
}

/** Says how long after the person the last of them was over. */
function report(what: string, answers: readonly Answer[], signedInAt: number): void {
  const lastMs = Math.max(...answers.map(({ endedAt }) => endedAt)) - signedInAt;
  process.stderr.write(
    `${what}: ${answers.length} calls are over ${lastMs} ms after the person has signed in\n`,
  );
  // Three seconds where nothing else runs; the starting of so many takes longer on a busy machine.
  expect(lastMs).toBeLessThan(75_000);
}

function keysOf(answers: readonly Answer[]): readonly string[] {
  return [...new Set(answers.map(({ credentials }) => credentials.AccessKeyId))];
}

/** The role of an answer, as AWS knows it. */
async function roleOf({ standIn }: CliSandbox, answer: Answer | undefined): Promise<string> {
  if (answer === undefined) throw new Error('no answer');
  const { AccessKeyId, SecretAccessKey, SessionToken } = answer.credentials;
  const client = new STSClient({
    endpoint: standIn.endpoints.sts,
    region: standIn.region,
    credentials: {
      accessKeyId: AccessKeyId,
      secretAccessKey: SecretAccessKey,
      sessionToken: SessionToken,
    },
  });
  try {
    const { Arn = '' } = await client.send(new GetCallerIdentityCommand({}));
    return Arn.split('/')[1] ?? '';
  } finally {
    client.destroy();
  }
}

function repeat<T>(count: number, value: T): readonly T[] {
  return Array.from({ length: count }, () => value);
}

describe.each(builds())('$name', (build) => {
  const open = cliSandboxes(build);
  const openWeb = webSandboxes(build);
  // A process of Node takes ten times as long to start.
  const count = build.name === 'executable' ? 200 : 30;

  test.each([
    ['browser', { Authorize: 1, AuthorizeDecision: 1 }],
    ['device', { StartDeviceAuthorization: 1, DevicePage: 1, DeviceDecision: 1 }],
  ] as const)('a crowd of callers makes one sign-in by %s', async (flow, pages) => {
    const sandbox = await open(signedOut);
    const { variables, opened } = blindBrowser(sandbox);
    const startedAt = Date.now();
    const calls = repeat(count, ['--profile', 'dev', '--sign-in', flow]);
    const answered = startAll(sandbox, calls, variables).then(answersOf);
    const page = await until('a page is open', () => opened()[0]);
    await delay(Math.max(0, startedAt + personMs - Date.now()));
    await sandbox.standIn.visit(page);
    const signedInAt = Date.now();
    const answers = await answered;
    report(`${build.name}, ${flow}`, answers, signedInAt);
    expect(keysOf(answers)).toHaveLength(1);
    expect(opened()).toEqual([page]);
    const { CreateToken, ...others } = sandbox.newCalls();
    expect(others).toEqual({ RegisterClient: 1, ...pages, GetRoleCredentials: 1 });
    const redeemed = sandbox.standIn.calls('CreateToken').filter(({ status }) => status === 200);
    expect(redeemed).toHaveLength(1);
    if (flow === 'browser') expect(CreateToken).toBe(1);
    expect(pendingRecords(sandbox)).toEqual([]);
  });

  test('crowds of both kinds of session, by browser and by device code, do not mix', async () => {
    const sandbox = await openWeb({ aws: signedOut.aws });
    addSession(sandbox, 'second');
    appendFileSync(
      sandbox.configFile,
      `
[profile other]
sso_cred_session = second
sso_cred_account_id = 111122223333
sso_cred_role_name = ReadOnly
services = sandbox
`,
    );
    const { variables, opened } = blindBrowser(sandbox);
    const each = Math.ceil(count / 3);
    const kinds = [
      ['--profile', 'dev', '--sign-in', 'browser'],
      ['--profile', 'other', '--sign-in', 'device'],
      ['--profile', 'web', '--sign-in', 'browser'],
    ];
    const calls = Array.from({ length: each }, () => kinds).flat();
    const startedAt = Date.now();
    const answered = startAll(sandbox, calls, variables).then(answersOf);
    await until('three pages are open', () => (opened().length >= 3 ? true : undefined));
    await delay(Math.max(0, startedAt + personMs - Date.now()));
    expect(opened()).toHaveLength(3);
    for (const page of opened()) await sandbox.standIn.visit(page);
    const signedInAt = Date.now();
    const answers = await answered;
    report(`${build.name}, both kinds`, answers, signedInAt);
    expect(opened()).toHaveLength(3);

    const ofKind = kinds.map((_, kind) => answers.filter((_answer, at) => at % 3 === kind));
    const keys = ofKind.map(keysOf);
    expect(keys).toEqual([[expect.any(String)], [expect.any(String)], [expect.any(String)]]);
    expect(new Set(keys.flat()).size).toBe(3);
    const roles = await Promise.all(ofKind.map(([answer]) => roleOf(sandbox, answer)));
    expect(roles).toEqual([
      expect.stringMatching(/^AWSReservedSSO_Developer_/),
      expect.stringMatching(/^AWSReservedSSO_ReadOnly_/),
      'WebDeveloper',
    ]);
    const asked = sandbox.newCalls();
    expect(asked).toMatchObject({ Authorize: 1, StartDeviceAuthorization: 1 });
    expect(asked).toMatchObject({ GetRoleCredentials: 2, AssumeRoleWithWebIdentity: 1 });
    expect(sandbox.provider.calls('Token')).toHaveLength(1);
    expect(pendingRecords(sandbox)).toEqual([]);
  });

  test('a crowd is denied with one word of the person', async () => {
    const sandbox = await open(signedOut);
    const { variables, opened } = blindBrowser(sandbox);
    const many = Math.ceil(count / 4);
    const calls = repeat(many, ['--profile', 'dev', '--sign-in', 'device']);
    const all = await startAll(sandbox, calls, variables);
    await sandbox.standIn.visit(await until('a page is open', () => opened()[0]), 'deny');
    for (const { finished } of all) {
      expectFailure(await finished, 4, /^The sign-in to the session "corp" was denied\b/);
    }
    expect(opened()).toHaveLength(1);
  });
});
