import {
  appendFileSync,
  existsSync,
  readdirSync,
  readFileSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { describe, expect, test } from '@jest/globals';
import type { Account } from '../stand-in/accounts.ts';
import { builds } from '../support/builds.ts';
import { type CliSandbox, type CliSandboxOptions, cliSandboxes } from '../support/cli-sandbox.ts';
import { endpointVariables } from '../support/endpoint-variables.ts';
import { hostileAccounts, manyAccounts } from '../support/hostile-accounts.ts';
import { expectCredentials, expectFailure } from '../support/outcome.ts';
import { expectReadAlike, readByUs } from '../support/read-by-sdks.ts';
import type { Finished } from '../support/run-process.ts';

const development: Account = {
  accountId: '111122223333',
  accountName: 'Acme Development',
  emailAddress: 'aws-development@example.com',
  roles: ['Developer', 'ReadOnly'],
};
const production: Account = {
  accountId: '444455556666',
  accountName: 'Acme Production',
  emailAddress: 'aws-production@example.com',
  roles: ['ReadOnly'],
};

function populate(sandbox: CliSandbox, ...args: readonly string[]): Promise<Finished> {
  return sandbox.run(['configure', 'populate', '--session', 'corp', ...args]);
}

const textOf = ({ configFile }: CliSandbox) => readFileSync(configFile, 'utf8');

/** The names of the profiles that are not there from the beginning. */
function written({ configFile }: CliSandbox): readonly string[] {
  return Object.keys(readByUs(configFile).profiles).filter((name) => name !== 'dev');
}

/** Changes the accounts that the stand-in lists from now on. */
function list({ standIn }: CliSandbox, accounts: readonly Account[]): void {
  standIn.clearFaults();
  const accountList = accounts.map(({ roles: _roles, ...account }) => account);
  standIn.fault('ListAccounts', { times: Infinity, transform: () => ({ accountList }) });
  for (const { accountId, roles } of accounts) {
    standIn.fault('ListAccountRoles', {
      times: Infinity,
      when: ({ input }) => input['accountId'] === accountId,
      transform: () => ({ roleList: roles.map((roleName) => ({ roleName, accountId })) }),
    });
  }
}

describe.each(builds())('$name', (build) => {
  const openSandbox = cliSandboxes(build);
  const open = (aws: CliSandboxOptions['aws'] = { accounts: [development, production] }) =>
    openSandbox({ aws });

  test('writes a profile for every role, below all else, and each of them works', async () => {
    const sandbox = await open();
    const before = textOf(sandbox);
    expect(await populate(sandbox)).toMatchObject({
      exitStatus: 0,
      stdout: '',
      stderr: 'Profiles of the session "corp" in ~/.aws/config: 3 new, 0 there already.\n',
    });
    const profile = (name: string, accountId: string, roleName: string) => `
[profile ${name}]
credential_process = ${sandbox.program} --profile ${name}
region = eu-west-1
sso_cred_session = corp
sso_cred_account_id = ${accountId}
sso_cred_role_name = ${roleName}
sso_cred_populated_by = corp
`;
    expect(textOf(sandbox)).toBe(
      [
        before,
        profile('Acme-Development.Developer', '111122223333', 'Developer'),
        profile('Acme-Development.ReadOnly', '111122223333', 'ReadOnly'),
        profile('Acme-Production.ReadOnly', '444455556666', 'ReadOnly'),
      ].join(''),
    );
    await expectReadAlike(sandbox.configFile);
    const variables = endpointVariables(sandbox.standIn);
    for (const name of written(sandbox)) {
      expectCredentials(await sandbox.run(['--profile', name], variables));
    }
  });

  test('doing it again changes not a byte, nor the time of the file', async () => {
    const sandbox = await open();
    await populate(sandbox, '--region', 'us-east-1', '--output', 'json');
    const { mtimeNs } = statSync(sandbox.configFile, { bigint: true });
    for (const args of [[], ['--region', 'us-east-1'], ['--prune'], ['--output', 'json']]) {
      const { stderr } = await populate(sandbox, ...args);
      expect(stderr).toMatch(/: 0 new, 3 there already\.\n$/);
    }
    expect(statSync(sandbox.configFile, { bigint: true }).mtimeNs).toBe(mtimeNs);
  });

  test('what a person adds to a profile stays, and a line is not rewritten for its path', async () => {
    const sandbox = await open();
    await populate(sandbox);
    const edited = textOf(sandbox)
      .replace(
        /^credential_process = .*(?= --profile Acme-Prod)/m,
        'credential_process = /opt/sso-cred',
      )
      .replace(/(\[profile Acme-Production.ReadOnly\]\n)/, '$1# mine\ncli_pager =\n')
      .replace(
        /region = eu-west-1(?=\nsso_cred_session = corp\nsso_cred_account_id = 4444)/,
        'region = eu-north-1',
      );
    writeFileSync(sandbox.configFile, edited);
    await populate(sandbox);
    expect(textOf(sandbox)).toBe(edited);
    await populate(sandbox, '--region', 'us-west-2');
    expect(textOf(sandbox)).toBe(
      edited.replaceAll(/(\[profile Acme[^[]*?region = )eu-\w+-1/g, '$1us-west-2'),
    );
  });

  test('--prune takes away what is gone at AWS, and nothing that it did not write', async () => {
    const sandbox = await open();
    await populate(sandbox);
    appendFileSync(
      sandbox.configFile,
      `
[profile mine]
credential_process = sso-cred --profile mine
sso_cred_session = corp
sso_cred_account_id = 999999999999
sso_cred_role_name = Gone

[profile theirs]
sso_cred_session = other
sso_cred_account_id = 999999999999
sso_cred_role_name = Gone
sso_cred_populated_by = other
`,
    );
    const before = textOf(sandbox);
    list(sandbox, [{ ...development, roles: ['ReadOnly', 'New'] }]);
    expect((await populate(sandbox)).stderr).toMatch(/: 1 new, 1 there already\.\n$/);
    expect(written(sandbox)).toContain('Acme-Production.ReadOnly');
    expect((await populate(sandbox, '--prune')).stderr).toMatch(
      /: 0 new, 2 there already, 2 taken away\.\n$/,
    );
    expect(written(sandbox)).toEqual([
      'Acme-Development.ReadOnly',
      'mine',
      'theirs',
      'Acme-Development.New',
    ]);
    list(sandbox, [development, production]);
    await populate(sandbox, '--prune');
    expect(textOf(sandbox).startsWith(before.slice(0, before.indexOf('[profile Acme')))).toBe(true);
    expect(written(sandbox)).toHaveLength(5);
    await expectReadAlike(sandbox.configFile);
  });

  test('another template gives other names; --prune takes away those of before', async () => {
    const sandbox = await open();
    await populate(sandbox);
    await populate(sandbox, '--name-template', '{role_name}@{account_id}', '--prune');
    expect(written(sandbox)).toEqual([
      'Developer@111122223333',
      'ReadOnly@111122223333',
      'ReadOnly@444455556666',
    ]);
  });

  test('patterns choose accounts and roles; --prune leaves the others', async () => {
    const sandbox = await open();
    await populate(sandbox);
    const args = ['--accounts', '*prod*', '--roles', 'read*', '--prune'];
    expect((await populate(sandbox, ...args)).stderr).toMatch(/: 0 new, 1 there already\.\n$/);
    expect(written(sandbox)).toHaveLength(3);
    expect(sandbox.standIn.calls('ListAccountRoles')).toHaveLength(3);
    const nothing = await populate(sandbox, '--accounts', 'none');
    expect(nothing).toMatchObject({ exitStatus: 0 });
    expect(nothing.stderr).toMatch(/: 0 new, 0 there already\.\n$/);
  });

  test('there may be a profile for each of several regions', async () => {
    const sandbox = await open();
    const regions = ['--region', 'eu-west-1', '--region', 'us-east-1'];
    expectFailure(
      await populate(sandbox, ...regions),
      2,
      /^--name-template must have \{region\}, for more than one --region\. Run: /,
    );
    const template = '{account_id}.{role_name}.{region}';
    await populate(sandbox, ...regions, '--name-template', template, '--accounts', '4444*');
    const { profiles } = readByUs(sandbox.configFile);
    expect(profiles['444455556666.ReadOnly.eu-west-1']).toMatchObject({ region: 'eu-west-1' });
    expect(profiles['444455556666.ReadOnly.us-east-1']).toMatchObject({ region: 'us-east-1' });
  });

  test('--dry-run shows the change as a diff, and changes nothing', async () => {
    const sandbox = await open();
    await populate(sandbox, '--accounts', '*dev*');
    list(sandbox, [{ ...development, roles: ['ReadOnly'] }, production]);
    const before = textOf(sandbox);
    const { exitStatus, stdout, stderr } = await populate(sandbox, '--prune', '--dry-run');
    expect(exitStatus).toBe(0);
    expect(textOf(sandbox)).toBe(before);
    expect(stderr).toMatch(
      /in ~\/\.aws\/config, where nothing was changed: 1 new, 1 there already, 1 taken away\.\n$/,
    );
    expect(stdout).toMatch(
      /^--- ~\/\.aws\/config\n\+\+\+ ~\/\.aws\/config\n@@ -\d+,8 \+\d+,0 @@ \[profile Acme-Development\.Developer\]\n/,
    );
    expect(stdout).toContain('\n-sso_cred_role_name = Developer\n');
    expect(stdout).toContain('\n+[profile Acme-Production.ReadOnly]\n');
    expect((await populate(sandbox, '--accounts', 'none', '--dry-run')).stdout).toBe('');
  });

  test('hostile names are made safe and told of, and hurt nobody', async () => {
    const sandbox = await open({ accounts: hostileAccounts });
    const before = textOf(sandbox);
    const { exitStatus, stderr } = await populate(sandbox);
    expect(exitStatus).toBe(0);
    expect(textOf(sandbox).startsWith(before)).toBe(true);
    const names = written(sandbox);
    expect(names).toHaveLength(2 * hostileAccounts.length);
    expect(new Set(names.map((name) => name.toLowerCase())).size).toBe(names.length);
    expect(names).toContain('Munchen-Strasse.ReadOnly');
    expect(names).toContain('Dev.ReadOnly-100000000010');
    expect(names).toContain('dev.ReadOnly-100000000011');
    expect(names).toContain('Prod-profile-evil-credential_process-bin-false.ReadOnly');
    expect(textOf(sandbox)).not.toContain('[profile evil]');
    await expectReadAlike(sandbox.configFile);
    expect(stderr).toContain('Named otherwise, for the name is taken or would be given twice:\n');
    expect(stderr).toContain(
      '  Dev.ReadOnly is Dev.ReadOnly-100000000010: ReadOnly in 100000000010 (Dev)\n',
    );
    expect(stderr).toContain('Named without characters that some SDK does not take:\n');
    // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is looked for
    expect(stderr).not.toMatch(/[\u001b\u202e]/);
    const again = textOf(sandbox);
    await populate(sandbox, '--prune');
    expect(textOf(sandbox)).toBe(again);
  });

  test('a profile made by hand is not touched: it serves, or its name is left to it', async () => {
    const sandbox = await open();
    appendFileSync(
      sandbox.configFile,
      `
[profile Acme-Production.ReadOnly]
credential_process = sso-cred --profile Acme-Production.ReadOnly
sso_cred_session = corp
sso_cred_account_id = 444455556666
sso_cred_role_name = ReadOnly

[profile acme-development.developer]
region = mine
`,
    );
    const before = textOf(sandbox);
    const { stderr } = await populate(sandbox, '--prune');
    expect(stderr).toMatch(/: 2 new, 0 there already, 1 made by hand\.\n$/);
    expect(stderr).toContain(
      '  Acme-Development.Developer is Acme-Development.Developer-111122223333: ',
    );
    expect(textOf(sandbox).startsWith(before)).toBe(true);
    const again = textOf(sandbox);
    await populate(sandbox, '--prune');
    expect(textOf(sandbox)).toBe(again);
  });

  test('a listing that failed in part writes the rest, and prunes nothing of that part', async () => {
    const sandbox = await open();
    await populate(sandbox);
    list(sandbox, [{ ...development, roles: ['New'] }]);
    sandbox.standIn.clearFaults();
    sandbox.standIn.fault('ListAccountRoles', {
      status: 403,
      times: Infinity,
      when: ({ input }) => input['accountId'] === '111122223333',
    });
    const before = textOf(sandbox);
    const { exitStatus, stderr } = await populate(sandbox, '--prune');
    expect(exitStatus).toBe(5);
    expect(stderr.trimEnd().split('\n').at(-1)).toMatch(
      /^The roles in 1 of 2 accounts could not be listed, such as 111122223333: /,
    );
    expect(textOf(sandbox)).toBe(before);
  });

  test('a service that lists no account at all is not believed by --prune', async () => {
    const sandbox = await open();
    await populate(sandbox);
    const before = textOf(sandbox);
    list(sandbox, []);
    const { exitStatus, stderr } = await populate(sandbox, '--prune');
    expect([exitStatus, stderr]).toEqual([
      0,
      expect.stringContaining('AWS lists no account at all: nothing was taken away.\n'),
    ]);
    expect(textOf(sandbox)).toBe(before);
  });

  test('one that is killed is gone on with, and the file is as it was until the end', async () => {
    const accounts = manyAccounts(120);
    const sandbox = await open({ accounts, portalCallsPerS: 30 });
    const before = textOf(sandbox);
    const first = sandbox.start(['configure', 'populate', '--session', 'corp']);
    const listings = join(sandbox.cacheDirectory, 'listings');
    for (let waited = 0; waited < 30_000; waited += 50) {
      if (existsSync(listings) && readdirSync(listings).some((name) => /json$/.test(name))) break;
      await delay(50);
    }
    first.kill('SIGKILL');
    await first.finished;
    const done = new Set(
      sandbox.standIn
        .calls('ListAccountRoles')
        .flatMap(({ input, status }) => (status === 200 ? [input['accountId']] : [])),
    ).size;
    expect(done).toBeGreaterThan(0);
    expect(done).toBeLessThan(120);
    expect(textOf(sandbox)).toBe(before);
    sandbox.standIn.resetCalls();
    expect((await populate(sandbox)).exitStatus).toBe(0);
    expect(written(sandbox)).toHaveLength(600);
    const asked = sandbox.standIn.calls('ListAccountRoles').filter(({ status }) => status === 200);
    // What was listed in the second before the end was not noted down.
    expect(asked.length).toBeLessThanOrEqual(120);
    expect(asked.length).toBeGreaterThanOrEqual(120 - done);
    expect(readdirSync(listings)).toEqual([]);
  }, 120_000);

  test.each([
    [
      ['--name-template', '{account}.{role_name}'],
      /^--name-template has a field \{account\} that there is not\. Run: /,
    ],
    [['--name-template', '{account_nam}.{role_name}'], /\(did you mean \{account_name\}\?\)/],
    [['--name-template', '{account_name}'], /^--name-template must have \{role_name\}, /],
    [
      ['--name-template', '{role_name} x'],
      /^--name-template has a character that not every SDK takes/,
    ],
    [['--name-template', ''], /^--name-template is empty/],
    [['--region', 'Ireland'], /^--region is not a region such as/],
    [['--output', 'xml'], /^--output takes one of/],
  ])('%j is a mistake, and nobody is asked', async (args, message) => {
    const sandbox = await open();
    const before = textOf(sandbox);
    expectFailure(await populate(sandbox, ...args), 2, message);
    expect(sandbox.newCalls()).toEqual({});
    expect(textOf(sandbox)).toBe(before);
  });
});
