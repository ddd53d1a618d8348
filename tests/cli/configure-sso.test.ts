import {
  appendFileSync,
  chmodSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { dirname, join } from 'node:path';
import { describe, expect, test } from '@jest/globals';
import { builds } from '../support/builds.ts';
import { type CliSandboxOptions, cliSandboxes } from '../support/cli-sandbox.ts';
import { endpointVariables } from '../support/endpoint-variables.ts';
import { expectCredentials, expectFailure } from '../support/outcome.ts';
import { expectReadAlike, readByUs } from '../support/read-by-sdks.ts';
import type { Finished } from '../support/run-process.ts';
import { readTokenFile, toldUrl } from '../support/sign-in.ts';

const arn =
  /^AWS knows you by this profile as arn:aws:sts::444455556666:assumed-role\/AWSReservedSSO_ReadOnly_\w+\/\S+$/m;
const readOnly = ['--account-id', '444455556666', '--role-name', 'ReadOnly'];
const prod = [...readOnly, '--profile', 'prod'];

describe.each(builds())('$name', (build) => {
  const openSandbox = cliSandboxes(build);

  /** A sandbox whose endpoints are in the environment, as a new profile names none. */
  async function open(options?: CliSandboxOptions) {
    const sandbox = await openSandbox(options);
    const variables = endpointVariables(sandbox.standIn);
    const start = (...args: readonly string[]) =>
      sandbox.start(['configure', 'sso', ...args], variables);
    return {
      ...sandbox,
      variables,
      start,
      configure: (...args: readonly string[]): Promise<Finished> => start(...args).finished,
      config: () => readFileSync(sandbox.configFile, 'utf8'),
    };
  }

  test('writes a profile below all else, shows that it works, and it does', async () => {
    const sandbox = await open();
    const before = sandbox.config();
    const finished = await sandbox.configure('--session', 'corp', ...prod);
    expect(finished).toMatchObject({ exitStatus: 0, stdout: '' });
    expect(finished.stderr).toMatch(arn);
    expect(finished.stderr).toContain('Wrote [profile prod] to ~/.aws/config.\n');
    expect(finished.stderr).toContain('aws sts get-caller-identity --profile prod\n');
    expect(sandbox.config()).toBe(`${before}
[profile prod]
credential_process = ${sandbox.program} --profile prod
region = eu-west-1
sso_cred_session = corp
sso_cred_account_id = 444455556666
sso_cred_role_name = ReadOnly
`);
    expect(sandbox.newCalls()).toMatchObject({ GetRoleCredentials: 1, GetCallerIdentity: 1 });
    expectCredentials(await sandbox.run(['--profile', 'prod'], sandbox.variables));
    await expectReadAlike(sandbox.configFile);
  });

  test('the line that it writes runs, by the shell and without', async () => {
    const sandbox = await open();
    await sandbox.configure('--session', 'corp', ...prod);
    const line = readByUs(sandbox.configFile).profiles['prod']?.['credential_process'] ?? '';
    expect(line).toBe(`${sandbox.program} --profile prod`);
    expect(line).toMatch(/^\//);
  });

  test('makes the file, the session and the profile out of nothing, and signs in', async () => {
    const sandbox = await open({ token: false });
    const { standIn, configFile } = sandbox;
    writeFileSync(configFile, '');
    mkdirSync(join(sandbox.home, 'new'));
    const elsewhere = join(sandbox.home, 'new', 'dir', 'config');
    const args = ['--start-url', standIn.startUrl, '--sso-region', 'eu-west-1', '--browser'];
    const running = sandbox.start(
      ...['--session', 'corp', ...args, '--no-open', ...prod, '--region', 'us-east-1'],
      ...['--output', 'yaml', '--config-file', elsewhere],
    );
    await standIn.visit(await toldUrl(running));
    const { exitStatus, stderr } = await running.finished;
    expect([exitStatus, stderr]).toEqual([0, expect.stringMatching(arn)]);
    expect(readFileSync(elsewhere, 'utf8')).toBe(`[sso-session corp]
sso_start_url = ${standIn.startUrl}
sso_region = eu-west-1
sso_registration_scopes = sso:account:access

[profile prod]
credential_process = ${sandbox.program} --profile prod --config-file ${elsewhere}
region = us-east-1
output = yaml
sso_cred_session = corp
sso_cred_account_id = 444455556666
sso_cred_role_name = ReadOnly
`);
    expect(statSync(elsewhere).mode & 0o777).toBe(0o600);
    expect(readFileSync(configFile, 'utf8')).toBe('');
    expect(readTokenFile(sandbox.tokenFile)['refreshToken']).toBeDefined();
    const call = ['--profile', 'prod', '--config-file', elsewhere];
    expectCredentials(await sandbox.run(call, sandbox.variables));
  });

  test('what is there already is not written again, whoever asks, without --force', async () => {
    const sandbox = await open();
    await sandbox.configure('--session', 'corp', ...prod);
    const before = statSync(sandbox.configFile, { bigint: true }).mtimeNs;
    const { exitStatus, stderr } = await sandbox.configure('--session', 'corp', ...prod);
    expect([exitStatus, stderr]).toEqual([
      0,
      expect.stringContaining('~/.aws/config says all that already; nothing was changed.\n'),
    ]);
    expect(statSync(sandbox.configFile, { bigint: true }).mtimeNs).toBe(before);
  });

  test('a profile is replaced by --force alone, and keeps what is not ours', async () => {
    const sandbox = await open();
    appendFileSync(
      sandbox.configFile,
      `
# mine
[profile prod]
sso_session = other
sso_account_id = 1
Region = eu-central-1 # near
s3 =
  max_concurrent_requests = 5
role_arn = arn:aws:iam::111122223333:role/X
source_profile = dev
`,
    );
    const before = sandbox.config();
    expectFailure(
      await sandbox.configure('--session', 'corp', ...prod),
      2,
      /^Profile "prod" \(~\/\.aws\/config:\d+\) is there already: --force replaces it\.$/,
    );
    expect(sandbox.config()).toBe(before);
    expect(sandbox.newCalls()).toEqual({});
    const { exitStatus } = await sandbox.configure('--session', 'corp', ...prod, '--force');
    expect(exitStatus).toBe(0);
    const [kept, written] = sandbox.config().split('# mine\n');
    expect(kept).toBe(before.split('# mine\n')[0]);
    expect(written).toBe(`[profile prod]
Region = eu-central-1 # near
s3 =
  max_concurrent_requests = 5
credential_process = ${sandbox.program} --profile prod
sso_cred_session = corp
sso_cred_account_id = 444455556666
sso_cred_role_name = ReadOnly
`);
  });

  test.each([
    ['config', '[profile prod]\naws_access_key_id = AKIAEXAMPLE\n', 'aws_access_key_id'],
    ['credentials', '[prod]\naws_secret_access_key = x\n', 'aws_secret_access_key'],
    ['credentials', '[prod]\ncredential_process = x\n', 'credential_process'],
  ])(
    'keys in the %s file that SDKs would go by are not thrown away: %j',
    async (file, text, key) => {
      const sandbox = await open();
      const path = join(dirname(sandbox.configFile), file);
      appendFileSync(path, `\n${text}`);
      const before = sandbox.config();
      expectFailure(
        await sandbox.configure('--session', 'corp', ...prod, '--force'),
        2,
        new RegExp(`^Profile "prod" \\(.*\\) has ${key} \\(~/\\.aws/${file}:\\d+\\), which SDKs`),
      );
      expect(sandbox.config()).toBe(before);
    },
  );

  test('nothing is written for a role that AWS refuses; those that there are are told', async () => {
    const sandbox = await open();
    const before = sandbox.config();
    const role = ['--account-id', '111122223333', '--role-name', 'Develper', '--profile', 'prod'];
    const { exitStatus, stderr } = await sandbox.configure('--session', 'corp', ...role);
    expect([exitStatus, stderr]).toEqual([
      6,
      expect.stringMatching(
        /^AWS refuses the role Develper in account 111122223333: No access\. There you have Developer, ReadOnly \(did you mean Developer\?\)\.$/m,
      ),
    ]);
    expect(sandbox.config()).toBe(before);
  });

  test('nothing is written where GetCallerIdentity fails, and all of it by --no-verify', async () => {
    const sandbox = await open();
    const before = sandbox.config();
    sandbox.standIn.fault('GetCallerIdentity', { status: 403, error: 'InvalidClientTokenId' });
    const refused = await sandbox.configure('--session', 'corp', ...prod);
    expect([refused.exitStatus, refused.stderr]).toEqual([
      6,
      expect.stringMatching(/^AWS does not take the credentials that it gave \(InvalidClient/m),
    ]);
    expect(sandbox.config()).toBe(before);
    sandbox.newCalls();
    const written = await sandbox.configure('--session', 'corp', ...prod, '--no-verify');
    expect(written.exitStatus).toBe(0);
    expect(sandbox.newCalls()).toEqual({});
    expect(readByUs(sandbox.configFile).profiles['prod']).toBeDefined();
  });

  test('--native-twin writes the role in words of AWS too, for what wants those', async () => {
    const sandbox = await open();
    await sandbox.configure('--session', 'corp', ...prod, '--native-twin', '--output', 'json');
    const { profiles } = readByUs(sandbox.configFile);
    expect(profiles['prod-sso']).toEqual({
      region: 'eu-west-1',
      output: 'json',
      sso_session: 'corp',
      sso_account_id: '444455556666',
      sso_role_name: 'ReadOnly',
    });
    await expectReadAlike(sandbox.configFile);
    const again = await sandbox.configure('--session', 'corp', ...prod, '--native-twin');
    expect(again.stderr).toContain('nothing was changed.\n');
  });

  test.each([
    [
      ['--session', 'corp', '--start-url', 'https://other.example/start'],
      /^--start-url is not the sso_start_url of \[sso-session corp\] \(~\/\.aws\/config:\d+\): leave it out/,
    ],
    [['--session', 'corp', '--sso-region', 'us-east-1'], /^--sso-region is not the sso_region of /],
    [
      ['--session', 'new', '--start-url', 'http://corp.example/start', '--sso-region', 'eu-west-1'],
      /^--start-url is not an https URL/,
    ],
    [
      ['--session', 'new', '--start-url', 'https://x.example/ #', '--sso-region', 'eu-west-1'],
      /^--start-url is not an https URL/,
    ],
    [
      ['--session', 'new', '--start-url', 'https://x.example/', '--sso-region', 'Ireland'],
      /^--sso-region is not a region/,
    ],
    [['--session', 'new'], /^--start-url is required: there is no terminal to ask at\.$/],
    [['--session', 'new', '--start-url', 'https://x.example/'], /^--sso-region is required: /],
    [['--session', 'a b'], /^--session is not a name of letters, digits and /],
    [['--session', 'corp', '--profile', 'a]'], /^--profile is not a name of letters/],
    [['--session', 'corp', '--profile=-a'], /^--profile is not a name/],
    [['--session', 'corp', '--region', 'Ireland'], /^--region is not a region such as/],
    [['--session', 'corp', '--account-id', '1234'], /^--account-id is not 12 digits\.$/],
    [['--session', 'corp', '--role-name', 'a b'], /^--role-name is not the name of a role\.$/],
    [['--session', 'corp', '--output', 'xml'], /^--output takes one of json, yaml, /],
    [
      ['--session', 'acme'],
      /^--session names a session of an OpenID provider: \[oidc-session acme\] /,
    ],
  ])('%j is a mistake, and nothing happens', async (args, message) => {
    const sandbox = await open();
    appendFileSync(
      sandbox.configFile,
      '\n[oidc-session acme]\nissuer = https://acme.eu.auth0.com/\nclient_id = abc123\n',
    );
    const before = sandbox.config();
    const defaults = Object.entries({
      '--account-id': '444455556666',
      '--role-name': 'ReadOnly',
      '--profile': 'prod',
    }).flatMap(([flag, value]) => (args.some((arg) => arg.startsWith(flag)) ? [] : [flag, value]));
    expectFailure(await sandbox.configure(...args, ...defaults), 2, message);
    expect(sandbox.config()).toBe(before);
    expect(sandbox.newCalls()).toEqual({});
  });

  test.each(['--session', '--account-id', '--role-name', '--profile'])(
    'without %s and without a terminal it is said which flag is missing',
    async (missing) => {
      const sandbox = await open();
      const args = ['--session', 'corp', ...prod];
      args.splice(args.indexOf(missing), 2);
      expectFailure(
        await sandbox.configure(...args),
        2,
        new RegExp(`^${missing} is required: there is no terminal to ask at\\.$`),
      );
      expect(sandbox.newCalls()).toEqual({});
    },
  );

  test('a line that was copied with its section is warned of at the end', async () => {
    const sandbox = await open();
    appendFileSync(
      sandbox.configFile,
      `
[profile copy]
credential_process = sso-cred --profile dev
sso_cred_session = corp
sso_cred_account_id = 444455556666
sso_cred_role_name = ReadOnly
`,
    );
    const { exitStatus, stderr } = await sandbox.configure('--session', 'corp', ...prod);
    expect(exitStatus).toBe(0);
    expect(stderr).toMatch(
      /^Warning: Profile "copy" has sso_cred_account_id of its own, and its command gives the credentials of profile "dev"\. Write --profile copy in its credential_process, in Profile "copy" \(~\/\.aws\/config:\d+\)\.\n$/m,
    );
  });

  test('a file that is read-only or malformed stays as it is, and the message says why', async () => {
    const sandbox = await open();
    chmodSync(sandbox.configFile, 0o444);
    const before = sandbox.config();
    const readOnlyFile = await sandbox.configure('--session', 'corp', ...prod, '--no-verify');
    expectFailure(
      readOnlyFile,
      7,
      /^Will not replace .*config: it is read-only\. Run: chmod u\+w /,
    );
    expect(sandbox.config()).toBe(before);
    chmodSync(sandbox.configFile, 0o600);
    appendFileSync(sandbox.configFile, 'nonsense\n');
    const malformed = await sandbox.configure('--session', 'corp', ...prod, '--no-verify');
    expectFailure(malformed, 2, /^~\/\.aws\/config:\d+ is not of the form "key = value"\.$/);
    expect(sandbox.config()).toBe(`${before}nonsense\n`);
  });

  test.each([
    ['a byte order mark', (text: string) => `\uFEFF${text}`],
    ['the line ends of Windows', (text: string) => text.replaceAll('\n', '\r\n')],
    ['no end to its last line', (text: string) => text.replace(/\n$/, '')],
    ['a section that is there twice', (text: string) => `${text}\n[profile dev]\nregion = x\n`],
  ])('a config with %s is added to, and is otherwise what it was', async (_what, change) => {
    const sandbox = await open();
    writeFileSync(sandbox.configFile, change(sandbox.config()));
    const before = sandbox.config();
    await sandbox.configure('--session', 'corp', ...prod, '--no-verify');
    const after = sandbox.config();
    expect(after.startsWith(before)).toBe(true);
    const added = after.slice(before.length);
    const lineEnd = before.includes('\r\n') ? '\r\n' : '\n';
    expect(added.split(lineEnd)).toHaveLength(added.split('\n').length);
    expect(added).toContain(`[profile prod]${lineEnd}`);
    expectCredentials(await sandbox.run(['--profile', 'prod'], sandbox.variables));
  });

  test('twenty at once lose nothing', async () => {
    const sandbox = await open();
    const before = sandbox.config();
    const names = Array.from({ length: 20 }, (_, index) => `p${index}`);
    const url = ['--start-url', sandbox.standIn.startUrl, '--sso-region', 'eu-west-1'];
    const all = await Promise.all(
      names.map((name) =>
        sandbox.configure(
          '--session',
          'new',
          ...url,
          ...readOnly,
          '--profile',
          name,
          '--no-verify',
        ),
      ),
    );
    for (const finished of all) {
      expect([finished.exitStatus, finished.stderr]).toEqual([
        0,
        expect.stringContaining('Wrote '),
      ]);
    }
    const { profiles, sso_sessions } = readByUs(sandbox.configFile);
    expect(Object.keys(profiles).sort()).toEqual(['dev', ...names].sort());
    expect(Object.keys(sso_sessions)).toEqual(['corp', 'new']);
    expect(sandbox.config().startsWith(before)).toBe(true);
    expect(sandbox.config().match(/\[sso-session new\]/g)).toHaveLength(1);
    expect(readdirSync(dirname(sandbox.configFile)).filter((name) => /tmp/.test(name))).toEqual([]);
    await expectReadAlike(sandbox.configFile);
  }, 180_000);
});
