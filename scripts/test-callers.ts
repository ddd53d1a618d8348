import { spawn } from 'node:child_process';
import { appendFileSync, readFileSync } from 'node:fs';
import { delimiter, dirname, join, resolve } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { GetCallerIdentityCommand, STSClient } from '@aws-sdk/client-sts';
import {
  type IdentityProvider,
  startIdentityProvider,
} from '../tests/stand-in/identity-provider.ts';
import {
  createSandboxHome,
  type SandboxHome,
  type SandboxHomeOptions,
} from '../tests/stand-in/sandbox-home.ts';
import { type StandIn, startStandIn } from '../tests/stand-in/stand-in.ts';
import type { OperationName } from '../tests/stand-in/wire.ts';
import { type Build, builds } from '../tests/support/builds.ts';
import { endpointVariables } from '../tests/support/endpoint-variables.ts';
import { freePort } from '../tests/support/free-port.ts';
import { runProcess, startProcess } from '../tests/support/run-process.ts';
import { compareEndpoints } from './compare-endpoints.ts';

const usage = `Usage: bash scripts/test-callers.sh
Lets real AWS SDKs and the AWS CLI resolve profiles through both builds, and moto's STS judge what they
send for a web identity; says what came of it.
`;

/** What one client of a caller got. */
interface Outcome {
  readonly arn?: string;
  readonly error?: string;
}

/** A program as users have it, which finds its credentials through `credential_process`. */
interface Caller {
  readonly name: string;
  /** Whether its errors hold what we write to stderr. */
  readonly showsStderr: boolean;
  /** Calls GetCallerIdentity with so many clients at once, each by the profile dev or another. */
  readonly call: (
    clients: number,
    env: Environment,
    profile?: string,
  ) => Promise<readonly Outcome[]>;
}

type Environment = Readonly<Record<string, string>>;

/** Runs one check and prints its line; it is passed unless `run` throws. */
type Check = (name: string, run: () => Promise<void>) => Promise<void>;

const roleOfDev = /^arn:aws:sts::111122223333:assumed-role\/AWSReservedSSO_Developer_\w+\/\S+$/;
const roleOfProd = /^arn:aws:sts::444455556666:assumed-role\/AWSReservedSSO_ReadOnly_\w+\/\S+$/;
const roleOfWeb = 'arn:aws:sts::111122223333:assumed-role/WebDeveloper/jane.doe@example.com';
const clientsAtOnce = 8;
const processTimeoutMs = 60_000;
const startedAt = Date.now();
const totalTimeoutMs = 12 * 60_000;

async function main(): Promise<number> {
  const { values } = parseArgs({
    options: {
      python: { type: 'string' },
      'without-python': { type: 'string' },
      'without-moto': { type: 'string' },
      help: { type: 'boolean', default: false },
    },
  });
  if (values.help) {
    process.stdout.write(usage);
    return 0;
  }
  // The SDK's remark on the version of Node is not what is checked here.
  process.env['AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED'] = 'true';
  let passed = 0;
  let failed = 0;
  let skipped = 0;
  const check: Check = async (name, run) => {
    try {
      await run();
      passed += 1;
      console.log(`ok   ${name}`);
    } catch (error) {
      failed += 1;
      console.log(`FAIL ${name}: ${error instanceof Error ? error.message : error}`);
    }
  };
  const skip = (name: string, reason: string): void => {
    skipped += 1;
    console.log(`skip ${name}: ${reason}`);
  };

  const callers = [...javaScriptCallers];
  const pythonCallers = callersInPython(values.python ?? '');
  if (values.python !== undefined) callers.push(...pythonCallers);
  else for (const { name } of pythonCallers) skip(name, values['without-python'] ?? 'no Python');
  const present = builds();
  if (!present.some(({ name }) => name === 'executable')) {
    skip('executable', 'dist/bin/sso-cred was not built');
  }

  const { python } = values;
  if (python === undefined) skip('endpoints', values['without-python'] ?? 'no Python');
  else {
    await check('endpoints: the hosts that are called are those that botocore calls', async () => {
      const compared = await compareEndpoints(resolve(python));
      // For each of three services four variants, in over forty regions.
      if (compared < 480) throw new Error(`only ${compared} were compared`);
    });
  }

  const identityProvider = await startIdentityProvider();
  const standIn = await startStandIn({ identityProvider });
  try {
    for (const build of present) {
      for (const caller of callers) {
        await tryCaller(caller, build, standIn, check);
        await tryWebIdentity(caller, build, { standIn, identityProvider }, check);
        await tryConfigured(caller, build, standIn, check);
      }
    }
    for (const build of values.python === undefined ? [] : present) {
      await tryExec(values.python ?? '', build, standIn, check);
    }
    if (values.python !== undefined) await tryClaims(values.python, check);
    else skip('what is known of SDKs', values['without-python'] ?? 'no Python');
    const withoutMoto = values['without-moto'] ?? values['without-python'];
    if (values.python === undefined || withoutMoto !== undefined) {
      skip('moto', withoutMoto ?? 'no Python');
    } else {
      await withMoto(values.python, async (url) => {
        for (const build of present) {
          await tryMoto(url, build, { standIn, identityProvider }, check);
        }
      });
    }
  } finally {
    await standIn.stop();
    await identityProvider.stop();
  }
  console.log(`${passed} passed, ${failed} failed${skipped > 0 ? `, ${skipped} skipped` : ''}`);
  return failed === 0 ? 0 : 1;
}

/** What `doctor` knows of SDKs, tried with this Python's boto3 and the JavaScript SDK. */
async function tryClaims(python: string, check: Check): Promise<void> {
  const jest = resolve('node_modules', 'jest', 'bin', 'jest.js');
  for (const name of ['clashes', 'dialect-traps']) {
    await check(`what is known of SDKs: ${name}`, async () => {
      const args = ['--experimental-vm-modules', jest, '--silent', `tests/callers/${name}`];
      const path = [dirname(resolve(python)), process.env['PATH']].join(delimiter);
      const { exitStatus, stderr } = await start(process.execPath, args, {
        ...ownEnvironment(),
        PATH: path,
      });
      if (exitStatus !== 0) throw new Error(stderr.slice(-2000));
      if (stderr.includes('SKIPPED')) throw new Error('boto3 was not found');
    });
  }
}

function ownEnvironment(): Environment {
  const set = Object.entries(process.env).filter(([, value]) => value !== undefined);
  return Object.fromEntries(set) as Record<string, string>;
}

/** All checks of one caller with one build. */
async function tryCaller(
  caller: Caller,
  build: Build,
  standIn: StandIn,
  check: Check,
): Promise<void> {
  const title = `${caller.name}, ${build.name}`;

  await inSandbox(standIn, { ssoCred: build.path }, async ({ env }) => {
    await check(`${title}: resolves the profile`, async () => {
      expectArns(await caller.call(1, env), 1);
      expectCalls(standIn, { GetRoleCredentials: 1, GetCallerIdentity: 1 });
    });
    await check(`${title}: is served from the cache the next time`, async () => {
      expectArns(await caller.call(1, env), 1);
      expectCalls(standIn, { GetRoleCredentials: 1, GetCallerIdentity: 2 });
    });
  });

  const expired = { ssoCred: build.path, token: { expiresInS: -60 } };
  await inSandbox(standIn, expired, async ({ env }) => {
    const name = `${clientsAtOnce} clients at once, token expired: one refresh, one role call`;
    await check(`${title}: ${name}`, async () => {
      expectArns(await caller.call(clientsAtOnce, env), clientsAtOnce);
      const identities = { GetCallerIdentity: clientsAtOnce };
      expectCalls(standIn, { CreateToken: 1, GetRoleCredentials: 1, ...identities });
    });
  });

  await inSandbox(standIn, expired, async ({ env, home }) => {
    const place = caller.showsStderr ? 'its error' : 'last-errors.jsonl';
    await check(`${title}: that the session has ended is said in ${place}`, async () => {
      standIn.endSession();
      const [outcome] = await caller.call(1, env);
      if (outcome?.error === undefined) throw new Error(`no error but ${JSON.stringify(outcome)}`);
      expectSentence('last-errors.jsonl', lastErrors(home));
      if (caller.showsStderr) expectSentence('the error', outcome.error);
    });
  });
}

/** What a sign-in at an OpenID provider needs. */
interface WebServers {
  readonly standIn: StandIn;
  readonly identityProvider: IdentityProvider;
}

/** The checks of one caller with one build that are another with a web identity. */
async function tryWebIdentity(
  caller: Caller,
  build: Build,
  servers: WebServers,
  check: Check,
): Promise<void> {
  const { standIn } = servers;
  await inSignedInSandbox(servers, build, async ({ env }) => {
    await check(
      `${caller.name}, ${build.name}: resolves the profile of a web identity`,
      async () => {
        expectArns(await caller.call(1, env, 'web'), 1, roleOfWeb);
        expectCalls(standIn, { AssumeRoleWithWebIdentity: 1, GetCallerIdentity: 1 });
      },
    );
  });
}

/** Whether programs in Python act in the role that `exec` gives them, whatever else they are told. */
async function tryExec(
  python: string,
  build: Build,
  standIn: StandIn,
  check: Check,
): Promise<void> {
  const programs = {
    boto3: ['-c', 'import boto3; print(boto3.client("sts").get_caller_identity()["Arn"])'],
    'AWS CLI': '-m awscli sts get-caller-identity --query Arn --output text'.split(' '),
  };
  await inSandbox(standIn, { ssoCred: build.path }, async ({ env, bin }) => {
    for (const [name, words] of Object.entries(programs)) {
      await check(`${name}, ${build.name}: acts in the role that exec gives it`, async () => {
        const told = { AWS_PROFILE: 'another', AWS_ENDPOINT_URL_STS: standIn.endpoints.sts };
        const args = ['exec', '--profile', 'dev', '--', resolve(python), ...words];
        const program = join(bin, 'sso-cred');
        const { stdout, stderr } = await start(program, args, { ...env, ...told });
        expectArns([{ arn: stdout.trim(), error: stderr }], 1);
      });
    }
  });
}

/** Whether a caller can use what `configure` writes, from where sso-cred is not on the PATH. */
async function tryConfigured(
  caller: Caller,
  build: Build,
  standIn: StandIn,
  check: Check,
): Promise<void> {
  await inSandbox(standIn, { ssoCred: build.path }, async ({ env, bin, configFile }) => {
    const variables: Environment = { ...env, ...endpointVariables(standIn) };
    const configure = async (...args: readonly string[]) => {
      const { exitStatus, stderr } = await start(
        join(bin, 'sso-cred'),
        ['configure', ...args],
        variables,
      );
      if (exitStatus !== 0) throw new Error(stderr);
    };
    const path = (variables['PATH'] ?? '').split(delimiter).filter((folder) => folder !== bin);
    const elsewhere = { ...variables, PATH: path.join(delimiter) };
    const role = ['--account-id', '444455556666', '--role-name', 'ReadOnly'];
    const ways = {
      'configure sso': {
        args: ['sso', '--session', 'corp', ...role, '--profile', 'prod'],
        profile: 'prod',
      },
      'configure populate': {
        args: ['populate', '--session', 'corp'],
        profile: 'Acme-Production.ReadOnly',
      },
      'configure import': { args: ['import', '--all'], profile: 'native' },
    };
    appendFileSync(
      configFile,
      `
[profile native]
sso_session = corp
sso_account_id = 444455556666
sso_role_name = ReadOnly
region = eu-west-1
`,
    );
    for (const [name, { args, profile }] of Object.entries(ways)) {
      await check(`${caller.name}, ${build.name}: uses what ${name} writes`, async () => {
        await configure(...args);
        expectArns(await caller.call(1, elsewhere, profile), 1, roleOfProd);
      });
    }
  });
}

/** Whether another STS than ours understands what is sent, and its answer is understood. */
async function tryMoto(
  url: string,
  build: Build,
  servers: WebServers,
  check: Check,
): Promise<void> {
  await inSignedInSandbox(servers, build, async ({ env, bin }) => {
    await check(`moto, ${build.name}: gives a role for a web identity`, async () => {
      const program = join(bin, 'sso-cred');
      const args = ['--profile', 'web'];
      const { exitStatus, stdout, stderr } = await start(program, args, {
        ...env,
        AWS_ENDPOINT_URL_STS: url,
      });
      if (exitStatus !== 0) throw new Error(stderr);
      const answer = JSON.parse(stdout) as Record<string, string>;
      const credentials = {
        accessKeyId: answer['AccessKeyId'] ?? '',
        secretAccessKey: answer['SecretAccessKey'] ?? '',
        sessionToken: answer['SessionToken'] ?? '',
      };
      const sts = new STSClient({ region: 'eu-west-1', endpoint: url, credentials });
      const { Arn } = await sts.send(new GetCallerIdentityCommand());
      if (Arn !== roleOfWeb) throw new Error(`moto says that this is ${Arn}`);
      expectCalls(servers.standIn, {});
    });
  });
}

/** Runs moto's server on the loopback for as long as `use` takes. */
async function withMoto(python: string, use: (url: string) => Promise<void>): Promise<void> {
  const port = await freePort();
  const url = `http://127.0.0.1:${port}`;
  const args = ['-m', 'moto.server', '-H', '127.0.0.1', '-p', String(port)];
  const moto = spawn(resolve(python), args, { stdio: 'ignore' });
  const ended = new Promise<void>((end) => {
    moto.once('exit', () => end()).once('error', () => end());
  });
  try {
    await isUp(url);
    await use(url);
  } finally {
    moto.kill();
    await ended;
  }
}

/** Waits until a server answers, whatever it says. */
async function isUp(url: string): Promise<void> {
  const deadline = Date.now() + processTimeoutMs;
  for (;;) {
    try {
      await fetch(url);
      return;
    } catch (error) {
      if (Date.now() > deadline) throw error;
      await delay(200);
    }
  }
}

/** A sandbox whose profile web is signed in, as a person does who opens the page that is told. */
async function inSignedInSandbox(
  { standIn, identityProvider }: WebServers,
  build: Build,
  use: (sandbox: SandboxHome) => Promise<void>,
): Promise<void> {
  await inSandbox(standIn, { ssoCred: build.path, identityProvider }, async (sandbox) => {
    const program = join(sandbox.bin, 'sso-cred');
    const args = ['login', '--session', 'acme', '--browser', '--no-open'];
    const login = startProcess(program, args, { env: sandbox.env, timeoutMs: processTimeoutMs });
    const [, page = ''] = await login.says(/^ {2}(http:\S+\?\S+)$/m);
    await identityProvider.visit(page);
    const { exitStatus, stderr } = await login.finished;
    if (exitStatus !== 0) throw new Error(stderr);
    await use(sandbox);
  });
}

async function inSandbox(
  standIn: StandIn,
  options: SandboxHomeOptions,
  use: (sandbox: SandboxHome) => Promise<void>,
): Promise<void> {
  const sandbox = createSandboxHome(standIn, options);
  standIn.resetCalls();
  try {
    // Where nobody sits, no browser is to open.
    await use({ ...sandbox, env: { ...sandbox.env, SSO_CRED_SIGN_IN: 'never' } });
  } finally {
    await sandbox.remove();
  }
}

const javaScriptCallers: readonly Caller[] = [
  { name: 'JavaScript SDK, fromIni', showsStderr: true, call: callJavaScript('fromIni') },
  { name: 'JavaScript SDK, fromProcess', showsStderr: true, call: callJavaScript('fromProcess') },
  { name: 'JavaScript SDK, default chain', showsStderr: false, call: callJavaScript('default') },
];

function callJavaScript(provider: string): Caller['call'] {
  const script = fileURLToPath(new URL('call-sts.js', import.meta.url));
  return async (clients, env, profile = 'dev') => {
    const args = [script, provider, String(clients)];
    const variables = { ...env, AWS_PROFILE: profile };
    const { stdout, stderr } = await start(process.execPath, args, variables);
    return outcomesOf(stdout, stderr);
  };
}

function callersInPython(path: string): readonly Caller[] {
  const python = resolve(path);
  const script = resolve('tests', 'callers', 'call_sts.py');
  return [
    {
      name: 'boto3',
      showsStderr: true,
      call: async (clients, env, profile = 'dev') => {
        const { stdout, stderr } = await start(python, [script, String(clients), profile], env);
        return outcomesOf(stdout, stderr);
      },
    },
    {
      name: 'AWS CLI',
      showsStderr: true,
      call: (clients, env, profile = 'dev') =>
        Promise.all(
          Array.from({ length: clients }, async () => {
            const words = ['-m', 'awscli', 'sts', 'get-caller-identity', '--profile', profile];
            const args = [...words, '--output', 'json'];
            const { exitStatus, stdout, stderr } = await start(python, args, env);
            if (exitStatus !== 0) return { error: stderr };
            return { arn: (JSON.parse(stdout) as { Arn: string }).Arn };
          }),
        ),
    },
  ];
}

function start(program: string, args: readonly string[], env: Environment) {
  const leftMs = startedAt + totalTimeoutMs - Date.now();
  if (leftMs <= 0) throw new Error('not tried: the time for all checks is up');
  return runProcess(program, args, { env, timeoutMs: Math.min(leftMs, processTimeoutMs) });
}

function outcomesOf(stdout: string, stderr: string): readonly Outcome[] {
  if (stdout === '') throw new Error(`the caller printed nothing but: ${stderr.slice(-500)}`);
  return JSON.parse(stdout) as readonly Outcome[];
}

function expectArns(
  outcomes: readonly Outcome[],
  count: number,
  expected: RegExp | string = roleOfDev,
): void {
  const isRight = ({ arn = '' }: Outcome) =>
    typeof expected === 'string' ? arn === expected : expected.test(arn);
  const [wrong] = outcomes.filter((outcome) => !isRight(outcome));
  if (wrong !== undefined) throw new Error(`got ${JSON.stringify(wrong)}`);
  if (outcomes.length !== count) throw new Error(`${outcomes.length} answers instead of ${count}`);
}

/** The calls that the stand-in has had, no more and no less, and each of them correct. */
function expectCalls(
  standIn: StandIn,
  expected: Readonly<Partial<Record<OperationName, number>>>,
): void {
  const counts: Partial<Record<OperationName, number>> = {};
  for (const { operation } of standIn.calls()) counts[operation] = (counts[operation] ?? 0) + 1;
  const show = (calls: typeof expected) =>
    Object.entries(calls)
      .map(([operation, count]) => `${operation} × ${count}`)
      .sort()
      .join(', ');
  if (show(counts) !== show(expected)) {
    throw new Error(`called ${show(counts)} instead of ${show(expected)}`);
  }
  const [violation] = standIn.violations();
  if (violation !== undefined) throw new Error(`no correct client sends this: ${violation}`);
}

function expectSentence(place: string, text: string): void {
  for (const sentence of ['The session "corp" has ended', 'Run: sso-cred login --profile dev']) {
    if (!text.includes(sentence)) throw new Error(`${place} lacks “${sentence}”: ${text}`);
  }
}

/** The messages in the record of the last errors. */
function lastErrors(home: string): string {
  const text = readFileSync(join(home, '.aws', 'sso-cred', 'last-errors.jsonl'), 'utf8');
  const lines = text.split('\n').filter((line) => line !== '');
  return lines.map((line) => (JSON.parse(line) as { message: string }).message).join('\n');
}

process.exitCode = await main();
