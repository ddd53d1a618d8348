import { appendFileSync, existsSync, readFileSync, writeFileSync } from 'node:fs';
import { describe, expect } from '@jest/globals';
import { builds } from '../support/builds.ts';
import { type CliSandbox, cliSandboxes } from '../support/cli-sandbox.ts';
import { endpointVariables } from '../support/endpoint-variables.ts';
import { hostileAccounts, manyAccounts } from '../support/hostile-accounts.ts';
import { terminals, testInTerminal } from '../support/in-terminal.ts';
import { expectReadAlike, readByUs } from '../support/read-by-sdks.ts';
import type { Running } from '../support/run-process.ts';
import { webSandboxes } from '../support/web-sandbox.ts';

const enter = '\r';
const down = '\u001b[B';
const eraseLine = '\u0015';

describe.each(builds())('$name', (build) => {
  const open = cliSandboxes(build);
  const inTerminal = terminals();

  /** Starts a wizard, with its stdout apart from the terminal: nothing may be asked there. */
  function wizard(sandbox: CliSandbox, ...args: readonly string[]): Running {
    const command = ['sh', '-c', '"$0" "$@" > stdout', sandbox.program, 'configure', ...args];
    const variables = { ...endpointVariables(sandbox.standIn), NO_COLOR: '1' };
    return inTerminal(sandbox, command, { variables, cwd: sandbox.home });
  }

  /** Waits for each question, and answers it. */
  async function answer(
    shown: Running,
    ...dialog: readonly (readonly [question: RegExp, answer: string])[]
  ): Promise<void> {
    for (const [question, typed] of dialog) {
      await shown.says(question);
      shown.type(typed);
    }
  }

  testInTerminal('from a start URL to a profile that works', async () => {
    const sandbox = await open({ token: false });
    const { standIn, configFile, home } = sandbox;
    writeFileSync(configFile, '');
    const shown = wizard(sandbox, 'sso', '--browser', '--no-open');
    await answer(
      shown,
      [/Start URL/, `nonsense${enter}`],
      [/Not an https URL such as/, `${eraseLine}${standIn.startUrl}${enter}`],
      [/Region of Identity Center/, `eu-west-1${enter}`],
      [/Name of the session/, `${eraseLine}corp${enter}`],
    );
    const [, url = ''] = await shown.says(/^ {2}(http:\S+\/authorize\?\S+)\r$/m);
    await standIn.visit(url);
    await answer(
      shown,
      [/Account[\s\S]*Acme Production {2}444455556666 {2}aws-production@example\.com/, 'arch 7777'],
      [/Account[^\n]* arch 7777\r\n[\s\S]*❯ Acme Log Archive/, enter],
      [/Role[\s\S]*AuditorAccess/, down],
      [/❯ ReadOnly/, enter],
      [/Name of the profile[^\n]*ReadOnly-777788889999/, enter],
      [/Region for the SDKs[^\n]*eu-west-1/, enter],
    );
    const { exitStatus, stderr } = await shown.finished;
    expect(stderr).toMatch(/AWS knows you by this profile as arn:aws:sts::777788889999:/);
    expect(exitStatus).toBe(0);
    expect(readFileSync(`${home}/stdout`, 'utf8')).toBe('');
    expect(readFileSync(configFile, 'utf8')).toBe(`[sso-session corp]
sso_start_url = ${standIn.startUrl}
sso_region = eu-west-1
sso_registration_scopes = sso:account:access

[profile ReadOnly-777788889999]
credential_process = ${sandbox.program} --profile ReadOnly-777788889999
region = eu-west-1
sso_cred_session = corp
sso_cred_account_id = 777788889999
sso_cred_role_name = ReadOnly
`);
    await expectReadAlike(configFile);
  });

  testInTerminal(
    'a session that is there is offered, and what is the only one is taken',
    async () => {
      const accounts = [{ ...manyAccounts(1)[0], roles: ['ReadOnly'] }] as never;
      const sandbox = await open({ aws: { accounts } });
      const shown = wizard(sandbox, 'sso');
      await answer(
        shown,
        [/Session[\s\S]*❯ corp {2}http[\s\S]*A new one, for another start URL/, enter],
        [/Name of the profile/, `${eraseLine}mine${enter}`],
        [/Region for the SDKs/, `${eraseLine}us-east-1${enter}`],
      );
      const { exitStatus, stderr } = await shown.finished;
      expect(exitStatus).toBe(0);
      expect(stderr).toContain('Your only account: Team 0 Development 0  200000000000  aws+0@');
      expect(stderr).toContain('Your only role there: ReadOnly');
      expect(readByUs(sandbox.configFile).profiles['mine']).toMatchObject({ region: 'us-east-1' });
    },
  );

  testInTerminal('a profile is replaced when the person says so, and kept when not', async () => {
    const sandbox = await open();
    const before = readFileSync(sandbox.configFile, 'utf8');
    const flags = ['--session', 'corp', '--account-id', '444455556666', '--role-name', 'ReadOnly'];
    const shown = wizard(sandbox, 'sso', ...flags, '--profile', 'dev');
    await answer(
      shown,
      [/Profile "dev" \(~\/\.aws\/config:1\) is there already\. Replace it\? \(y\/N\)/, enter],
      [/Name of the profile/, `${eraseLine}other${enter}`],
      [/Region for the SDKs/, enter],
    );
    expect((await shown.finished).exitStatus).toBe(0);
    expect(readFileSync(sandbox.configFile, 'utf8').startsWith(before)).toBe(true);
    const again = wizard(sandbox, 'sso', ...flags, '--profile', 'dev');
    await answer(again, [/Replace it\?/, `y${enter}`]);
    expect((await again.finished).exitStatus).toBe(0);
    expect(readByUs(sandbox.configFile).profiles['dev']).toMatchObject({
      sso_cred_account_id: '444455556666',
    });
  });

  testInTerminal('Ctrl-C at any question changes nothing and ends as by the signal', async () => {
    const sandbox = await open();
    const before = readFileSync(sandbox.configFile, 'utf8');
    const questions = [/Session/, /Account/, /Role/, /Name of the profile/, /Region for the SDKs/];
    for (const last of questions.keys()) {
      const shown = wizard(sandbox, 'sso');
      for (const question of questions.slice(0, last)) await answer(shown, [question, enter]);
      await answer(shown, [questions[last] ?? /./, '\u0003']);
      expect((await shown.finished).exitStatus).toBe(130);
    }
    expect(readFileSync(sandbox.configFile, 'utf8')).toBe(before);
  });

  testInTerminal('names that a terminal would obey are shown as text', async () => {
    const sandbox = await open({ aws: { accounts: hostileAccounts } });
    const shown = wizard(sandbox, 'sso', '--session', 'corp');
    await answer(
      shown,
      [/Account[\s\S]*❯/, 'red'],
      [/❯ \[31mred \[0m +txt\.exe {2}100000000005/, enter],
      [/Role/, 'power'],
      [/❯ Power\+User=,\.@-_/, enter],
      [/Name of the profile[^\n]*Power\+User--\.@-_-100000000005/, enter],
      [/Region for the SDKs/, enter],
    );
    const { exitStatus, stderr } = await shown.finished;
    expect(exitStatus).toBe(0);
    expect(stderr).not.toContain('\u202e');
    expect(stderr).not.toContain('\u001b[31mred');
    await expectReadAlike(sandbox.configFile);
  });

  testInTerminal('an answer that was pasted with its end chooses nothing by accident', async () => {
    const sandbox = await open({ aws: { accounts: manyAccounts(50) } });
    const shown = wizard(sandbox, 'sso', '--session', 'corp');
    await answer(shown, [/Account[\s\S]*❯/, `200000000017${enter}`]);
    // It takes the account that was meant, or asks again.
    const [, next] = await shown.says(/✔ Account[^\n]*\n[\s\S]*\? (Account|Role)[\s\S]*❯/);
    if (next === 'Account') {
      shown.type('aws+17@');
      await answer(shown, [/Account aws\+17@\r\n[^\n]*❯ Team 17 Production 17 /, enter]);
    }
    await answer(
      shown,
      [/\? Role[\s\S]*❯/, enter],
      [/Name of the profile/, `${eraseLine}seventeen${enter}`],
      [/Region for the SDKs/, enter],
    );
    expect((await shown.finished).exitStatus).toBe(0);
    expect(readByUs(sandbox.configFile).profiles['seventeen']).toMatchObject({
      sso_cred_account_id: '200000000017',
    });
  });

  testInTerminal(
    'profiles of other tools are chosen, looked at, and turned into ours',
    async () => {
      const sandbox = await open();
      appendFileSync(
        sandbox.configFile,
        `
[profile one]
sso_session = corp
sso_account_id = 111122223333
sso_role_name = Developer

[profile two]
sso_session = corp
sso_account_id = 444455556666
sso_role_name = ReadOnly
`,
      );
      const before = readFileSync(sandbox.configFile, 'utf8');
      const declined = wizard(sandbox, 'import');
      await answer(
        declined,
        [
          /Profiles to turn into ours[\s\S]*two {2}ReadOnly in 444455556666, of AWS/,
          `${down} ${enter}`,
        ],
        [/Write this\?/, enter],
      );
      expect((await declined.finished).exitStatus).toBe(0);
      expect(readFileSync(sandbox.configFile, 'utf8')).toBe(before);
      const shown = wizard(sandbox, 'import');
      await answer(
        shown,
        [/Profiles to turn into ours[\s\S]*two {2}/, `${down} ${enter}`],
        [/Write this\?/, `y${enter}`],
      );
      expect((await shown.finished).exitStatus).toBe(0);
      // The change is what this command prints, and so on its stdout.
      expect(readFileSync(`${sandbox.home}/stdout`, 'utf8')).toContain(
        '-sso_role_name = ReadOnly\n',
      );
      const { profiles } = readByUs(sandbox.configFile);
      expect(profiles['two']).toMatchObject({ sso_cred_role_name: 'ReadOnly' });
      expect(profiles['one']).toHaveProperty('sso_role_name');
    },
  );

  testInTerminal('configure asks which way', async () => {
    const sandbox = await open();
    const shown = wizard(sandbox);
    await answer(
      shown,
      [/What is to be done\?[\s\S]*❯ Write a profile for a role of IAM Identity Center/, 'every'],
      [/❯ Write a profile for every role that you have/, enter],
    );
    const { exitStatus, stderr } = await shown.finished;
    expect(exitStatus).toBe(0);
    expect(stderr).toMatch(/: 5 new, 0 there already\.\r\n$/);
    // On a terminal a bar shows how far it is, and goes.
    expect(stderr).toMatch(/Asking AWS for your roles [█░]+ 3\/3/);
    expect(stderr).toContain('\r\u001b[KProfiles of the session');
  });

  testInTerminal('where stderr goes elsewhere nobody is asked', async () => {
    const sandbox = await open();
    const command = ['sh', '-c', '"$0" configure sso 2> err; cat err', sandbox.program];
    const shown = inTerminal(sandbox, command, { cwd: sandbox.home });
    const { stderr } = await shown.finished;
    expect(stderr).toBe('--session is required: there is no terminal to ask at.\r\n');
    expect(existsSync(`${sandbox.home}/err`)).toBe(true);
  });
});

describe.each(builds())('$name, at an OpenID provider', (build) => {
  const open = webSandboxes(build);
  const inTerminal = terminals();

  testInTerminal('from an issuer to a profile that works', async () => {
    const sandbox = await open();
    const { provider, standIn, configFile } = sandbox;
    const before = readFileSync(configFile, 'utf8');
    const args = ['configure', 'oidc', '--browser', '--no-open'];
    const variables = { ...endpointVariables(standIn), NO_COLOR: '1' };
    const shown = inTerminal(sandbox, [sandbox.program, ...args], { variables });
    const dialog: readonly (readonly [RegExp, string])[] = [
      [/Session[\s\S]*❯ acme[\s\S]*A new one, at another provider/, down],
      [/❯ A new one, at another provider/, enter],
      [/Issuer of the provider, or domain/, `acme.example.com${enter}`],
      [/Not an https URL without query/, `${eraseLine}${provider.issuer}${enter}`],
      [/Client id of the application/, `${provider.clientId}${enter}`],
      [/Name of the session/, `${eraseLine}mine${enter}`],
      [/ARN of the role/, `arn:aws:iam::111122223333:role/WebDeveloper${enter}`],
      [/Name of the profile[^\n]*WebDeveloper/, enter],
      [/Region for the SDKs[^\n]*us-east-1/, enter],
    ];
    for (const [question, typed] of dialog) {
      await shown.says(question);
      shown.type(typed);
    }
    const [, url = ''] = await shown.says(/^ {2}(http:\S+\/auth\?\S+)\r$/m);
    await standIn.visit(url);
    const { exitStatus, stderr } = await shown.finished;
    expect([exitStatus, stderr]).toEqual([
      0,
      expect.stringContaining(
        'Wrote [oidc-session mine], [profile WebDeveloper] to ~/.aws/config.',
      ),
    ]);
    expect(readFileSync(configFile, 'utf8')).toBe(`${before}
[oidc-session mine]
issuer = ${provider.issuer}
client_id = ${provider.clientId}

[profile WebDeveloper]
credential_process = ${sandbox.program} --profile WebDeveloper
region = us-east-1
sso_cred_oidc_session = mine
sso_cred_role_arn = arn:aws:iam::111122223333:role/WebDeveloper
`);
    await expectReadAlike(configFile);
  });
});
