import { readFileSync, statSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { endWorkers } from '../tests/stand-in/end-workers.ts';
import { startIdentityProvider } from '../tests/stand-in/identity-provider.ts';
import { createSandboxHome, type SandboxHome } from '../tests/stand-in/sandbox-home.ts';
import { type StandIn, startStandIn } from '../tests/stand-in/stand-in.ts';
import { type Finished, runProcess } from '../tests/support/run-process.ts';

const usage = `Usage: npm run demo
Lets the AWS SDK for JavaScript find its credentials through credential_process, in a throw-away home
in which a stand-in on the loopback is AWS. Ends with status 1 if anything is not as it should be.
`;

const program = resolve('dist', 'main.js');

/** What the SDK had from one client, and how long it took to get the credentials; milliseconds. */
interface Identity {
  readonly arn: string;
  readonly credentialsMs: number;
}

async function main(): Promise<number> {
  if (process.argv.length > 2) {
    process.stdout.write(usage);
    return process.argv[2] === '--help' ? 0 : 2;
  }
  const identityProvider = await startIdentityProvider();
  const standIn = await startStandIn({ identityProvider });
  const sandbox = createSandboxHome(standIn, {
    ssoCred: program,
    identityProvider,
    token: false,
    browser: 'allow',
  });
  try {
    await show(standIn, sandbox);
    return 0;
  } catch (error) {
    console.error(`\nNOT AS IT SHOULD BE: ${error instanceof Error ? error.message : error}`);
    return 1;
  } finally {
    await endWorkers(join(sandbox.home, '.aws', 'sso-cred'));
    await sandbox.remove();
    await standIn.stop();
    await identityProvider.stop();
  }
}

async function show(standIn: StandIn, sandbox: SandboxHome): Promise<void> {
  console.log(`AWS is a stand-in here, at ${standIn.url}, beside a real OpenID provider.`);
  console.log(
    'BROWSER is a program that allows every sign-in by itself, as a person would by hand.',
  );
  console.log('HOME is a throw-away folder with this in ~/.aws/config:\n');
  const config = readFileSync(sandbox.configFile, 'utf8');
  indent(config.slice(0, config.indexOf('[services')).trimEnd());

  useEnvironment({ ...sandbox.env, AWS_PROFILE: 'dev' });
  await settled(sandbox.configFile);

  heading('Signing in to IAM Identity Center: sso-cred login --session corp --browser');
  const signedIn = await ssoCred(['login', '--session', 'corp', '--browser']);
  indent(lastLine(signedIn.stderr));
  expectStatus(signedIn, 0);
  standIn.resetCalls();

  heading('The AWS SDK for JavaScript, told nothing but AWS_PROFILE=dev, calls GetCallerIdentity:');
  const first = await callerIdentity();
  tell(standIn, first);
  expect(
    /:assumed-role\/AWSReservedSSO_Developer_\w+\//.test(first.arn),
    'the ARN is not the role’s',
  );
  expectCalls(standIn, 'GetRoleCredentials, GetCallerIdentity');

  heading('Once more, with a new client, which asks for credentials again:');
  standIn.resetCalls();
  const second = await callerIdentity();
  tell(standIn, second);
  expect(second.arn === first.arn, 'the ARN is another one');
  expectCalls(standIn, 'GetCallerIdentity');

  heading('What a call does, told on stderr: sso-cred --profile dev --explain');
  standIn.resetCalls();
  const explained = await ssoCred(['--profile', 'dev', '--explain']);
  indent(explained.stderr.trimEnd());
  expectStatus(explained, 0);
  expect(explained.stderr !== '', 'nothing is explained');
  const { SecretAccessKey: secret, SessionToken: token } = JSON.parse(explained.stdout);
  expect(typeof secret === 'string' && typeof token === 'string', 'stdout lacks the credentials');
  for (const value of [secret, token]) {
    expect(!explained.stderr.includes(value), 'a secret is on stderr');
  }
  console.log('\n  (and the credentials on stdout, as always)');

  heading(
    'The second kind of session, at an OpenID provider: sso-cred login --session acme --browser',
  );
  const atProvider = await ssoCred(['login', '--session', 'acme', '--browser']);
  indent(lastLine(atProvider.stderr));
  expectStatus(atProvider, 0);
  standIn.resetCalls();
  process.env['AWS_PROFILE'] = 'web';
  const web = await callerIdentity();
  tell(standIn, web);
  expect(/:assumed-role\/WebDeveloper\//.test(web.arn), 'the ARN is not the web role’s');
  expectCalls(standIn, 'AssumeRoleWithWebIdentity, GetCallerIdentity');

  heading('Where things stand: sso-cred status');
  const status = await ssoCred(['status']);
  indent(status.stdout.trimEnd());
  expectStatus(status, 0);

  heading('A mistake: sso-cred --profile dve');
  const mistaken = await ssoCred(['--profile', 'dve']);
  indent(mistaken.stderr.trimEnd());
  console.log(`\n  (exit status ${mistaken.exitStatus}, nothing on stdout)`);
  expectStatus(mistaken, 2);
  expect(mistaken.stdout === '', 'there is something on stdout');
  expect(mistaken.stderr.includes('"dve"'), 'the message does not name the profile');

  const [violation] = standIn.violations();
  expect(violation === undefined, `no correct client sends this: ${violation}`);
  console.log('\nAll as it should be. To look around yourself: npm run sandbox');
}

/** The environment of this process is the SDK's, and that of what the SDK starts. */
function useEnvironment(env: Readonly<Record<string, string>>): void {
  for (const name of Object.keys(process.env)) if (!(name in env)) delete process.env[name];
  // The SDK's remark on the version of Node is not what is shown here.
  Object.assign(process.env, env, { AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED: 'true' });
}

/** An answer is tied to a config file only once that has not changed for two seconds. */
async function settled(configFile: string): Promise<void> {
  await delay(statSync(configFile).ctimeMs + 2_100 - Date.now());
}

async function callerIdentity(): Promise<Identity> {
  const { GetCallerIdentityCommand, STSClient } = await import('@aws-sdk/client-sts');
  const client = new STSClient({});
  const startedAt = performance.now();
  await client.config.credentials();
  const credentialsMs = performance.now() - startedAt;
  const { Arn } = await client.send(new GetCallerIdentityCommand());
  return { arn: Arn ?? '', credentialsMs };
}

function tell(standIn: StandIn, { arn, credentialsMs }: Identity): void {
  console.log(`  ${arn}`);
  console.log(
    `  credentials after ${Math.round(credentialsMs)} ms; calls to AWS: ${calls(standIn)}`,
  );
}

function ssoCred(args: readonly string[]): Promise<Finished> {
  const { execPath, env } = process;
  return runProcess(execPath, [program, ...args], { env, timeoutMs: 20_000 });
}

function calls(standIn: StandIn): string {
  return standIn
    .calls()
    .map(({ operation }) => operation)
    .join(', ');
}

function lastLine(text: string): string {
  return text.trimEnd().split('\n').at(-1) ?? '';
}

function expectCalls(standIn: StandIn, expected: string): void {
  expect(calls(standIn) === expected, `called ${calls(standIn)} instead of ${expected}`);
}

function expectStatus({ exitStatus, stderr }: Finished, expected: number): void {
  expect(exitStatus === expected, `exit status ${exitStatus} instead of ${expected}: ${stderr}`);
}

function expect(condition: boolean, otherwise: string): asserts condition {
  if (!condition) throw new Error(otherwise);
}

function heading(text: string): void {
  console.log(`\n── ${text}`);
}

function indent(text: string): void {
  console.log(text.replace(/^(?=.)/gm, '  '));
}

process.exitCode = await main();
