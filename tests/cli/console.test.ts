import { appendFileSync, existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from '@jest/globals';
import { run } from '../../src/cli.ts';
import { realWorld } from '../../src/real-world.ts';
import { openBrowser } from '../../src/system/browser.ts';
import type { World } from '../../src/world.ts';
import { builds } from '../support/builds.ts';
import { type CliSandbox, cliSandboxes } from '../support/cli-sandbox.ts';
import { expectFailure, expectRecordedFailure } from '../support/outcome.ts';
import { blindBrowser } from '../support/sign-in.ts';
import { webSandboxes } from '../support/web-sandbox.ts';

const console = ['console', '--profile', 'dev'];
const print = [...console, '--print'];

/** The URL that was printed, with its parameters. */
function printed(stdout: string) {
  expect(stdout).toMatch(/^http\S+\n$/);
  const url = new URL(stdout.trim());
  return { url, ...Object.fromEntries(url.searchParams) } as Readonly<Record<string, string>> & {
    readonly url: URL;
  };
}

/** What the federation endpoint was asked for a token, without the credentials. */
function asked({ standIn }: CliSandbox) {
  return standIn.calls('GetSigninToken').map(({ input: { Session: _, ...rest } }) => rest);
}

describe.each(builds())('$name', (build) => {
  const open = cliSandboxes(build);
  const openWeb = webSandboxes(build);

  test('the URL signs a browser in as the role, and leads to the console home', async () => {
    const sandbox = await open();
    const { exitStatus, stdout, stderr } = await sandbox.run(print);
    expect([exitStatus, stderr]).toEqual([0, '']);
    const { url, Action, Issuer, Destination } = printed(stdout);
    expect(`${url.origin}${url.pathname}`).toBe(`${sandbox.standIn.endpoints.signin}/federation`);
    expect({ Action, Issuer, Destination }).toEqual({
      Action: 'login',
      Issuer: sandbox.standIn.startUrl,
      Destination: 'https://eu-west-1.console.aws.amazon.com/console/home?region=eu-west-1',
    });
    expect(asked(sandbox)).toEqual([{ Action: 'getSigninToken' }]);
    expect(await (await fetch(url)).text()).toContain('AWSReservedSSO_Developer_');
    expect(sandbox.newCalls()).toEqual({ GetRoleCredentials: 1, GetSigninToken: 1, Login: 1 });
  });

  test('the page is that of a service, a path or a URL, in the region that is wanted', async () => {
    const sandbox = await open();
    const cases: readonly (readonly [
      readonly string[],
      Readonly<Record<string, string>>,
      string,
    ])[] = [
      [
        ['--service', 's3'],
        {},
        'https://eu-west-1.console.aws.amazon.com/s3/home?region=eu-west-1',
      ],
      [
        ['--service', 'logs', '--region', 'us-east-1'],
        { AWS_REGION: 'eu-north-1' },
        'https://console.aws.amazon.com/cloudwatch/home?region=us-east-1#logsV2:log-groups',
      ],
      [
        ['--service', 's3'],
        { AWS_REGION: 'eu-north-1' },
        'https://eu-north-1.console.aws.amazon.com/s3/home?region=eu-north-1',
      ],
      // One of another partition, and one of somebody's own, say nothing of this role.
      [
        ['--service', 's3'],
        { AWS_REGION: 'cn-north-1' },
        'https://eu-west-1.console.aws.amazon.com/s3/home?region=eu-west-1',
      ],
      [
        ['--service', 's3'],
        { AWS_REGION: 'local' },
        'https://eu-west-1.console.aws.amazon.com/s3/home?region=eu-west-1',
      ],
      [
        ['--destination', '/systems-manager/parameters'],
        {},
        'https://eu-west-1.console.aws.amazon.com/systems-manager/parameters',
      ],
      [
        ['--destination', 'https://health.aws.amazon.com/x?y=1#z'],
        {},
        'https://health.aws.amazon.com/x?y=1#z',
      ],
    ];
    for (const [args, variables, expected] of cases) {
      const { stdout } = await sandbox.run([...print, ...args], variables);
      expect(printed(stdout)['Destination']).toBe(expected);
    }
  });

  const refused: readonly (readonly [readonly string[], RegExp])[] = [
    [['--service', 'S3 '], /^--service takes a name such as s3 or cloudformation; /],
    [['--service', '../x'], /^--service takes a name /],
    [
      ['--service', 's3', '--destination', '/'],
      /^--service and --destination exclude each other\.$/,
    ],
    [['--destination', 'console'], /^--destination is neither an https URL nor a path\.$/],
    [['--destination', '//evil.example/'], /^--destination is neither an https URL nor a path\.$/],
    [
      ['--destination', 'http://example.com/'],
      /^--destination is neither an https URL nor a path\.$/,
    ],
    [['--region', 'Ireland'], /^--region is not a region such as eu-west-1\.$/],
    [
      ['--region', 'cn-north-1'],
      /^--region cn-north-1 is not of the partition aws, which the role is in\.$/,
    ],
    ...['14m', '13h', '12h1s', '8', 'long', '-1h'].map(
      (value) =>
        [['--duration', value], /^--duration takes 15m to 12h, such as 90m or 8h\.$/] as const,
    ),
  ];

  test('what is wrong on the command line is told before anybody is asked', async () => {
    const sandbox = await open({ token: false });
    const check = async ([args, message]: (typeof refused)[number]) =>
      expectFailure(await sandbox.run([...print, ...args]), 2, message);
    for (let at = 0; at < refused.length; at += 5) {
      await Promise.all(refused.slice(at, at + 5).map(check));
    }
    expect(sandbox.newCalls()).toEqual({});
  });

  test('--duration is asked for, and left out where AWS does not take it', async () => {
    const sandbox = await open();
    const args = [...print, '--duration', '8h'];
    expect(await sandbox.run(args)).toMatchObject({ exitStatus: 0, stderr: '' });
    expect(asked(sandbox)).toEqual([{ Action: 'getSigninToken', SessionDuration: '28800' }]);
    sandbox.standIn.resetCalls();
    sandbox.standIn.fault('GetSigninToken', {
      status: 400,
      message: 'Invalid credentials parameter',
      times: Infinity,
      when: ({ input }) => input['SessionDuration'] !== undefined,
    });
    const { exitStatus, stdout, stderr } = await sandbox.run(args);
    expect([exitStatus, stderr]).toEqual([
      0,
      'AWS takes no --duration for this role: the console session lasts as long as its credentials.\n',
    ]);
    expect(asked(sandbox)).toEqual([
      { Action: 'getSigninToken', SessionDuration: '28800' },
      { Action: 'getSigninToken' },
    ]);
    expect(await (await fetch(printed(stdout).url)).text()).toContain('Signed in to the console');
  });

  test('what AWS refuses, fails at, or does not answer is told without a word of the secret', async () => {
    const cases = [
      [
        { status: 400 },
        6,
        'RoleRefused',
        /^AWS lets Developer in account 111122223333 not sign in to the console \(status 400\)\.$/,
      ],
      [{ status: 403 }, 6, 'RoleRefused', /\(status 403\)\.$/],
      [{ status: 503 }, 5, 'ServiceFailed', /^GetSigninToken failed with status 503\.$/],
      [{ status: 302, headers: { location: 'https://x' } }, 5, 'ServiceFailed', /status 302\.$/],
      [
        { status: 429, headers: { 'retry-after': '3600' } },
        5,
        'Throttled',
        /^GetSigninToken is rate limited/,
      ],
      [
        { body: '<html>', status: 200 },
        5,
        'ServiceFailed',
        /^The reply to GetSigninToken lacks SigninToken\.$/,
      ],
      [{ dropConnection: true }, 5, 'NetworkFailed', /closed the connection/],
    ] as const;
    const sandbox = await open();
    for (const [fault, ...expected] of cases) {
      sandbox.standIn.fault('GetSigninToken', { ...fault, times: Infinity });
      expectRecordedFailure(sandbox, await sandbox.run(print), expected);
      sandbox.standIn.clearFaults();
    }
  });

  test('credentials are in the body, and in the query only where AWS takes no POST', async () => {
    const sandbox = await open();
    sandbox.standIn.fault('GetSigninToken', {
      status: 405,
      when: ({ headers }) => headers['content-type'] !== undefined,
    });
    expect((await sandbox.run(print)).exitStatus).toBe(0);
    const calls = sandbox.standIn.calls('GetSigninToken');
    expect(calls.map(({ status }) => status)).toEqual([405, 200]);
    expect(calls[1]?.headers).not.toHaveProperty('content-type');
  });

  test('neither the URL nor its token is told by --explain, or kept', async () => {
    const sandbox = await open();
    const { stdout, stderr } = await sandbox.run([...print, '--explain', '--duration', '1h']);
    const { SigninToken = '' } = printed(stdout);
    expect(stderr).toMatch(/^network +GetSigninToken at \S+ \(SessionDuration=3600\): status 200/m);
    expect(stderr).toMatch(/^console +sign in at \S+\/federation, then https:\/\/\S+$/m);
    expect(stderr).not.toContain(SigninToken.slice(0, 40));
    expect(stderr).not.toContain(encodeURIComponent(SigninToken).slice(0, 40));
  });

  test('a role at an OpenID provider has a console too', async () => {
    const sandbox = await openWeb();
    await sandbox.signIn();
    const { stdout } = await sandbox.run(['console', '--profile', 'web', '--print']);
    const { Issuer, url } = printed(stdout);
    expect(Issuer).toBe(sandbox.provider.issuer);
    expect(await (await fetch(url)).text()).toContain('assumed-role/WebDeveloper/');
  });

  test('without a browser it says how to get the URL, before anybody is asked', async () => {
    const sandbox = await open();
    expectFailure(
      await sandbox.run(console, { BROWSER: 'none' }),
      2,
      /^No browser can be opened here: .*\. Run: the same command with --print$/,
    );
    expect(sandbox.newCalls()).toEqual({});
  });

  test('a browser on another machine is given the URL itself', async () => {
    const sandbox = await open();
    const { variables, opened } = blindBrowser(sandbox);
    const finished = await sandbox.run(console, { ...variables, SSH_TTY: '/dev/pts/0' });
    expect(finished).toEqual({
      exitStatus: 0,
      signal: null,
      stdout: '',
      stderr: 'The console opens in your browser, as Developer in account 111122223333.\n',
    });
    while (opened().length === 0) await new Promise((resolve) => setTimeout(resolve, 20));
    const { url } = printed(`${opened()[0]}\n`);
    expect(await (await fetch(url)).text()).toContain('Signed in to the console');
  });

  test('an endpoint for FIPS and one of your own exclude each other', async () => {
    const sandbox = await open();
    const fips = { AWS_USE_FIPS_ENDPOINT: 'true' };
    expectFailure(await sandbox.run(print, fips), 2, /sets an endpoint, and a FIPS endpoint /);
  });

  test('plain http goes to the loopback only', async () => {
    const sandbox = await open();
    const variables = { AWS_ENDPOINT_URL_SIGNIN: 'http://signin.example.com' };
    expectFailure(
      await sandbox.run(print, variables),
      2,
      /^AWS_ENDPOINT_URL_SIGNIN sets the endpoint http:\/\/signin\.example\.com: /,
    );
    expect(sandbox.newCalls()).toEqual({});
  });
});

describe('a browser of this machine', () => {
  const [build] = builds();
  if (build === undefined) throw new Error('there is no build');
  const open = cliSandboxes(build);

  /** Runs the command in this process, which is in no container then. */
  async function runHere(sandbox: CliSandbox, browser: string, args: readonly string[] = console) {
    const said = { out: '', err: '' };
    const env = { ...sandbox.env, BROWSER: browser };
    const { platform } = process;
    const world: World = {
      ...realWorld(),
      env,
      openBrowser: (url, setting, trace) => openBrowser(url, { setting, env, platform }, trace),
      surroundings: () => ({ platform, isWsl: false, isContainer: false }),
      print: (descriptor: 1 | 2, text: string) => {
        said[descriptor === 1 ? 'out' : 'err'] += text;
      },
    };
    return { exitStatus: await run(args, world), ...said };
  }

  /** A browser that goes where it is led, and notes what it was started with and what it saw. */
  function followingBrowser({ bin }: CliSandbox) {
    const log = join(bin, 'following-browser.json');
    const script = join(bin, 'following-browser.mjs');
    writeFileSync(
      script,
      `import { writeFileSync } from 'node:fs';
const [url] = process.argv.slice(2);
const reply = await fetch(url, { redirect: 'manual' });
const location = reply.headers.get('location');
const page = await (await fetch(location)).text();
writeFileSync('${log}', JSON.stringify({ url, status: reply.status, location, page }));
`,
    );
    return {
      command: `${process.execPath} ${script}`,
      seen: async () => {
        while (!existsSync(log) || readFileSync(log, 'utf8') === '') {
          await new Promise((resolve) => setTimeout(resolve, 20));
        }
        return JSON.parse(readFileSync(log, 'utf8'));
      },
    };
  }

  test('is led there, and has no secret on its command line', async () => {
    const sandbox = await open();
    const { command, seen } = followingBrowser(sandbox);
    expect(await runHere(sandbox, command)).toEqual({
      exitStatus: 0,
      out: '',
      err: 'The console opens in your browser, as Developer in account 111122223333.\n',
    });
    const { url, status, location, page } = await seen();
    expect(url).toMatch(/^http:\/\/127\.0\.0\.1:\d+\/[0-9a-f]{64}$/);
    expect(status).toBe(302);
    expect(new URL(location).searchParams.get('Action')).toBe('login');
    expect(page).toContain('Signed in to the console');
  });

  test('that does not come is told of', async () => {
    const sandbox = await open();
    const finished = await runHere(sandbox, '/usr/bin/env', [...console, '--timeout', '3']);
    expect(finished).toEqual({
      exitStatus: 8,
      out: '',
      err: 'The browser was started and did not come. Run: the same command with --print\n',
    });
  });

  test('that cannot be started is told of', async () => {
    const sandbox = await open();
    const finished = await runHere(sandbox, '/no/such/browser');
    expect(finished).toEqual({
      exitStatus: 2,
      out: '',
      err: 'No browser can be opened here: it cannot be started. Run: the same command with --print\n',
    });
  });

  test('is that of the config too', async () => {
    const sandbox = await open();
    const { command, seen } = followingBrowser(sandbox);
    appendFileSync(sandbox.configFile, `\n[sso-cred settings]\nbrowser = ${command} {url}\n`);
    expect((await runHere(sandbox, '')).exitStatus).toBe(0);
    expect((await seen()).status).toBe(302);
  });
});
