import { appendFileSync, chmodSync, existsSync, writeFileSync } from 'node:fs';
import { constants } from 'node:os';
import { join } from 'node:path';
import { describe, expect, test } from '@jest/globals';
import { builds } from '../support/builds.ts';
import { type CliSandbox, cliSandboxes } from '../support/cli-sandbox.ts';
import { terminals, testInTerminal } from '../support/in-terminal.ts';
import { expectCredentials, expectFailure, expectRecordedFailure } from '../support/outcome.ts';
import { webSandboxes } from '../support/web-sandbox.ts';

const exec = ['exec', '--profile', 'dev', '--'];
const printEnvironment = [process.execPath, '-p', 'JSON.stringify(process.env)'];
const printArguments = [process.execPath, '-p', 'JSON.stringify(process.argv.slice(1))'];

/** Whatever an environment may hold that would lead an SDK elsewhere. */
const misleading = {
  AWS_PROFILE: 'dev',
  AWS_DEFAULT_PROFILE: 'dev',
  AWS_ACCESS_KEY_ID: 'AKIAOTHER',
  AWS_SECRET_ACCESS_KEY: 'other',
  AWS_SESSION_TOKEN: 'other',
  AWS_SECURITY_TOKEN: 'other',
  AWS_ACCOUNT_ID: '999999999999',
  AWS_CONTAINER_CREDENTIALS_FULL_URI: 'http://127.0.0.1:1/',
  AWS_CONTAINER_CREDENTIALS_RELATIVE_URI: '/other',
  AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE: '/other',
  AWS_WEB_IDENTITY_TOKEN_FILE: '/other',
  AWS_ROLE_ARN: 'arn:aws:iam::999999999999:role/Other',
  AWS_ROLE_SESSION_NAME: 'other',
};

/** Runs a command that prints its environment; gives the variables that are AWS's. */
async function environmentOf(
  sandbox: CliSandbox,
  args: readonly string[] = exec,
  variables: Readonly<Record<string, string>> = {},
): Promise<Readonly<Record<string, string>>> {
  const finished = await sandbox.run([...args, ...printEnvironment], variables);
  expect(finished).toMatchObject({ exitStatus: 0, stderr: '' });
  const all: Record<string, string> = JSON.parse(finished.stdout);
  const names = Object.keys(all).filter((name) => /^_?AWS_|SSO_CRED/.test(name));
  const usual = ['AWS_EC2_METADATA_DISABLED', 'SSO_CRED_SIGN_IN'];
  return Object.fromEntries(
    names.filter((name) => !usual.includes(name)).map((name) => [name, all[name] ?? '']),
  );
}

describe.each(builds())('$name', (build) => {
  const open = cliSandboxes(build);
  const openWeb = webSandboxes(build);
  const inTerminal = terminals();

  test('the command has the credentials of the role, and nothing that says otherwise', async () => {
    const sandbox = await open();
    const environment = await environmentOf(sandbox, exec, misleading);
    const credentials = expectCredentials(await sandbox.run());
    expect(environment).toEqual({
      AWS_ACCESS_KEY_ID: credentials.AccessKeyId,
      AWS_SECRET_ACCESS_KEY: credentials.SecretAccessKey,
      AWS_SESSION_TOKEN: credentials.SessionToken,
      AWS_CREDENTIAL_EXPIRATION: credentials.Expiration,
      AWS_ACCOUNT_ID: '111122223333',
      AWS_REGION: 'eu-west-1',
      AWS_DEFAULT_REGION: 'eu-west-1',
    });
    expect(sandbox.newCalls()).toEqual({ GetRoleCredentials: 1 });
  });

  test('the region of the caller wins', async () => {
    const sandbox = await open();
    const cases = [
      [{ AWS_REGION: 'us-east-2' }, 'us-east-2', 'us-east-2'],
      [{ AWS_DEFAULT_REGION: 'us-east-2' }, 'us-east-2', 'us-east-2'],
      [{ AWS_REGION: 'us-east-2', AWS_DEFAULT_REGION: 'local' }, 'us-east-2', 'local'],
      [{ AWS_REGION: '' }, 'eu-west-1', 'eu-west-1'],
    ] as const;
    for (const [variables, region, defaultRegion] of cases) {
      const { AWS_REGION, AWS_DEFAULT_REGION } = await environmentOf(sandbox, exec, variables);
      const got = [AWS_REGION, AWS_DEFAULT_REGION];
      expect([variables, ...got]).toEqual([variables, region, defaultRegion]);
    }
  });

  test('a profile without a region sets none, and one that is malformed is refused', async () => {
    const sandbox = await open();
    const keys =
      'sso_cred_session = corp\nsso_cred_account_id = 111122223333\nservices = sandbox\n';
    const role = `${keys}sso_cred_role_name = Developer\n`;
    appendFileSync(
      sandbox.configFile,
      `\n[profile nowhere]\n${role}\n[profile wrong]\nregion = Ireland\n${role}`,
    );
    const environment = await environmentOf(sandbox, ['exec', '--profile', 'nowhere', '--']);
    expect(Object.keys(environment)).not.toContain('AWS_REGION');
    expect(Object.keys(environment)).not.toContain('AWS_DEFAULT_REGION');
    const wrong = await sandbox.run(['exec', '--profile', 'wrong', '--', 'true']);
    expectFailure(wrong, 2, /^region at ~\/\.aws\/config:\d+ is not a region /);
  });

  test('the variables of others come through as they are, those of our runtime too', async () => {
    const sandbox = await open();
    const variables = { NODE_OPTIONS: '--no-deprecation', EMPTY: '', ODD: ' $a`b\n\'"' };
    const { stdout } = await sandbox.run([...exec, ...printEnvironment], variables);
    expect(JSON.parse(stdout)).toMatchObject(variables);
    expect(stdout).not.toContain('AWS_SDK_JS');
  });

  test('its words reach the command untouched', async () => {
    const sandbox = await open();
    const words = ['', ' ', '--', '--profile', 'web', '-x', '--help', '*', '$HOME', `'"\\`, 'é\n𝄞'];
    const finished = await sandbox.run([...exec, ...printArguments, '--', ...words]);
    expect(JSON.parse(finished.stdout)).toEqual(words);
  });

  test('the exit status is the command’s, 128 and a number where a signal ended it', async () => {
    const sandbox = await open();
    for (const status of [0, 1, 3, 255]) {
      const script = `echo out; echo err >&2; exit ${status}`;
      const finished = await sandbox.run([...exec, 'sh', '-c', script]);
      const said = { stdout: 'out\n', stderr: 'err\n' };
      expect(finished).toEqual({ exitStatus: status, signal: null, ...said });
    }
    for (const signal of ['SIGTERM', 'SIGKILL', 'SIGINT', 'SIGPIPE'] as const) {
      const script = `kill -${signal.slice(3)} $$`;
      const { exitStatus, stderr } = await sandbox.run([...exec, 'sh', '-c', script]);
      const expected = 128 + constants.signals[signal];
      expect([signal, exitStatus, stderr]).toEqual([signal, expected, '']);
    }
  });

  test('it reads what we are given to read', async () => {
    const sandbox = await open();
    const running = sandbox.start([...exec, 'head', '-n', '1']);
    running.type('one\ntwo\n');
    expect(await running.finished).toMatchObject({ exitStatus: 0, stdout: 'one\n' });
  });

  test('what cannot be run is told before anybody is asked anything', async () => {
    const sandbox = await open({ token: false });
    const text = join(sandbox.home, 'text');
    const orphan = join(sandbox.home, 'orphan');
    writeFileSync(text, 'echo\n');
    const cases = [
      ['awz', 127, 'CommandNotFound', /^awz: there is no such command\.$/],
      ['', 127, 'CommandNotFound', /^"": there is no such command\.$/],
      ['/no/such', 127, 'CommandNotFound', /^\/no\/such: there is no such command\.$/],
      [`${text}/x`, 127, 'CommandNotFound', /there is no such command\.$/],
      [text, 126, 'CommandNotExecutable', /text cannot be run: permission denied\.$/],
      [sandbox.home, 126, 'CommandNotExecutable', /cannot be run: it is a directory\.$/],
    ] as const;
    for (const [name, ...expected] of cases) {
      expectRecordedFailure(sandbox, await sandbox.run([...exec, name]), expected);
    }
    expect(sandbox.newCalls()).toEqual({});
    writeFileSync(orphan, '#!/no/such/interpreter\n', { mode: 0o755 });
    const { standIn, tokenFile } = sandbox;
    writeFileSync(tokenFile, JSON.stringify(standIn.issueToken()));
    const message = /orphan cannot be run: the program that its first line names is not there\.$/;
    expectRecordedFailure(sandbox, await sandbox.run([...exec, orphan]), [
      127,
      'CommandNotFound',
      message,
    ]);
  });

  test('a script without a first line is one of sh, and PATH is the caller’s', async () => {
    const sandbox = await open();
    const script = join(sandbox.bin, 'plain-script');
    writeFileSync(script, 'echo "$1"; exit 9\n');
    chmodSync(script, 0o755);
    const finished = await sandbox.run([...exec, 'plain-script', 'a b']);
    expect(finished).toMatchObject({ exitStatus: 9, stdout: 'a b\n' });
  });

  test('without a command it says where one goes', async () => {
    const sandbox = await open();
    for (const args of [['exec', '--profile', 'dev'], exec]) {
      expectFailure(
        await sandbox.run(args),
        2,
        /^There is no command to run: it goes after a --\. Run: sso-cred exec --profile NAME -- COMMAND$/,
      );
    }
    expectFailure(await sandbox.run(['exec', 'ls']), 2, /^Unknown option: ls\b/);
  });

  test('a signal that is sent to us is the command’s to decide on', async () => {
    const sandbox = await open();
    const signals = ['SIGTERM', 'SIGHUP', 'SIGINT', 'SIGQUIT', 'SIGUSR1', 'SIGUSR2'] as const;
    for (const signal of signals) {
      const trap = `trap 'echo got ${signal}; exit 5' ${signal.slice(3)}`;
      const script = `${trap}; echo ready >&2; while :; do sleep 0.1; done`;
      const running = sandbox.start([...exec, 'sh', '-c', script]);
      await running.says(/ready/);
      running.kill(signal);
      expect(await running.finished).toMatchObject({ exitStatus: 5, stdout: `got ${signal}\n` });
    }
  });

  testInTerminal('Ctrl-C reaches the command once, which may go on', async () => {
    const sandbox = await open();
    // Not a shell: bash and dash both lose a signal that comes as they begin the next command.
    const script = `
      process.on('SIGINT', () => console.log('INT'));
      process.stdin.once('data', (data) => {
        console.log('read ' + data);
        process.exit(6);
      });
      console.log('ready');`;
    const command = [process.execPath, '-e', script];
    const shown = inTerminal(sandbox, [sandbox.program, ...exec, ...command]);
    await shown.says(/ready/);
    shown.type('\u0003');
    await shown.says(/INT/);
    shown.type('x\r');
    const { exitStatus, stderr } = await shown.finished;
    expect(exitStatus).toBe(6);
    expect(stderr.match(/INT/g)).toHaveLength(1);
    expect(stderr).toContain('read x');
  });

  testInTerminal('Ctrl-C ends what does not mind it', async () => {
    const sandbox = await open();
    const shown = inTerminal(sandbox, [sandbox.program, ...exec, 'cat']);
    shown.type('on\r');
    await shown.says(/on\r\non\r\n/);
    shown.type('\u0003');
    expect((await shown.finished).exitStatus).toBe(130);
  });

  testInTerminal('the terminal is the command’s, and a shell has its jobs in it', async () => {
    const sandbox = await open();
    const shell = ['bash', '--norc', '-i'];
    const shown = inTerminal(sandbox, [sandbox.program, ...exec, ...shell]);
    await shown.says(/bash-[\d.]+[#$] /);
    shown.type('test -t 0 -a -t 1 -a -t 2 && echo "tty-$((6*7))"\r');
    await shown.says(/tty-42/);
    shown.type('(echo begun; exec sleep 60)\r');
    await shown.says(/^begun\r$/m);
    shown.type('\u001a');
    await shown.says(/Stopped/);
    shown.type('kill %1; exit 3\r');
    await shown.says(/exit 3/);
    shown.type('exit 3\r');
    expect((await shown.finished).exitStatus).toBe(3);
  });

  test('it runs for as long as it likes, whatever --timeout says', async () => {
    const sandbox = await open();
    const args = ['exec', '--profile', 'dev', '--timeout', '1', '--', 'sleep', '17'];
    expect(await sandbox.run(args)).toMatchObject({ exitStatus: 0, stderr: '' });
  });

  describe('whose role', () => {
    test('is that of the profile in the environment, where nothing says so', async () => {
      const sandbox = await open();
      const run = ['exec', '--', 'true'];
      expectFailure(await sandbox.run(run), 2, /^There is no profile "default" in /);
      expect(await sandbox.run(run, { AWS_DEFAULT_PROFILE: 'dev' })).toMatchObject({
        exitStatus: 0,
      });
      const both = { AWS_PROFILE: 'dve', AWS_DEFAULT_PROFILE: 'dev' };
      expectFailure(await sandbox.run(run, both), 2, /^There is no profile "dve" .*"dev"/);
    });

    test('may be told by a session and flags, or by flags alone', async () => {
      const sandbox = await open();
      const { standIn } = sandbox;
      const role = ['--account-id', '111122223333', '--role-name', 'Developer'];
      const bySession = ['exec', '--session', 'corp', ...role, '--'];
      expect(await environmentOf(sandbox, bySession)).toMatchObject({
        AWS_ACCOUNT_ID: '111122223333',
      });
      const startUrl = ['--start-url', standIn.startUrl, '--sso-region', standIn.region];
      const endpoints = {
        AWS_ENDPOINT_URL_SSO: standIn.endpoints.sso,
        AWS_ENDPOINT_URL_SSO_OIDC: standIn.endpoints.ssoOidc,
      };
      const byFlags = await sandbox.run(['exec', ...startUrl, ...role, '--', 'true'], endpoints);
      expectFailure(
        byFlags,
        3,
        /^Not signed in to the session of http.* Run: sso-cred login --start-url /,
      );
    });

    const refused: readonly (readonly [readonly string[], RegExp])[] = [
      [['--session', 'corp'], /^--account-id is required without --profile\.$/],
      [
        ['--session', 'corp', '--account-id', '111122223333'],
        /^--role-name is required without --profile\.$/,
      ],
      [['--session', 'crop', '--account-id', '1'], /^There is no session "crop" .*"corp"/],
      [['--session', 'corp', '--profile', 'dev'], /^--session and --profile exclude each other\.$/],
      [
        ['--session', 'corp', '--start-url', 'https://x'],
        /^--session and --start-url exclude each other\.$/,
      ],
      [
        ['--session', 'corp', '--role-arn', 'arn'],
        /^--role-arn is not for a session of Identity Center, and "corp" is one\.$/,
      ],
      [
        ['--profile', 'dev', '--account-id', '1'],
        /^--profile and --account-id exclude each other\.$/,
      ],
      [['--start-url', 'https://x', '--sso-region', 'eu-west-1'], /^--account-id is required /],
    ];

    test('is refused where it is told in part, or twice', async () => {
      const sandbox = await open();
      const check = async ([args, message]: (typeof refused)[number]) =>
        expectFailure(await sandbox.run(['exec', ...args, '--', 'true']), 2, message);
      await Promise.all(refused.map(check));
      expect(sandbox.newCalls()).toEqual({});
    });

    test('may be one at an OpenID provider, of a profile or of a session', async () => {
      const sandbox = await openWeb();
      await sandbox.signIn();
      const byProfile = await environmentOf(sandbox, ['exec', '--profile', 'web', '--']);
      expect(byProfile).toMatchObject({ AWS_ACCOUNT_ID: '111122223333', AWS_REGION: 'eu-west-1' });
      const role = ['--role-arn', 'arn:aws:iam::111122223333:role/WebDeveloper'];
      const sts = { AWS_ENDPOINT_URL_STS: sandbox.standIn.endpoints.sts };
      const bySession = ['exec', '--session', 'acme', ...role, '--'];
      const { AWS_ENDPOINT_URL_STS, ...others } = await environmentOf(sandbox, bySession, sts);
      expect(AWS_ENDPOINT_URL_STS).toBe(sts.AWS_ENDPOINT_URL_STS);
      expect(Object.keys(others)).not.toContain('AWS_REGION');
      const account = ['--account-id', '111122223333'];
      expectFailure(
        await sandbox.run(['exec', '--session', 'acme', ...account, '--', 'true']),
        2,
        /^--account-id is not for a session at an OpenID provider, and "acme" is one\.$/,
      );
    });
  });

  test('it signs in first where that is needed', async () => {
    const sandbox = await open({ token: false, browser: 'allow' });
    const args = ['exec', '--profile', 'dev', '--sign-in', 'browser', '--'];
    const environment = await environmentOf(sandbox, args);
    expect(environment['AWS_ACCESS_KEY_ID']).toMatch(/^ASIA/);
    expect(Object.keys(environment)).not.toContain('SSO_CRED_STARTED_BY');
    expect(sandbox.newCalls()).toMatchObject({ AuthorizeDecision: 1, GetRoleCredentials: 1 });
  });

  test('it signs in to a session that flags name, by the process that does it for all', async () => {
    const sandbox = await open({ token: false, browser: 'allow' });
    const role = ['--account-id', '111122223333', '--role-name', 'Developer'];
    const args = ['exec', '--session', 'corp', ...role, '--sign-in', 'browser', '--explain'];
    const finished = await sandbox.run([...args, '--', 'printenv', 'AWS_ACCOUNT_ID']);
    expect(finished).toMatchObject({ exitStatus: 0, stdout: '111122223333\n' });
    expect(finished.stderr).not.toContain('no process of its own could be started');
    expect(existsSync(join(sandbox.cacheDirectory, 'last-errors.jsonl'))).toBe(false);
  });

  test('--refresh gets new credentials, --explain tells which variables are set, and no secret', async () => {
    const sandbox = await open();
    const before = await environmentOf(sandbox);
    const args = ['exec', '--profile', 'dev', '--refresh', '--explain', '--', 'printenv'];
    const { stdout, stderr } = await sandbox.run([...args, 'AWS_ACCESS_KEY_ID']);
    expect(stdout).not.toBe(`${before['AWS_ACCESS_KEY_ID']}\n`);
    expect(stderr).toMatch(
      /^command +\S*\/printenv, with AWS_ACCESS_KEY_ID, .*AWS_DEFAULT_REGION$/m,
    );
  });

  test('an SDK acts in the role by what it finds in the environment', async () => {
    const sandbox = await open();
    const script = `import { GetCallerIdentityCommand, STSClient } from '@aws-sdk/client-sts';
      const { Arn } = await new STSClient().send(new GetCallerIdentityCommand());
      console.log(Arn);`;
    const command = [process.execPath, '--no-warnings', '--input-type=module', '--eval', script];
    const sts = { AWS_ENDPOINT_URL_STS: sandbox.standIn.endpoints.sts };
    const finished = await sandbox.run([...exec, ...command], { ...misleading, ...sts });
    expect(finished).toMatchObject({ exitStatus: 0, stderr: '' });
    expect(finished.stdout).toMatch(
      /^arn:aws:sts::111122223333:assumed-role\/AWSReservedSSO_Developer_/,
    );
  });

  test('a command that it runs may ask for credentials as any other', async () => {
    const sandbox = await open();
    const finished = await sandbox.run([...exec, 'sso-cred', '--profile', 'dev']);
    expectCredentials(finished);
    expect(sandbox.newCalls()).toEqual({ GetRoleCredentials: 1 });
  });
});
