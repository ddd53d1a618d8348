import { createHash } from 'node:crypto';
import { appendFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { describe, expect, test } from '@jest/globals';
import { builds } from '../support/builds.ts';
import { type CliSandbox, cliSandboxes } from '../support/cli-sandbox.ts';
import { expectCredentials, expectFailure } from '../support/outcome.ts';

/** Signs in as AWS's tools do for a start URL without an sso-session. */
function signInTo({ standIn, tokenFile }: CliSandbox, startUrl: string): void {
  const name = `${createHash('sha1').update(startUrl).digest('hex')}.json`;
  writeFileSync(join(dirname(tokenFile), name), JSON.stringify(standIn.issueToken({ startUrl })));
}

/** Adds a profile of this name with these settings, and the endpoints of the stand-in. */
function addProfile(
  { configFile }: CliSandbox,
  name: string,
  settings: Readonly<Record<string, string>>,
): void {
  const lines = Object.entries({ ...settings, services: 'sandbox' });
  const text = lines.map(([key, value]) => `${key} = ${value}\n`).join('');
  appendFileSync(configFile, `\n[profile ${name}]\n${text}`);
}

/** What the profile's call asked for, and with whose token. */
async function roleOf(sandbox: CliSandbox, args: readonly string[], variables = {}) {
  const { AccountId } = expectCredentials(await sandbox.run(args, variables));
  const call = sandbox.standIn.calls('GetRoleCredentials').at(-1);
  const { accountId, roleName } = call?.input ?? {};
  expect(AccountId).toBe(accountId);
  expect(sandbox.newCalls()).toEqual({ GetRoleCredentials: 1 });
  return `${accountId} ${roleName}`;
}

const auditor = { account_id: '777788889999', role_name: 'AuditorAccess' };
const [auditorInWords, otherInWords] = ['777788889999 AuditorAccess', '444455556666 ReadOnly'];

/** All keys of one owner, with his prefix. */
function keysOf(
  prefix: string,
  values: Readonly<Record<string, string>>,
): Readonly<Record<string, string>> {
  return Object.fromEntries(
    Object.entries(values).map(([key, value]) => [`${prefix}_${key}`, value]),
  );
}

describe.each(builds())('$name', (build) => {
  const open = cliSandboxes(build);

  test('reads a session and a role by our keys and by the native ones', async () => {
    const sandbox = await open();
    const values = { session: 'corp', ...auditor };
    addProfile(sandbox, 'ours', keysOf('sso_cred', values));
    addProfile(sandbox, 'native', keysOf('sso', values));
    addProfile(sandbox, 'mixed', {
      SSO_Session: 'corp',
      sso_cred_account_id: auditor.account_id,
      granted_sso_role_name: auditor.role_name,
    });
    expect(await roleOf(sandbox, ['--profile', 'ours'])).toBe(auditorInWords);
    for (const name of ['native', 'mixed']) {
      expectCredentials(await sandbox.run(['--profile', name]));
    }
    expect(sandbox.newCalls()).toEqual({});
  });

  test.each(['sso_cred', 'sso', 'granted_sso'])(
    'reads a start URL and a role by the keys of %s, with the token of that URL',
    async (prefix) => {
      const sandbox = await open({ token: false });
      const { startUrl: start_url, region } = sandbox.standIn;
      signInTo(sandbox, start_url);
      addProfile(sandbox, 'legacy', keysOf(prefix, { start_url, region, ...auditor }));
      expect(await roleOf(sandbox, ['--profile', 'legacy'])).toBe(auditorInWords);
    },
  );

  test('takes ours before native before those of granted, key by key', async () => {
    const sandbox = await open({ token: false });
    const { region } = sandbox.standIn;
    const start_url = 'https://ours.awsapps.com/start';
    signInTo(sandbox, start_url);
    const ours = { start_url, region, ...auditor };
    const other = {
      start_url: 'https://other.awsapps.com/start',
      region: 'us-east-1',
      account_id: '444455556666',
      role_name: 'ReadOnly',
    };
    addProfile(sandbox, 'first', {
      ...keysOf('granted_sso', other),
      ...keysOf('sso', other),
      ...keysOf('sso_cred', ours),
    });
    const { account_id, role_name, ...ofSession } = ours;
    addProfile(sandbox, 'second', {
      ...keysOf('granted_sso', { ...auditor, ...ofSession }),
      ...keysOf('sso', other),
      ...keysOf('sso_cred', ofSession),
    });
    expect(await roleOf(sandbox, ['--profile', 'first'])).toBe(`${account_id} ${role_name}`);
    expect(await roleOf(sandbox, ['--profile', 'second'])).toBe(otherInWords);
  });

  test('needs no profile when the flags say it all', async () => {
    const sandbox = await open({ token: false });
    const { startUrl, region, endpoints } = sandbox.standIn;
    signInTo(sandbox, startUrl);
    const flags = [`--start-url=${startUrl}`, '--account-id=777788889999'];
    const roleFlag = '--role-name=AuditorAccess';
    const endpoint = { AWS_ENDPOINT_URL_SSO: endpoints.sso };
    const variables = { ...endpoint, AWS_REGION: region, AWS_DEFAULT_REGION: 'us-east-1' };
    expect(await roleOf(sandbox, [...flags, roleFlag], variables)).toBe(auditorInWords);
    for (const [more, its] of [
      [[], { AWS_DEFAULT_REGION: region }],
      [[`--sso-region=${region}`], { AWS_REGION: 'us-east-1' }],
    ] as const) {
      const finished = await sandbox.run([...flags, roleFlag, ...more], { ...endpoint, ...its });
      expectCredentials(finished);
    }
    expect(sandbox.newCalls()).toEqual({});
    const elsewhere = await sandbox.run([...flags, roleFlag, '--sso-region=us-east-1'], endpoint);
    expectFailure(elsewhere, 3, /Not signed in/);
    expectFailure(
      await sandbox.run([...flags, roleFlag], endpoint),
      2,
      /^--sso-region is required/,
    );
  });

  test('reads the credentials file too, whose settings win', async () => {
    const sandbox = await open();
    const credentialsFile = join(dirname(sandbox.configFile), 'credentials');
    writeFileSync(
      credentialsFile,
      `[dev]
sso_cred_account_id = 777788889999
sso_cred_role_name = AuditorAccess

[alone]
sso_session = corp
sso_account_id = 444455556666
sso_role_name = ReadOnly
services = sandbox
`,
    );
    expect(await roleOf(sandbox, ['--profile', 'dev'])).toBe(auditorInWords);
    expect(await roleOf(sandbox, ['--profile', 'alone'])).toBe(otherInWords);
    const none = ['--profile', 'dev', '--credentials-file', join(sandbox.home, 'none')];
    expect(await roleOf(sandbox, none)).toBe('111122223333 Developer');
  });

  test('takes odd names of profiles for what they are', async () => {
    const sandbox = await open({ extraProfiles: 5 });
    const names = ['my.dev', '__proto__', 'constructor', 'a/b', 'Dev', 'x'.repeat(100), 'con'];
    const roles = sandbox.standIn.accounts.flatMap(({ accountId, roles: roleNames }) =>
      roleNames.map((roleName) => ({ accountId, roleName })),
    );
    const expected = names.map((name, index) => ({ name, ...roles[index % roles.length] }));
    for (const { name, accountId = '', roleName = '' } of expected) {
      addProfile(
        sandbox,
        name,
        keysOf('sso_cred', { session: 'corp', account_id: accountId, role_name: roleName }),
      );
    }
    for (const { name, accountId } of [...expected, { name: 'dev', accountId: '111122223333' }]) {
      const finished = await sandbox.run(['--profile', name]);
      expect({ name, accountId: expectCredentials(finished).AccountId }).toEqual({
        name,
        accountId,
      });
    }
    expect(sandbox.newCalls()).toEqual({ GetRoleCredentials: roles.length });
  });

  test.each([
    { header: 'profile a b', name: 'a b' },
    { header: 'profile "a b"', name: 'a b' },
    { header: 'profile tëst', name: 'tëst' },
    { header: 'dev2', name: 'dev2' },
    { header: 'profile dev', name: 'DEV' },
    { header: 'profile dev', name: 'toString' },
  ])('does not take [$header] for a profile $name', async ({ header, name }) => {
    const sandbox = await open();
    appendFileSync(sandbox.configFile, `\n[${header}]\nsso_session = corp\n`);
    expectFailure(await sandbox.run(['--profile', name]), 2, /^There is no profile "/);
    expect(sandbox.newCalls()).toEqual({});
  });
});
