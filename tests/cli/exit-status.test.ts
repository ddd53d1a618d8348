import { symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from '@jest/globals';
import { builds } from '../support/builds.ts';
import { type CliSandbox, cliSandboxes } from '../support/cli-sandbox.ts';
import { expectCredentials, expectFailure, expectRecordedFailure } from '../support/outcome.ts';

interface Failure {
  readonly name: string;
  readonly args?: readonly string[];
  readonly token?: false;
  readonly arrange?: (sandbox: CliSandbox) => Promise<void> | void;
  readonly variables?: Readonly<Record<string, string>>;
  readonly expected: readonly [exitStatus: number, code: string, message: RegExp];
}

const failures: readonly Failure[] = [
  {
    name: 'a profile that is not there',
    args: ['--profile', 'dve'],
    expected: [
      2,
      'ProfileNotFound',
      /^There is no profile "dve" in ~\/\.aws\/config \(did you mean "dev"\?\)\.$/,
    ],
  },
  {
    name: 'a name too long for a line, in characters of several bytes',
    args: ['--profile', '€𝄞'.repeat(400)],
    expected: [2, 'ProfileNotFound', /^There is no profile "(€𝄞)+€?…$/],
  },
  {
    name: 'a session without a token',
    token: false,
    expected: [3, 'SignInNeeded', /"corp".*\. Run: .*\blogin\b.*(corp|dev)$/],
  },
  {
    name: 'a session whose token expired and cannot be refreshed',
    arrange: ({ standIn, tokenFile }) =>
      writeFileSync(
        tokenFile,
        JSON.stringify(standIn.issueToken({ expiresInS: -1, withRefreshToken: false })),
      ),
    expected: [3, 'SessionEnded', /^The session "corp" has ended\b.*\. Run: .*\blogin\b/],
  },
  {
    name: 'a service that cannot be reached',
    arrange: ({ standIn }) => standIn.stop(),
    expected: [5, 'NetworkFailed', /^127\.0\.0\.1:\d+ refused the connection \(ECONNREFUSED\)\.$/],
  },
  {
    name: 'a service that fails',
    arrange: ({ standIn }) => standIn.fault('GetRoleCredentials', { status: 503, times: Infinity }),
    expected: [5, 'ServiceFailed', /^GetRoleCredentials failed with status 503 /],
  },
  {
    name: 'a service that throttles for longer than there is time',
    arrange: ({ standIn }) =>
      standIn.fault('GetRoleCredentials', { status: 429, headers: { 'retry-after': '60' } }),
    expected: [5, 'Throttled', /^GetRoleCredentials is rate limited by AWS just now\b/],
  },
  {
    name: 'a role that the user does not have, in words that try to break the line',
    arrange: ({ standIn }) =>
      standIn.fault('GetRoleCredentials', { status: 403, message: 'No\r\n\u001b[31maccess\u202e' }),
    expected: [
      6,
      'RoleRefused',
      /^AWS refuses the role Developer in account 111122223333: No \[31maccess\.$/,
    ],
  },
  {
    name: 'a token file that is a link',
    token: false,
    arrange: ({ tokenFile, configFile }) => symlinkSync(configFile, tokenFile),
    expected: [7, 'StorageFailed', /^Will not use \S+\.json: it is a symbolic link\.$/],
  },
  {
    name: 'a token file that is a link to itself',
    token: false,
    arrange: ({ tokenFile }) => symlinkSync(tokenFile, tokenFile),
    expected: [7, 'StorageFailed', /^Will not use \S+\.json: it is a symbolic link\.$/],
  },
  {
    name: 'a place for records below a file',
    args: ['--profile', 'dev', '--cache-dir', '/dev/null/records'],
    expected: [7, 'StorageFailed', /\/dev\/null\/records\b/],
  },
];

describe.each(builds())('$name', (build) => {
  const open = cliSandboxes(build);

  test.each(failures)(
    'says in one line, and in the record of errors, what is wrong: $name',
    async ({ args, token, arrange, variables, expected }) => {
      const sandbox = await open(token === undefined ? {} : { token });
      await arrange?.(sandbox);
      const finished = await sandbox.run(args, variables);
      if (args?.includes('--cache-dir')) expectFailure(finished, expected[0], expected[2]);
      else expectRecordedFailure(sandbox, finished, expected);
    },
  );

  test('gives up with status 8 when another process is busy for longer than there is time', async () => {
    const sandbox = await open();
    const barrier = sandbox.standIn.barrier('busy');
    sandbox.standIn.fault('GetRoleCredentials', { holdRequest: barrier });
    const first = sandbox.run();
    await barrier.arrivals(1);
    const second = await sandbox.run(['--profile', 'dev', '--timeout', '1']);
    expectRecordedFailure(sandbox, second, [
      8,
      'LockBusy',
      /^Another sso-cred process \(pid \d+, since [\d:]{8}\) has been busy with the role Developer in account 111122223333 for 1 s\b/,
    ]);
    barrier.release();
    expectCredentials(await first);
    expect(sandbox.newCalls()).toEqual({ GetRoleCredentials: 1 });
  });

  test('calls a bug a bug, with status 1, and does not show what it stumbled over', async () => {
    const sandbox = await open();
    const preload = join(sandbox.home, 'preload.mjs');
    writeFileSync(
      preload,
      `const { stringify } = JSON;
JSON.stringify = (value, ...rest) => {
  if (value?.SecretAccessKey === undefined) return stringify(value, ...rest);
  throw new RangeError(\`odd: \${value.SecretAccessKey} \${value.SessionToken}\`);
};
`,
    );
    const finished = await sandbox.run(['--profile', 'dev'], {
      NODE_OPTIONS: `--import ${preload}`,
      BUN_OPTIONS: `--preload ${preload}`,
    });
    expectRecordedFailure(sandbox, finished, [
      1,
      'InternalError',
      /^A bug in sso-cred \S+: RangeError at \S+\/preload\.mjs:\d+\.(?!.*odd).* Run: the same command with --explain\b/,
    ]);
    expect(sandbox.newCalls()).toEqual({ GetRoleCredentials: 1 });
  });

  test.each([
    { args: ['--version'], stdout: /^sso-cred \d+\.\d+\.\d+ \([^\n]+\)\n$/ },
    { args: ['--help'], stdout: /^sso-cred --profile NAME\n(.|\n)*--timeout(.|\n)*Exit status: 0/ },
  ])('$args prints on stdout, needs no home and has status 0', async ({ args, stdout }) => {
    const sandbox = await open({ token: false });
    expect(await sandbox.run(args, { HOME: '/dev/null' })).toMatchObject({
      exitStatus: 0,
      stdout: expect.stringMatching(stdout),
      stderr: '',
    });
  });
});
