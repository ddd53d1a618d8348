import {
  existsSync,
  lstatSync,
  mkdirSync,
  readFileSync,
  renameSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from '@jest/globals';
import { builds } from '../support/builds.ts';
import { type CliSandbox, cliSandboxes } from '../support/cli-sandbox.ts';
import { endpointVariables } from '../support/endpoint-variables.ts';
import { expectCredentials, expectFailure } from '../support/outcome.ts';
import { expectReadAlike, readByUs } from '../support/read-by-sdks.ts';

const ids = { account: '111122223333', role: 'Developer' };

/** A config with profiles of every origin, and comments. */
function config({ standIn: { startUrl, region } }: CliSandbox): string {
  return `# kept
[sso-session corp]
sso_start_url = ${startUrl}
sso_region = ${region}

[profile native]
sso_session = corp
sso_account_id = ${ids.account} # dev
sso_role_name = ${ids.role}
region = eu-west-1
cli_pager = less

[profile legacy]
sso_start_url = ${startUrl}/#/
sso_region = ${region}
sso_account_id = ${ids.account}
sso_role_name = ${ids.role}
output = json

[profile elsewhere]
sso_start_url = https://other.awsapps.com/start
sso_region = us-east-1
sso_account_id = ${ids.account}
sso_role_name = ${ids.role}

[profile granted]
granted_sso_start_url      = https://other.awsapps.com/start
granted_sso_region         = us-east-1
granted_sso_account_id     = ${ids.account}
granted_sso_role_name      = ${ids.role}
common_fate_generated_from = aws-sso
credential_process         = granted credential-process --profile granted --auto-login

[profile util]
sso_start_url = ${startUrl}
sso_region = ${region}
sso_account_name = Acme
sso_account_id = ${ids.account}
sso_role_name = ${ids.role}
credential_process = aws-sso-util credential-process --profile util
sso_auto_populated = true

[profile util-args]
credential_process = "/my tools/aws-sso-util" credential-process --start-url ${startUrl} --region=${region} --account-id ${ids.account} --role-name ${ids.role}

# BEGIN_AWS_SSO_CLI
[profile aws-sso]
credential_process = /usr/local/bin/aws-sso -u open -S "Default" process --arn arn:aws:iam::${ids.account}:role/${ids.role}
# END_AWS_SSO_CLI

[profile chained]
role_arn = arn:aws:iam::${ids.account}:role/X
source_profile = native

[profile vault]
credential_process = aws-vault export --format=json vault

[profile vault-sso]
sso_session = corp
sso_account_id = ${ids.account}
sso_role_name = ${ids.role}
credential_process = aws-vault export --no-session --format=json vault-sso

[profile vault-twin]
credential_process = aws-vault export --format=json vault-sso

[profile vault-odd]
sso_session = corp
sso_account_id = ${ids.account}
sso_role_name = ${ids.role}
credential_process = aws-vault export vault-sso --format=json

[profile copied]
sso_session = corp
sso_account_id = ${ids.account}
sso_role_name = ${ids.role}
credential_process = aws-sso-util credential-process --profile util

[profile half]
sso_session = corp
sso_role_name = ${ids.role}

[profile keys]
sso_session = corp
sso_account_id = ${ids.account}
sso_role_name = ${ids.role}
aws_access_key_id = AKIAIOSFODNN7EXAMPLE

[profile ours]
credential_process = sso-cred --profile ours
sso_cred_session = corp
sso_cred_account_id = ${ids.account}
sso_cred_role_name = ${ids.role}
`;
}

describe.each(builds())('$name', (build) => {
  const openSandbox = cliSandboxes(build);

  async function open() {
    const sandbox = await openSandbox();
    writeFileSync(sandbox.configFile, config(sandbox));
    return {
      sandbox,
      before: config(sandbox),
      backup: `${sandbox.configFile}.sso-cred-backup`,
      run: (...args: readonly string[]) => sandbox.run(['configure', 'import', ...args]),
      text: () => readFileSync(sandbox.configFile, 'utf8'),
      profile: (name: string) => readByUs(sandbox.configFile).profiles[name],
    };
  }

  const ours = (sandbox: CliSandbox, name: string, session: string) => ({
    credential_process: `${sandbox.program} --profile ${name}`,
    sso_cred_session: session,
    sso_cred_account_id: ids.account,
    sso_cred_role_name: ids.role,
  });

  test('turns all that it knows into ours, in place, and keeps the file as it was', async () => {
    const { sandbox, before, backup, run, text, profile } = await open();
    const { exitStatus, stdout, stderr } = await run('--all', '--session', 'corp');
    expect(exitStatus).toBe(0);
    expect(stderr).toContain(
      'Imported 8 profiles, with the sessions other. The file as it was is ~/.aws/config.sso-cred-backup\n',
    );
    expect(readFileSync(backup, 'utf8')).toBe(before);
    expect(statSync(backup).mode & 0o777).toBe(0o600);
    expect(profile('native')).toEqual({
      ...ours(sandbox, 'native', 'corp'),
      region: 'eu-west-1',
      cli_pager: 'less',
    });
    expect(profile('legacy')).toEqual({ ...ours(sandbox, 'legacy', 'corp'), output: 'json' });
    expect(profile('elsewhere')).toEqual(ours(sandbox, 'elsewhere', 'other'));
    expect(profile('granted')).toEqual(ours(sandbox, 'granted', 'other'));
    expect(profile('util')).toEqual({
      ...ours(sandbox, 'util', 'corp'),
      sso_account_name: 'Acme',
    });
    expect(profile('util-args')).toEqual(ours(sandbox, 'util-args', 'corp'));
    expect(profile('vault-sso')).toEqual(ours(sandbox, 'vault-sso', 'corp'));
    expect(profile('aws-sso')).toEqual(ours(sandbox, 'aws-sso', 'corp'));
    expect(readByUs(sandbox.configFile).sso_sessions['other']).toEqual({
      sso_start_url: 'https://other.awsapps.com/start',
      sso_region: 'us-east-1',
      sso_registration_scopes: 'sso:account:access',
    });

    // What it does not know stays, to the byte, and the reason is told.
    const [chained = '', others = ''] = before
      .slice(before.indexOf('# END_AWS_SSO_CLI'))
      .split(/\[profile vault-sso\][^[]*/);
    expect(text()).toContain(chained);
    expect(text()).toContain(others);
    expect(text().startsWith('# kept\n[sso-session corp]\n')).toBe(true);
    expect(stderr).toMatch(
      /^Profile "copied" \(.*\) stays as it is: its credential_process names another profile, "util"\.$/m,
    );
    expect(stderr).toMatch(/^Profile "half" \(.*\) stays as it is: it names no account\.$/m);
    expect(stderr).toMatch(
      /^Profile "keys" \(.*\) stays as it is: Profile "keys" .* has aws_access_key_id/m,
    );
    expect(stderr).toMatch(
      /^Profile "vault-twin" \(.*\) stays as it is: its credential_process names another profile, "vault-sso"\.$/m,
    );
    expect(stderr).toMatch(/^Profile "vault-odd" \(.*\) stays as it is: .* is not known here\.$/m);
    expect(stderr).not.toMatch(/"(chained|vault|ours)"/);

    expect(stdout).toMatch(/^--- ~\/\.aws\/config\n\+\+\+ ~\/\.aws\/config\n@@ /);
    expect(stdout).toContain('\n-sso_session = corp\n');
    expect(stdout).toContain(`\n+credential_process = ${sandbox.program} --profile native\n`);
    expect(stdout + stderr).not.toContain('AKIAIOSFODNN7EXAMPLE');

    expectCredentials(
      await sandbox.run(['--profile', 'native'], endpointVariables(sandbox.standIn)),
    );
    await expectReadAlike(sandbox.configFile);

    // Again there is nothing to do, and the backup stays that of before.
    const after = text();
    const again = await run('--all', '--session', 'corp');
    expect(again).toMatchObject({ exitStatus: 0, stdout: '' });
    expect(again.stderr).toContain('There is nothing to import in ~/.aws/config.\n');
    expect(text()).toBe(after);
    expect(readFileSync(backup, 'utf8')).toBe(before);
  });

  test('--dry-run shows the same change and makes none', async () => {
    const { before, backup, run, text } = await open();
    const dry = await run('--all', '--session', 'corp', '--dry-run');
    expect(dry.exitStatus).toBe(0);
    expect(text()).toBe(before);
    expect(existsSync(backup)).toBe(false);
    const real = await run('--all', '--session', 'corp');
    expect(real.stdout).toBe(dry.stdout);
  });

  test('profiles that are named alone are turned', async () => {
    const { sandbox, before, run, text, profile } = await open();
    const { stderr } = await run('--profile', 'legacy', '--profile', 'native');
    expect(stderr).toContain('Imported 2 profiles. The file as it was is');
    expect(profile('legacy')).toMatchObject(ours(sandbox, 'legacy', 'corp'));
    expect(profile('elsewhere')).toHaveProperty('sso_start_url');
    const [start = '', end = ''] = before.split(
      /\[profile native\][\s\S]*?(?=\[profile elsewhere\])/,
    );
    expect(text().startsWith(start)).toBe(true);
    expect(text().endsWith(end)).toBe(true);
    // A comment behind a value that goes, goes with it; one that stays would be above.
    expect(text()).not.toContain('# dev');
  });

  test('a config in another place is changed there, through links, with its backup beside the link', async () => {
    const { sandbox, before, backup, run, text } = await open();
    const target = join(sandbox.home, 'dotfiles', 'aws');
    mkdirSync(join(sandbox.home, 'dotfiles'));
    renameSync(sandbox.configFile, target);
    symlinkSync(target, sandbox.configFile);
    expect((await run('--profile', 'native')).exitStatus).toBe(0);
    expect(lstatSync(sandbox.configFile).isSymbolicLink()).toBe(true);
    expect(text()).not.toBe(before);
    expect(readFileSync(backup, 'utf8')).toBe(before);
  });

  test.each([
    [[], /^--profile or --all is required: there is no terminal to ask at\.$/],
    [['--all', '--profile', 'native'], /^--profile and --all exclude each other\.$/],
    [
      ['--profile', 'nativ'],
      /^There is no profile "nativ" in ~\/\.aws\/config \(did you mean "native"\?\)\.$/,
    ],
    [
      ['--profile', 'vault'],
      /^Profile "vault" \(.*\) cannot be imported: it is for no role of Identity Center\.$/,
    ],
    [
      ['--profile', 'aws-sso'],
      /^Profile "aws-sso" \(.*\) cannot be imported: it does not tell its start URL: --session NAME says which/,
    ],
    [['--profile', 'half'], /^Profile "half" \(.*\) cannot be imported: it names no account\.$/],
    [['--all', '--session', 'none'], /^There is no \[sso-session none\] in ~\/\.aws\/config/],
  ])('%j is a mistake, and nothing happens', async (args, message) => {
    const { before, backup, run, text } = await open();
    expectFailure(await run(...args), 2, message);
    expect(text()).toBe(before);
    expect(existsSync(backup)).toBe(false);
  });
});
