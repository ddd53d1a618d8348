import { appendFileSync, readFileSync } from 'node:fs';
import { describe, expect, test } from '@jest/globals';
import { builds } from '../support/builds.ts';
import { endpointVariables } from '../support/endpoint-variables.ts';
import { expectCredentials, expectFailure } from '../support/outcome.ts';
import { expectReadAlike, readByUs } from '../support/read-by-sdks.ts';
import { roleOfWeb, type WebSandbox, webSandboxes } from '../support/web-sandbox.ts';

const role = ['--role-arn', roleOfWeb];
const profile = [...role, '--profile', 'new', '--region', 'eu-west-1'];
const arn =
  /^AWS knows you by this profile as arn:aws:sts::111122223333:assumed-role\/WebDeveloper\/jane\.doe@example\.com$/m;

describe.each(builds())('$name', (build) => {
  const openSandbox = webSandboxes(build);

  async function open() {
    const sandbox = await openSandbox();
    const variables = endpointVariables(sandbox.standIn);
    const start = (...args: readonly string[]) =>
      sandbox.start(['configure', 'oidc', ...args], variables);
    return {
      sandbox,
      variables,
      start,
      configure: (...args: readonly string[]) => start(...args).finished,
      config: () => readFileSync(sandbox.configFile, 'utf8'),
    };
  }

  /** The flags of a session like acme, by another name. */
  function newSession({ provider }: WebSandbox): readonly string[] {
    return ['--session', 'second', '--issuer', provider.issuer, '--client-id', provider.clientId];
  }

  test('makes session and profile, signs in, shows that it works, and it does', async () => {
    const { sandbox, variables, start, config } = await open();
    const before = config();
    const extra = ['--scopes', 'openid email offline_access', '--redirect-host', 'localhost'];
    const args = [...newSession(sandbox), ...extra, ...profile, '--duration-seconds', '3600'];
    const running = start(...args, '--browser', '--no-open');
    const [, url = ''] = await running.says(/^ {2}(http:\S+\/auth\?\S+)$/m);
    await sandbox.standIn.visit(url);
    const finished = await running.finished;
    expect(finished).toMatchObject({ exitStatus: 0, stdout: '' });
    expect(finished.stderr).toMatch(arn);
    expect(finished.stderr).toContain('aws sts get-caller-identity --profile new\n');
    expect(config()).toBe(`${before}
[oidc-session second]
issuer = ${sandbox.provider.issuer}
client_id = ${sandbox.provider.clientId}
scopes = openid email offline_access
redirect_host = localhost

[profile new]
credential_process = ${sandbox.program} --profile new
region = eu-west-1
sso_cred_oidc_session = second
sso_cred_role_arn = ${roleOfWeb}
sso_cred_duration_seconds = 3600
`);
    expectCredentials(await sandbox.run(['--profile', 'new'], variables));
    await expectReadAlike(sandbox.configFile);
  });

  test('a session that is there is used by its name, and its sign-in too', async () => {
    const { sandbox, configure } = await open();
    await sandbox.signIn();
    const args = [...role, '--profile', 'new', '--role-session-name', '{sub}'];
    const { exitStatus, stderr } = await configure('--session', 'acme', ...args);
    expect(exitStatus).toBe(0);
    expect(stderr).toContain('Already signed in to the session "acme".');
    // Without a region nothing is written, and the AWS CLI has to be told one.
    expect(stderr).toContain('aws sts get-caller-identity --profile new --region us-east-1\n');
    expect(readByUs(sandbox.configFile).profiles['new']).toEqual({
      credential_process: `${sandbox.program} --profile new`,
      sso_cred_oidc_session: 'acme',
      sso_cred_role_arn: roleOfWeb,
      sso_cred_role_session_name: '{sub}',
    });
    const again = await configure('--session', 'acme', ...args);
    expect(again.stderr).toContain('~/.aws/config says all that already; nothing was changed.\n');
  });

  test('a role that AWS refuses is not written, and what prints the IAM side is told', async () => {
    const { sandbox, configure, config } = await open();
    await sandbox.signIn();
    const before = config();
    const other = 'arn:aws:iam::111122223333:role/Other';
    const args = ['--session', 'acme', '--role-arn', other, '--profile', 'new'];
    const { exitStatus, stderr } = await configure(...args);
    const { issuer, clientId } = sandbox.provider;
    expect([exitStatus, stderr.trimEnd().split('\n').at(-1)]).toEqual([
      6,
      expect.stringMatching(
        new RegExp(
          `^AWS refuses ${other} .* Run: sso-cred configure oidc --print-iam cli --issuer ${issuer} --client-id ${clientId} --role-arn ${other}$`,
        ),
      ),
    ]);
    expect(config()).toBe(before);
  });

  test('a provider that cannot be found is told before anybody is asked; --no-verify asks none', async () => {
    const { configure, config } = await open();
    const before = config();
    const args = ['--session', 'x', '--issuer', 'http://127.0.0.1:9/', '--client-id', 'a b'];
    const refused = await configure(...args, ...profile);
    expectFailure(refused, 5, /^127\.0\.0\.1:9 refused the connection /);
    expect(config()).toBe(before);
    const { exitStatus } = await configure(...args, ...profile, '--no-verify');
    expect(exitStatus).toBe(0);
    expect(config()).toContain('[oidc-session x]\n');
    expect(config()).toContain('client_id = a b\n');
  });

  test('an Auth0 tenant is known by its domain', async () => {
    const { configure, config } = await open();
    const session = ['--session', 'tenant', '--auth0-domain', 'acme.eu.auth0.com'];
    const more = ['--client-id', 'abc123', '--redirect-ports', '8400 8401'];
    await configure(...session, ...more, ...profile, '--no-verify');
    expect(config()).toContain(`[oidc-session tenant]
auth0_domain = acme.eu.auth0.com
client_id = abc123
redirect_ports = 8400 8401
`);
  });

  test('--print-iam prints and changes nothing', async () => {
    const { sandbox, configure, config } = await open();
    const before = config();
    for (const args of [
      ['--profile', 'web'],
      ['--session', 'acme', ...role],
      ['--issuer', sandbox.provider.issuer, '--client-id', sandbox.provider.clientId, ...role],
    ]) {
      const { exitStatus, stdout, stderr } = await configure('--print-iam', 'json', ...args);
      expect([exitStatus, stderr]).toEqual([0, '']);
      expect(JSON.parse(stdout).Role.Arn).toBe(roleOfWeb);
    }
    expect(config()).toBe(before);
    expectFailure(await configure('--print-iam', 'json'), 2, /^--profile is required\./);
  });

  test.each([
    [
      ['--session', 'acme', '--issuer', 'https://other.example/'],
      /^--issuer is not the issuer of \[oidc-session acme\] /,
    ],
    [['--session', 'acme', '--client-id', 'x'], /^--client-id is not the client_id of /],
    [['--session', 'corp'], /^--session names a session of Identity Center: \[sso-session corp\] /],
    [
      ['--session', 'new'],
      /^--issuer or --auth0-domain is required: there is no terminal to ask at\.$/,
    ],
    [['--session', 'new', '--issuer', 'https://x.example/'], /^--client-id is required: /],
    [
      ['--session', 'new', '--issuer', 'http://x.example/'],
      /^--issuer is not an https URL without query\.$/,
    ],
    [
      ['--session', 'new', '--issuer', 'https://x.example/', '--auth0-domain', 'y.auth0.com'],
      /^The command line has both --issuer and --auth0-domain/,
    ],
    [
      ['--session', 'new', '--auth0-domain', 'https://y'],
      /^--auth0-domain is not a domain such as/,
    ],
    [
      ['--session', 'acme', '--role-arn', 'WebDeveloper'],
      /^--role-arn is not the ARN of a role, such as /,
    ],
    [
      ['--session', 'acme', '--duration-seconds', '60'],
      /^--duration-seconds is not a number of seconds from 900/,
    ],
    [
      ['--session', 'acme', '--redirect-ports', '99999'],
      /^--redirect-ports is not a list of ports/,
    ],
    [
      ['--session', 'new', '--issuer', 'https://x/', '--client-id', 'a', '--scopes', 'email'],
      /^--scopes is not enough: openid is missing/,
    ],
    [
      ['--session', 'acme', '--profile', 'web'],
      /^Profile "web" \(~\/\.aws\/config:\d+\) is there already: --force replaces it\.$/,
    ],
  ])('%j is a mistake, and nothing happens', async (args, message) => {
    const { sandbox, configure, config } = await open();
    const before = config();
    const given = args.includes('--role-arn') ? [] : ['--role-arn', `${roleOfWeb}2`];
    const name = args.includes('--profile') ? [] : ['--profile', 'new'];
    expectFailure(await configure(...args, ...given, ...name), 2, message);
    expect(config()).toBe(before);
    expect(sandbox.newCalls()).toMatchObject({});
  });

  test('a profile of the other kind becomes one of this kind, whole', async () => {
    const { sandbox, variables, configure } = await open();
    await sandbox.signIn();
    appendFileSync(sandbox.configFile, '\n# end\n');
    const args = ['--session', 'acme', ...role, '--profile', 'dev', '--force'];
    expect((await configure(...args)).exitStatus).toBe(0);
    expect(readByUs(sandbox.configFile).profiles['dev']).toEqual({
      credential_process: `${sandbox.program} --profile dev`,
      region: 'eu-west-1',
      services: 'sandbox',
      sso_cred_oidc_session: 'acme',
      sso_cred_role_arn: roleOfWeb,
    });
    expectCredentials(await sandbox.run(['--profile', 'dev'], variables));
  });
});
