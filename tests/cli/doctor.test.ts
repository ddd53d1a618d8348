import {
  appendFileSync,
  chmodSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { dirname, join } from 'node:path';
import { describe, expect, test } from '@jest/globals';
import {
  affectedGroups,
  type ClashBehaviour,
  type ClashId,
  clashBehaviours,
} from '../../src/model/clash-behaviour.ts';
import { type DialectTrapId, dialectBehaviours } from '../../src/model/dialect-behaviour.ts';
import { nameSdks } from '../../src/model/sdks.ts';
import { ageToken } from '../support/age-records.ts';
import { builds } from '../support/builds.ts';
import { clashCases } from '../support/clash-cases.ts';
import { type CliSandbox, cliSandboxes } from '../support/cli-sandbox.ts';
import { dialectCases } from '../support/dialect-cases.ts';
import { examine, expectNoSecret } from '../support/examine.ts';
import { expectCredentials, expectFailure } from '../support/outcome.ts';
import { readTokenFile } from '../support/sign-in.ts';

const hours = 3_600_000;

/** Adds lines to the config; gives the number of the first one. */
function addLines({ configFile }: CliSandbox, ...lines: readonly string[]): number {
  const before = readFileSync(configFile, 'utf8').split('\n').length;
  appendFileSync(configFile, `${lines.join('\n')}\n`);
  return before;
}

const role = ['sso_cred_session = corp', 'sso_cred_account_id = 111122223333'];

describe.each(builds())('$name', (build) => {
  const open = cliSandboxes(build);

  test('finds nothing wrong where all is well, and asks AWS only what changes nothing', async () => {
    const sandbox = await open();
    const { wrong, report } = await examine(sandbox, []);
    expect(wrong).toEqual([]);
    expect(report.checks.map(({ check }) => check)).toEqual([
      'program',
      'environment',
      'config',
      'profiles',
      'sessions',
      'network',
      'storage',
      'history',
    ]);
    expect(sandbox.newCalls()).toEqual({ Probe: 1, ListAccounts: 1, ListAccountRoles: 1 });
    expect(existsSync(sandbox.cacheDirectory)).toBe(false);
    await examine(sandbox, ['--offline']);
    expect(sandbox.newCalls()).toEqual({});
  });

  test('says the same to a person, in a line for each check', async () => {
    const sandbox = await open();
    const { exitStatus, stdout, stderr } = await sandbox.run(['doctor']);
    expect({ exitStatus, stderr }).toEqual({ exitStatus: 0, stderr: '' });
    expect(stdout.match(/^✓ \w+/gm)).toHaveLength(8);
    expect(stdout).toMatch(/^Nothing is wrong; \d notes?\.$/m);
    expect(stdout).not.toContain('\u001b');
    expectNoSecret(sandbox, stdout);
  });

  test('finds each clash beside credential_process, where it stands and whom it harms', async () => {
    const sandbox = await open();
    const ids = Object.keys(clashBehaviours) as readonly ClashId[];
    const lines = new Map<ClashId, number>();
    for (const id of ids) {
      const command = `credential_process = sso-cred --profile ${id}`;
      const { profile, credentials } = clashCases[id];
      const first = addLines(sandbox, `[profile ${id}]`, command, ...role, ...profile);
      addLines(sandbox, 'sso_cred_role_name = Developer');
      lines.set(id, first + 2 + role.length);
      if (credentials === undefined) continue;
      writeFileSync(
        join(sandbox.home, '.aws', 'credentials'),
        `[${id}]\n${credentials.join('\n')}`,
      );
      lines.set(id, 2);
    }
    addLines(sandbox, '[services local]', 's3 =', '  endpoint_url = https://localhost');
    const { report } = await examine(sandbox);
    const found = report.checks.find(({ check }) => check === 'profiles')?.findings ?? [];
    for (const id of ids) {
      const { severity }: ClashBehaviour = clashBehaviours[id];
      const ofProfile = found.filter(({ message }) => message.startsWith(`Profile "${id}" has `));
      expect(ofProfile).toEqual([
        expect.objectContaining({
          code: id,
          severity,
          line: lines.get(id),
          affected: affectedGroups(id).map(({ how, sdks }) => ({ who: nameSdks(sdks), how })),
          advice: expect.any(String),
        }),
      ]);
    }
  });

  test('finds all that SDKs do not read alike', async () => {
    const sandbox = await open();
    const ids = Object.keys(dialectBehaviours) as readonly DialectTrapId[];
    // Each in a file of its own would do the same, and take as long as there are files.
    const texts = ids.map((id, index) => dialectCases[id].config.replaceAll('dev', `x${index}`));
    const marks = texts.filter((text) => text.startsWith('\uFEFF'));
    writeFileSync(
      sandbox.configFile,
      `${marks.join('')}\n${texts.join('\n')}`.replace(/(?!^)\uFEFF/g, ''),
    );
    const credentials = join(sandbox.home, '.aws', 'credentials');
    const prefixed = dialectCases['profile-with-prefix'].credentials ?? '';
    writeFileSync(credentials, prefixed, { mode: 0o600 });
    const { report } = await examine(sandbox);
    const found = report.checks.find(({ check }) => check === 'config')?.findings ?? [];
    expect(new Set(found.map(({ code }) => code))).toEqual(new Set(ids));
    expect(found.find(({ code }) => code === 'profile-with-prefix')).toMatchObject({
      file: credentials,
      line: 1,
    });
  });

  const command = 'credential_process = sso-cred --profile x';

  test('finds in profiles what they lack, and commands that mean something else', async () => {
    const sandbox = await open();
    const cases: readonly (readonly [code: string, line: number, lines: readonly string[]])[] = [
      ['command-names-no-profile', 1, ['credential_process = sso-cred --profile y']],
      ['copied-command', 1, ['credential_process = sso-cred --profile dev', ...role]],
      ['command-without-profile', 1, ['credential_process = sso-cred']],
      ['command-without-profile', 1, ['credential_process = sso-cred token --profile dev']],
      ['unknown-option', 1, ['credential_process = sso-cred --profil=a-secret --profile dev']],
      ['needs-shell', 1, ['credential_process = ~/bin/sso-cred --profile dev']],
      ['needs-shell', 1, ['credential_process = sso-cred --profile dev 2>/dev/null']],
      ['open-quote', 1, ['credential_process = "sso-cred --profile dev']],
      ['relative-program', 1, ['credential_process = ./sso-cred --profile dev']],
      ['program-not-found', 1, ['credential_process = /nowhere/sso-cred --profile dev']],
      ['incomplete-profile', 0, ['credential_process = sso-cred --profile case10', ...role]],
      ['unknown-key', 1, ['sso_cred_sesion = corp', 'sso_cred_account_id = 1']],
      ['no-command', 0, [...role]],
    ];
    const expected = cases.map(([code, line, lines], index) => {
      const first = addLines(sandbox, `[profile case${index}]`, ...lines);
      return expect.objectContaining({ code, file: sandbox.configFile, line: first + line });
    });
    const { findings } = await examine(sandbox);
    expect(findings).toEqual(expect.arrayContaining(expected));
    expect(JSON.stringify(findings)).not.toContain('a-secret');
  });

  test('a second profile may run sso-cred for one in the words of AWS', async () => {
    const sandbox = await open();
    const { region } = sandbox.standIn;
    addLines(
      sandbox,
      '[profile native]',
      'sso_session = corp',
      'sso_account_id = 111122223333',
      'sso_role_name = Developer',
      'services = sandbox',
      '[profile ours]',
      `region = ${region}`,
      'credential_process = sso-cred --profile native',
    );
    expect((await examine(sandbox)).wrong).toEqual([]);
  });

  test('finds in sections of sessions what they lack, and keys that nobody reads', async () => {
    const sandbox = await open();
    const first = addLines(
      sandbox,
      '[sso-session a]',
      `sso_start_url = ${sandbox.standIn.startUrl}`,
      `sso_region = ${sandbox.standIn.region}`,
      'sso_registration_scope = sso:account:access',
      'sso_registration_scopes = sso:other',
      '[oidc-session b]',
      'issuer = https://acme.eu.auth0.com/',
      'scopes = openid',
      'client_id = abc',
      'redirect_port = 8400',
      '[oidc-session c]',
      'issuer = http://acme.example/',
      '[sso-cred settings]',
      'sign_in = alwys',
    );
    const { findings, wrong } = await examine(sandbox);
    const found = findings.map(({ code, line, severity }) => [code, line, severity]);
    expect(found).toEqual(
      expect.arrayContaining([
        ['unknown-key', first + 3, 'warning'],
        ['no-refresh', first + 4, 'warning'],
        ['no-refresh', first + 7, 'note'],
        ['unknown-key', first + 9, 'warning'],
        ['incomplete-session', first + 10, 'error'],
        ['wrong-settings', first + 12, 'error'],
      ]),
    );
    expect(wrong).toHaveLength(5);
  });

  test('looks at one profile and its session alone where it is told to', async () => {
    const sandbox = await open();
    addLines(sandbox, '[profile x]', command, '[sso-session broken]', 'sso_region = eu-west-1');
    expect((await examine(sandbox)).wrong).toEqual(['incomplete-profile', 'incomplete-session']);
    expect((await examine(sandbox, ['--offline', '--profile', 'dev'])).wrong).toEqual([]);
    const finished = await sandbox.run(['doctor', '--profile', 'dve']);
    expectFailure(finished, 2, /^There is no profile "dve" .*\(did you mean "dev"\?\)/);
  });

  test('works on what cannot be read, and where there is nothing', async () => {
    const sandbox = await open({ token: false });
    const { configFile } = sandbox;
    rmSync(configFile);
    expect((await examine(sandbox)).wrong).toEqual([]);
    mkdirSync(configFile);
    const unreadable = await examine(sandbox);
    expect(unreadable.find('unreadable')).toMatchObject({ file: configFile, severity: 'error' });
    expect((await examine(sandbox, [], { HOME: '/dev/null' })).wrong).toEqual([]);
  });

  test('goes on behind a line that is malformed, and finds each of them', async () => {
    const sandbox = await open();
    const first = addLines(sandbox, 'x', '[profile x', '[profile y]', '  z = 1', command, '= 2');
    const { findings, find } = await examine(sandbox);
    const malformed = findings.filter(({ code }) => /^malformed|^indented-first/.test(code));
    expect(malformed.map(({ line }) => line)).toEqual([first, first + 1, first + 3, first + 5]);
    expect(find('command-names-no-profile')).toMatchObject({ line: first + 4 });
  });

  test('tells of a session what state it is in, and what to type', async () => {
    const sandbox = await open();
    const { standIn, tokenFile } = sandbox;
    const login = 'sso-cred login --session corp';
    rmSync(tokenFile);
    const none = await examine(sandbox);
    expect(none.find('not-signed-in')).toMatchObject({ severity: 'note', command: login });
    expect(none.wrong).toEqual([]);

    const old = standIn.issueToken({ expiresInS: -60, withRefreshToken: false });
    writeFileSync(tokenFile, JSON.stringify(old), { mode: 0o600 });
    const ended = await examine(sandbox);
    expect(ended.find('session-ended')).toMatchObject({ severity: 'warning', command: login });

    const other = { ...old, startUrl: 'https://other.awsapps.com/start' };
    writeFileSync(tokenFile, JSON.stringify(other));
    expect((await examine(sandbox)).wrong).toEqual(['unusable-token']);

    const refreshable = standIn.issueToken({ expiresInS: -60 });
    writeFileSync(tokenFile, JSON.stringify(refreshable));
    expect((await examine(sandbox)).wrong).toEqual([]);

    rmSync(tokenFile);
    symlinkSync('/dev/null', tokenFile);
    expect((await examine(sandbox)).find('token-file')).toMatchObject({ file: tokenFile });
  });

  test('asks AWS whether it takes the token and gives the roles', async () => {
    const sandbox = await open();
    const { standIn, tokenFile } = sandbox;
    const first = addLines(
      sandbox,
      '[profile x]',
      command,
      ...role,
      'sso_cred_role_name = Develper',
      'services = sandbox',
    );
    expect((await examine(sandbox, [])).find('no-such-role')).toMatchObject({
      severity: 'error',
      line: first + 4,
      message: expect.stringContaining('Developer'),
      advice: 'Did you mean Developer?',
    });
    standIn.revokeAccessToken(readTokenFile(tokenFile)['accessToken'] ?? '');
    expect((await examine(sandbox, [])).wrong).toEqual(['token-refused']);
    // It is not asked with a token that is known to be of no use.
    sandbox.newCalls();
    ageToken(sandbox, 2 * hours);
    await examine(sandbox, []);
    expect(sandbox.newCalls()).toEqual({ Probe: 2 });
  });

  test('tells who cannot be reached, and takes no longer than it may', async () => {
    const sandbox = await open();
    const nowhere = { AWS_ENDPOINT_URL_SSO_OIDC: 'http://127.0.0.1:9' };
    const refused = await examine(sandbox, [], nowhere);
    expect(refused.find('unreachable')?.message).toMatch(/127\.0\.0\.1:9 refused the connection/);
    expect(refused.find('endpoint-variable')).toMatchObject({ severity: 'note' });

    const barrier = sandbox.standIn.barrier('never');
    sandbox.standIn.fault('Probe', { holdRequest: barrier, times: 9 });
    const silent = await examine(sandbox, ['--timeout', '3']);
    expect(silent.find('unreachable')?.message).toMatch(/did not answer within \d/);
  });

  test('tells a clock that is wrong, by what the servers say', async () => {
    const sandbox = await open();
    const date = new Date(Date.now() + 10 * 60_000).toUTCString();
    sandbox.standIn.fault('*', { headers: { date }, times: 20 });
    const { find } = await examine(sandbox, []);
    expect(find('clock')?.message).toMatch(/^The clock of this machine is (?:9|10) min behind$/);
  });

  test('finds variables that change what is done, or keep it from working', async () => {
    const sandbox = await open();
    const { findings } = await examine(sandbox, ['--offline'], {
      AWS_ACCESS_KEY_ID: 'AKIAEXAMPLE',
      AWS_SECRET_ACCESS_KEY: 'a-secret-of-the-environment',
      AWS_PROFILE: 'nosuch',
      AWS_CA_BUNDLE: '/nowhere/ca.pem',
      HTTPS_PROXY: 'http://jane:a-password@proxy.example:3128',
      NODE_TLS_REJECT_UNAUTHORIZED: '0',
      SSO_CRED_SIGN_IN: 'alwys',
    });
    const found = new Map(findings.map((finding) => [finding.code, finding]));
    expect(found.get('keys-in-environment')?.command).toBe(
      'unset AWS_ACCESS_KEY_ID AWS_SECRET_ACCESS_KEY',
    );
    expect(found.get('profile-variable')?.command).toBe('unset AWS_PROFILE');
    expect(found.get('ca-file')?.message).toMatch(/\/nowhere\/ca\.pem, which cannot be read/);
    expect(found.get('proxy')).toMatchObject({ severity: 'note' });
    expect(found.has('no-certificate-checks')).toBe(true);
    expect(found.has('sign-in-policy')).toBe(true);
    expect(JSON.stringify(findings)).not.toMatch(/AKIAEXAMPLE|a-secret-of|a-password/);
  });

  test('finds a proxy, and a CA bundle of a profile, that are no use', async () => {
    const sandbox = await open();
    const first = addLines(sandbox, '[profile x]', 'ca_bundle = /nowhere/profile.pem');
    const empty = join(sandbox.home, 'empty.pem');
    writeFileSync(empty, 'none');
    const { findings, wrong } = await examine(sandbox, ['--offline'], {
      HTTPS_PROXY: 'socks5://jane:a-password@proxy.example',
      SSL_CERT_FILE: empty,
    });
    expect([...wrong].sort()).toEqual(['ca-file', 'ca-file', 'proxy']);
    expect(findings).toContainEqual(
      expect.objectContaining({ code: 'ca-file', file: sandbox.configFile, line: first + 1 }),
    );
    expect(JSON.stringify(findings)).not.toContain('a-password');
    const plain = await examine(sandbox, ['--offline', '--profile', 'dev'], {
      HTTP_PROXY: 'http://proxy.example:3128',
    });
    expect(plain.find('proxy')).toMatchObject({ severity: 'note' });
    expect(plain.wrong).toEqual([]);
  });

  test('mends permissions and removes what is damaged, only where it is told to', async () => {
    const sandbox = await open();
    expectCredentials(await sandbox.run());
    const { configFile, cacheDirectory, tokenFile } = sandbox;
    const roles = join(cacheDirectory, 'roles');
    const damaged = join(roles, 'x.json.bad');
    writeFileSync(damaged, 'x');
    for (const path of [configFile, tokenFile]) chmodSync(path, 0o666);
    for (const path of [cacheDirectory, roles]) chmodSync(path, 0o755);

    const before = await examine(sandbox);
    expect([...before.wrong].sort()).toEqual([
      'loose-config',
      'loose-mode',
      'loose-mode',
      'loose-mode',
    ]);
    expect(before.find('damaged-record')).toMatchObject({ severity: 'note', fix: 'possible' });
    expect(statSync(configFile).mode & 0o777).toBe(0o666);

    const { findings } = await examine(sandbox, ['--offline', '--fix']);
    expect(findings.filter(({ fix }) => fix === 'done')).toHaveLength(5);
    expect(existsSync(damaged)).toBe(false);
    expect(statSync(configFile).mode & 0o777).toBe(0o644);
    expect(statSync(tokenFile).mode & 0o777).toBe(0o600);
    expect(statSync(roles).mode & 0o777).toBe(0o700);
    expect((await examine(sandbox)).wrong).toEqual([]);
    expectCredentials(await sandbox.run());
  });

  test('what a killed process has left goes where it is told to', async () => {
    const sandbox = await open();
    const barrier = sandbox.standIn.barrier('held');
    sandbox.standIn.fault('GetRoleCredentials', { hold: barrier });
    const running = sandbox.start(['--profile', 'dev']);
    await barrier.arrivals(1);
    running.kill('SIGKILL');
    await running.finished;
    const locks = join(sandbox.cacheDirectory, 'locks');
    expect(readdirSync(locks)).not.toEqual([]);
    const { wrong, find } = await examine(sandbox);
    expect(find('stale-lock')).toMatchObject({ severity: 'note', fix: 'possible' });
    expect(wrong).toEqual([]);
    await examine(sandbox, ['--offline', '--fix']);
    // Its socket is swept in time.
    expect(readdirSync(locks).filter((name) => !name.endsWith('.sock'))).toEqual([]);
    sandbox.standIn.release('held');
    expectCredentials(await sandbox.run());
  });

  test('what others could have put there is told, and left alone', async () => {
    const sandbox = await open();
    const { cacheDirectory } = sandbox;
    const elsewhere = join(sandbox.home, 'elsewhere');
    mkdirSync(elsewhere, { mode: 0o700 });
    symlinkSync(elsewhere, cacheDirectory);
    const { find } = await examine(sandbox, ['--offline', '--fix']);
    expect(find('distrusted-directory')).toMatchObject({ file: cacheDirectory, fix: null });
    expectFailure(await sandbox.run(['--profile', 'dev', '--refresh']), 7, /symbolic link/);
  });

  test('tells of the last errors, and of roles that AWS refused', async () => {
    const sandbox = await open();
    addLines(
      sandbox,
      '[profile x]',
      command,
      ...role,
      'sso_cred_role_name = Wrong',
      'services = sandbox',
    );
    expectFailure(await sandbox.run(['--profile', 'x']), 6, /^AWS refuses the role Wrong/);
    const { find } = await examine(sandbox);
    expect(find('last-error')?.message).toMatch(/of x: AWS refuses the role Wrong/);
  });

  test('tells another program of the name, and one that cannot be run', async () => {
    const sandbox = await open();
    const program = join(sandbox.home, 'other', 'sso-cred');
    mkdirSync(dirname(program));
    writeFileSync(program, '#!/bin/sh\necho sso-cred 0.0.1\n', { mode: 0o755 });
    const first = addLines(sandbox, '[profile x]', `credential_process = ${program} --profile dev`);
    expect((await examine(sandbox)).find('other-program')).toMatchObject({
      line: first + 1,
      message: expect.stringContaining('sso-cred 0.0.1'),
    });
    writeFileSync(program, '#!/bin/sh\nexit 1\n');
    expect((await examine(sandbox)).find('program-fails')).toMatchObject({ severity: 'error' });
  });
});
