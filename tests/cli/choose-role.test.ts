import { appendFileSync, writeFileSync } from 'node:fs';
import { describe, expect, test } from '@jest/globals';
import { builds } from '../support/builds.ts';
import { type CliSandbox, cliSandboxes } from '../support/cli-sandbox.ts';
import { endpointVariables } from '../support/endpoint-variables.ts';
import { terminals, testInTerminal } from '../support/in-terminal.ts';
import { expectFailure } from '../support/outcome.ts';

const enter = '\r';
const print = ['sh', '-c', 'echo "key $AWS_ACCESS_KEY_ID"'];

function addProfiles({ configFile }: CliSandbox): void {
  appendFileSync(
    configFile,
    `
[profile auditor]
credential_process = sso-cred --profile auditor
sso_cred_session = corp
sso_cred_account_id = 777788889999
sso_cred_role_name = AuditorAccess

[profile without-a-role]
region = eu-west-1
`,
  );
}

describe.each(builds())('$name, a role that the command line leaves open', (build) => {
  const open = cliSandboxes(build);
  const inTerminal = terminals();

  testInTerminal('is chosen from the profiles whose credentials can be had', async () => {
    const sandbox = await open();
    addProfiles(sandbox);
    const shown = inTerminal(sandbox, [sandbox.program, 'exec', '--', ...print], {
      variables: { ...endpointVariables(sandbox.standIn), NO_COLOR: '1' },
    });
    await shown.says(/Profile/);
    shown.type('777788889999');
    await shown.says(/❯ auditor {2}AuditorAccess in 777788889999/);
    shown.type(enter);
    const { exitStatus, stderr } = await shown.finished;
    expect(exitStatus).toBe(0);
    expect(stderr).toMatch(/key ASIA\w+\r$/m);
    expect(stderr).not.toContain('without-a-role');
    expect(sandbox.newCalls()).toEqual({ GetRoleCredentials: 1 });
  });

  testInTerminal('is chosen from the accounts and roles of the session that it names', async () => {
    const sandbox = await open();
    const command = [sandbox.program, 'console', '--session', 'corp', '--print'];
    const shown = inTerminal(sandbox, command, { variables: { NO_COLOR: '1' } });
    await shown.says(/Account/);
    shown.type('log arch');
    await shown.says(/log arch\r\n[^\n]*❯ Acme Log Archive/);
    shown.type(enter);
    await shown.says(/Role[\s\S]*❯ AuditorAccess/);
    shown.type(enter);
    const { exitStatus, stderr } = await shown.finished;
    expect(exitStatus).toBe(0);
    expect(stderr).toMatch(/https?:\S+SigninToken=\S+\r$/m);
    expect(sandbox.newCalls()).toMatchObject({ ListAccounts: 1, ListAccountRoles: 1 });
  });

  testInTerminal('is not asked for where AWS_PROFILE says it', async () => {
    const sandbox = await open();
    addProfiles(sandbox);
    const variables = { AWS_PROFILE: 'dev' };
    const shown = inTerminal(sandbox, [sandbox.program, 'exec', '--', ...print], { variables });
    const { exitStatus, stderr } = await shown.finished;
    expect(exitStatus).toBe(0);
    expect(stderr).toMatch(/^key ASIA\w+\r\n$/);
  });

  testInTerminal('is told to be missing where no profile is of any use', async () => {
    const sandbox = await open();
    writeFileSync(sandbox.configFile, '[profile x]\nregion = eu-west-1\n');
    const shown = inTerminal(sandbox, [sandbox.program, 'exec', '--', ...print]);
    const { exitStatus, stderr } = await shown.finished;
    expect(exitStatus).toBe(2);
    expect(stderr).toContain('There is no profile "default"');
  });

  test.each([
    [['exec', '--', ...print], /^There is no profile "default"/],
    [['env', '--session', 'corp'], /^--account-id is required/],
  ])('is an error without a terminal: %j', async (words, message) => {
    const sandbox = await open();
    addProfiles(sandbox);
    expectFailure(await sandbox.run(words), 2, message);
  });
});
