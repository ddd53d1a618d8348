import { appendFileSync, writeFileSync } from 'node:fs';
import { describe, expect, test } from '@jest/globals';
import { builds } from '../support/builds.ts';
import { cliSandboxes } from '../support/cli-sandbox.ts';
import { hostileAccounts, manyAccounts } from '../support/hostile-accounts.ts';
import { expectFailure } from '../support/outcome.ts';
import { addSession } from '../support/sign-in.ts';

const development = {
  accountId: '111122223333',
  accountName: 'Acme Development',
  emailAddress: 'aws-development@example.com',
};
const logArchive = {
  accountId: '777788889999',
  accountName: 'Acme Log Archive',
  emailAddress: 'aws-logs@example.com',
};
const production = {
  accountId: '444455556666',
  accountName: 'Acme Production',
  emailAddress: 'aws-production@example.com',
};

describe.each(builds())('$name', (build) => {
  const open = cliSandboxes(build);

  test('accounts are a table, by name', async () => {
    const sandbox = await open();
    expect(await sandbox.run(['accounts', '--session', 'corp'])).toMatchObject({
      exitStatus: 0,
      stderr: '',
      stdout: `ACCOUNT       NAME              E-MAIL
111122223333  Acme Development  aws-development@example.com
777788889999  Acme Log Archive  aws-logs@example.com
444455556666  Acme Production   aws-production@example.com
`,
    });
    expect(sandbox.newCalls()).toEqual({ ListAccounts: 1 });
  });

  test('roles are a table, by account and name', async () => {
    const sandbox = await open();
    expect(await sandbox.run(['roles', '--session', 'corp'])).toMatchObject({
      exitStatus: 0,
      stderr: '',
      stdout: `ACCOUNT       NAME              ROLE
111122223333  Acme Development  Developer
111122223333  Acme Development  ReadOnly
777788889999  Acme Log Archive  AuditorAccess
777788889999  Acme Log Archive  ReadOnly
444455556666  Acme Production   ReadOnly
`,
    });
    expect(sandbox.newCalls()).toEqual({ ListAccounts: 1, ListAccountRoles: 3 });
  });

  test.each([
    [['--accounts', 'ACME d*'], [development]],
    [
      ['--accounts', 'aws-logs@*', '--accounts=4444*'],
      [logArchive, production],
    ],
    [['--accounts', 'acme'], []],
  ])('accounts %j, as JSON', async (args, accounts) => {
    const sandbox = await open();
    const { stdout } = await sandbox.run(['accounts', '--session', 'corp', '--json', ...args]);
    expect(JSON.parse(stdout)).toEqual({ session: 'corp', accounts });
  });

  test.each([
    [['--account-id', '777788889999'], ['777788889999 AuditorAccess', '777788889999 ReadOnly'], 1],
    [['--accounts', '*prod*'], ['444455556666 ReadOnly'], 1],
    [
      ['--roles', 'dev*', '--roles=audit*'],
      ['111122223333 Developer', '777788889999 AuditorAccess'],
      3,
    ],
    [['--account-id', '000000000000'], [], 0],
  ])('roles %j, as JSON', async (args, expected, calls) => {
    const sandbox = await open();
    const { stdout } = await sandbox.run(['roles', '--session', 'corp', '--json', ...args]);
    const { session, roles } = JSON.parse(stdout);
    expect(session).toBe('corp');
    const listed = roles.map((role: Record<string, string>) => {
      expect(Object.keys(role)).toEqual(['accountId', 'accountName', 'roleName']);
      return `${role['accountId']} ${role['roleName']}`;
    });
    expect(listed).toEqual(expected);
    expect(sandbox.newCalls()['ListAccountRoles'] ?? 0).toBe(calls);
  });

  test('listings of many pages are whole, and what the portal asks for in patience it gets', async () => {
    const accounts = manyAccounts(250);
    const sandbox = await open({ aws: { accounts, portalCallsPerS: 60 } });
    const { stdout, stderr } = await sandbox.run(['roles', '--session', 'corp', '--json']);
    expect(stderr).toBe('');
    expect(JSON.parse(stdout).roles).toHaveLength(1_250);
    const calls = sandbox.standIn.calls('ListAccountRoles');
    expect(new Set(calls.map(({ input }) => input['accountId'])).size).toBe(250);
  });

  test('names that a terminal would obey are shown as text', async () => {
    const sandbox = await open({ aws: { accounts: hostileAccounts } });
    const { stdout } = await sandbox.run(['roles', '--session', 'corp']);
    expect(stdout.split('\n')).toHaveLength(2 * hostileAccounts.length + 2);
    // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is looked for
    expect(stdout).not.toMatch(/[\u0000-\u0009\u000b-\u001f\u007f\u202e]/);
    const { stdout: json } = await sandbox.run(['accounts', '--session', 'corp', '--json']);
    const names = JSON.parse(json).accounts.map(
      (each: Record<string, string>) => each['accountName'],
    );
    expect(names.sort()).toEqual(hostileAccounts.map(({ accountName }) => accountName).sort());
  });

  test('the only session need not be named; of two, one must', async () => {
    const sandbox = await open();
    expect((await sandbox.run(['accounts'])).stdout).toContain('Acme Production');
    expect((await sandbox.run(['accounts', '--profile', 'dev'])).stdout).toContain('Acme');
    expect((await sandbox.run(['accounts'], { AWS_PROFILE: 'dev' })).stdout).toContain('Acme');
    expectFailure(
      await sandbox.run(['accounts'], { AWS_PROFILE: 'de' }),
      2,
      /^There is no profile "de" in ~\/\.aws\/config \(did you mean "dev"\?\)\.$/,
    );
    addSession(sandbox, 'second');
    expectFailure(
      await sandbox.run(['accounts']),
      2,
      /^--session is required: there are "corp", "second"\.$/,
    );
    writeFileSync(sandbox.configFile, '');
    expectFailure(
      await sandbox.run(['roles']),
      2,
      /^There is no \[sso-session …\] in ~\/\.aws\/config\. Run: sso-cred configure sso$/,
    );
  });

  test('an OpenID provider lists no accounts', async () => {
    const sandbox = await open();
    appendFileSync(
      sandbox.configFile,
      '\n[oidc-session acme]\nissuer = https://acme.eu.auth0.com/\nclient_id = abc123\n',
    );
    expectFailure(
      await sandbox.run(['accounts', '--session', 'acme']),
      2,
      /^The session "acme" is one of an OpenID provider, which lists no accounts\.$/,
    );
    expectFailure(await sandbox.run(['roles', '--account-id', '1']), 2, /^--account-id is not 12/);
  });

  test('without a sign-in it is said how to sign in', async () => {
    const sandbox = await open({ token: false });
    expectFailure(
      await sandbox.run(['roles', '--session', 'corp']),
      3,
      /^Not signed in to the session "corp"\. Run: sso-cred login --session corp$/,
    );
  });

  test('a token that the portal refuses is replaced once, for all calls under way', async () => {
    const sandbox = await open({ aws: { accounts: manyAccounts(30) } });
    sandbox.standIn.fault('ListAccountRoles', { status: 401, times: 8 });
    const { stdout } = await sandbox.run(['roles', '--session', 'corp', '--json']);
    expect(JSON.parse(stdout).roles).toHaveLength(150);
    expect(sandbox.newCalls()).toMatchObject({ CreateToken: 1 });
  });

  test('what AWS does not tell of is said after what it does', async () => {
    const sandbox = await open();
    sandbox.standIn.fault('ListAccountRoles', {
      status: 403,
      times: Infinity,
      when: ({ input }) => input['accountId'] === '444455556666',
    });
    const { exitStatus, stdout, stderr } = await sandbox.run(['roles', '--session', 'corp']);
    expect(exitStatus).toBe(5);
    expect(stdout.split('\n')).toHaveLength(6);
    expect(stderr).toMatch(
      /^The roles in 1 of 3 accounts could not be listed, such as 444455556666: ListAccountRoles failed with status 403 [^\n]+\n$/,
    );
  });
});
