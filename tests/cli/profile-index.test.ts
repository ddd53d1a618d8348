import { spawnSync } from 'node:child_process';
import {
  chmodSync,
  copyFileSync,
  existsSync,
  linkSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { dirname, join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { builds } from '../support/builds.ts';
import { type CliSandbox, cliSandboxes } from '../support/cli-sandbox.ts';
import { expectCredentials, expectFailure } from '../support/outcome.ts';
import { type Finished, runProcess } from '../support/run-process.ts';

const args = ['--profile', 'dev'];
const otherArgs = ['--profile', 'role-1'];
const canTrace = spawnSync('strace', ['-o', '/dev/null', 'true']).status === 0;
if (!canTrace) process.stderr.write('SKIPPED: strace cannot run here, opened files are not seen\n');

/** A profile that a file system which is blind to case takes for dev. */
const upperCase = `[profile DEV]
sso_cred_session = corp
sso_cred_account_id = 444455556666
sso_cred_role_name = ReadOnly
services = sandbox
`;

/** A config file changed within the last 2 s is not trusted to stay as it is. */
const settledMs = 2_100;

const indexOf = ({ cacheDirectory }: CliSandbox, profile = 'dev') =>
  join(cacheDirectory, 'profiles', `${profile}.json`);

const roleFilesOf = ({ cacheDirectory }: CliSandbox) =>
  readdirSync(join(cacheDirectory, 'roles')).map((name) => join(cacheDirectory, 'roles', name));

/** Makes the profile dev mean another account, in as many bytes. */
function switchAccount(file: string, from = '111122223333', to = '444455556666'): void {
  const text = readFileSync(file, 'utf8');
  writeFileSync(file, text.replace(from, to).replace('= Developer', '= ReadOnly '));
}

function accountOf(finished: Finished): string {
  return expectCredentials(finished).AccountId;
}

describe.each(builds())('$name', (build) => {
  const open = cliSandboxes(build, afterAll);
  const ready: CliSandbox[] = [];

  // All wait together until an index may be written.
  beforeAll(async () => {
    for (let n = 1; n <= 7; n += 1) ready.push(await open({ extraProfiles: 1, config: upperCase }));
    await delay(settledMs);
  });

  function takeReady(): CliSandbox {
    const sandbox = ready.pop();
    if (sandbox === undefined) throw new Error('beforeAll must open another sandbox');
    return sandbox;
  }

  /** A sandbox with an index for dev, and what dev's call printed. */
  async function takeIndexed(): Promise<{ sandbox: CliSandbox; dev: Finished }> {
    const sandbox = takeReady();
    const dev = await sandbox.run();
    expect(existsSync(indexOf(sandbox))).toBe(true);
    sandbox.newCalls();
    return { sandbox, dev };
  }

  (canTrace ? test : test.skip)(
    'a cached answer opens no config and is written at once',
    async () => {
      const { sandbox, dev } = await takeIndexed();
      const log = join(sandbox.home, 'trace');
      const calls = 'trace=open,openat,write,writev,pwrite64,connect';
      const traced = ['-f', '-e', calls, '-o', log, sandbox.program, ...args];
      expect(await runProcess('strace', traced, { env: sandbox.env })).toEqual(dev);
      const trace = readFileSync(log, 'utf8');
      expect(trace).toContain(indexOf(sandbox));
      expect(trace).not.toContain(sandbox.configFile);
      expect(trace).not.toMatch(/connect\(.*AF_INET/);
      expect(trace.match(/p?writev?(64)?\([12], .*/g)).toEqual([
        expect.stringMatching(`^write\\(1, .* = ${dev.stdout.length}$`),
      ]);
    },
  );

  test('an edited config counts at once, also when it is edited again within 2 s', async () => {
    const { sandbox, dev } = await takeIndexed();
    expect(await sandbox.run()).toEqual(dev);
    expect(sandbox.newCalls()).toEqual({});

    switchAccount(sandbox.configFile);
    expect(accountOf(await sandbox.run())).toBe('444455556666');
    switchAccount(sandbox.configFile, '444455556666', '777788889999');
    expect(accountOf(await sandbox.run())).toBe('777788889999');
    switchAccount(sandbox.configFile, '777788889999', '111122223333');
    expect(accountOf(await sandbox.run())).toBe('111122223333');
    expect(sandbox.newCalls()).toEqual({ GetRoleCredentials: 3 });
  });

  test('another config file, other credentials and other endpoints count at once', async () => {
    const { sandbox, dev } = await takeIndexed();
    const otherConfig = join(sandbox.home, 'config');
    copyFileSync(sandbox.configFile, otherConfig);
    switchAccount(otherConfig);
    const { sso } = sandbox.standIn.endpoints;
    expect(accountOf(await sandbox.run(args, { AWS_CONFIG_FILE: otherConfig }))).toBe(
      '444455556666',
    );
    expect(accountOf(await sandbox.run([...args, '--config-file', otherConfig]))).toBe(
      '444455556666',
    );
    expect(sandbox.newCalls()).toEqual({ GetRoleCredentials: 1 });

    const localhost = sso.replace('127.0.0.1', 'localhost');
    const elsewhere = await sandbox.run(args, { AWS_ENDPOINT_URL: localhost });
    expect(accountOf(elsewhere)).toBe('111122223333');
    expect(elsewhere).not.toEqual(dev);
    expect(sandbox.newCalls()).toEqual({ GetRoleCredentials: 1 });

    const credentialsFile = join(dirname(sandbox.configFile), 'credentials');
    writeFileSync(credentialsFile, '[dev]\nsso_cred_account_id = 777788889999\n');
    expectFailure(
      await sandbox.run(),
      6,
      /^AWS refuses the role Developer in account 777788889999/,
    );
    rmSync(credentialsFile);
    expect(await sandbox.run()).toEqual(dev);
  });

  test('whatever the environment says, the short way gives what the long way gives', async () => {
    const { sandbox } = await takeIndexed();
    const { configFile, home, cacheDirectory } = sandbox;
    const environments: readonly Record<string, string | undefined>[] = [
      {},
      { AWS_PROFILE: 'role-1', AWS_REGION: 'us-west-2', AWS_DEFAULT_REGION: 'us-west-2' },
      { AWS_ACCESS_KEY_ID: 'x', AWS_SECRET_ACCESS_KEY: 'x', AWS_CREDENTIAL_EXPIRATION: 'x' },
      { AWS_CA_BUNDLE: '/nowhere', HTTPS_PROXY: 'ftp://nowhere', AWS_ENDPOINT_URL_SIGNIN: 'x' },
      { SSO_CRED_SIGN_IN: undefined, CI: 'true', BROWSER: 'none' },
      { SSO_CRED_SIGN_IN: 'sometimes' },
      { SSO_CRED_SIGN_IN: '' },
      { AWS_USE_FIPS_ENDPOINT: 'false' },
      { AWS_USE_FIPS_ENDPOINT: 'maybe' },
      { AWS_ENDPOINT_URL_SSO: 'http://192.0.2.1' },
      { AWS_CONFIG_FILE: '', AWS_SHARED_CREDENTIALS_FILE: '', SSO_CRED_CACHE_DIR: '' },
      { AWS_CONFIG_FILE: configFile, SSO_CRED_CACHE_DIR: cacheDirectory },
      { AWS_CONFIG_FILE: '~/.aws/config', AWS_SHARED_CREDENTIALS_FILE: '~/.aws/credentials' },
      { AWS_CONFIG_FILE: '/dev/null' },
      { AWS_SHARED_CREDENTIALS_FILE: configFile },
      { HOME: `${home}/` },
      { HOME: '/dev/null' },
    ];
    for (const environment of environments) {
      const short = await sandbox.run(args, environment);
      const long = await sandbox.run([...args, '--timeout', '45'], environment);
      expect({ environment, ...short }).toEqual({ environment, ...long });
    }
  });

  test('an index that was tampered with leads to the right answer', async () => {
    const { sandbox, dev } = await takeIndexed();
    await sandbox.run(otherArgs);
    sandbox.newCalls();
    const index = indexOf(sandbox);
    const before = readFileSync(index, 'utf8');
    const folder = dirname(index);
    const elsewhere = join(sandbox.home, 'elsewhere');
    const tamper: readonly (() => void)[] = [
      () => copyFileSync(indexOf(sandbox, 'role-1'), index),
      () => writeFileSync(index, before.replace('"profile":"dev"', '"profile":"Dev"')),
      () => writeFileSync(index, before.replace(/"writtenBy":"[^"]*"/, '"writtenBy":"0.0.0"')),
      () => writeFileSync(index, before.replace(/"roleFile":"/, '"roleFile":"../')),
      () => writeFileSync(index, before.replace(/"version":\d+/, '"version":99')),
      () => writeFileSync(index, before.slice(0, 100)),
      () => writeFileSync(index, '[]'),
      () => chmodSync(index, 0o644),
      () => {
        copyFileSync(indexOf(sandbox, 'role-1'), elsewhere);
        rmSync(index);
        symlinkSync(elsewhere, index);
      },
      () => {
        rmSync(index);
        linkSync(elsewhere, index);
      },
      () => chmodSync(folder, 0o777),
      () => {
        chmodSync(folder, 0o700);
        renameSync(folder, `${folder}-moved`);
        symlinkSync(`${folder}-moved`, folder);
      },
    ];
    for (const change of tamper) {
      change();
      expect(await sandbox.run()).toEqual(dev);
    }
    expect(sandbox.newCalls()).toEqual({});
  });

  test('a role record that was tampered with is never handed out', async () => {
    const { sandbox, dev } = await takeIndexed();
    const other = expectCredentials(await sandbox.run(otherArgs));
    sandbox.newCalls();
    const ofDev = roleFilesOf(sandbox).find((file) =>
      readFileSync(file, 'utf8').includes(expectCredentials(dev).AccessKeyId),
    );
    const ofOther = roleFilesOf(sandbox).find((file) => file !== ofDev);
    if (ofDev === undefined || ofOther === undefined) throw new Error('two roles must be cached');
    const before = readFileSync(ofDev, 'utf8');
    const restore = () => {
      rmSync(ofDev, { force: true });
      writeFileSync(ofDev, before, { mode: 0o600 });
    };
    const folder = dirname(ofDev);
    const elsewhere = join(sandbox.home, 'elsewhere');
    writeFileSync(elsewhere, before, { mode: 0o600 });

    chmodSync(ofDev, 0o644);
    expect(await sandbox.run()).toEqual(dev);
    expect(sandbox.newCalls()).toEqual({});

    for (const damaged of [before.slice(0, 200), before.replace(/"version":\d+/, '"version":99')]) {
      writeFileSync(ofDev, damaged);
      expect(accountOf(await sandbox.run())).toBe('111122223333');
      expect(sandbox.newCalls()).toEqual({ GetRoleCredentials: 1 });
    }
    copyFileSync(ofOther, ofDev);
    expect(expectCredentials(await sandbox.run()).AccessKeyId).not.toBe(other.AccessKeyId);
    expect(sandbox.newCalls()).toEqual({ GetRoleCredentials: 1 });

    rmSync(ofDev);
    symlinkSync(elsewhere, ofDev);
    expectFailure(await sandbox.run(), 7, /roles\/\w+\.json: it is a symbolic link\b.* Run: rm /);
    rmSync(ofDev);
    linkSync(elsewhere, ofDev);
    expectFailure(await sandbox.run(), 7, /roles\/\w+\.json: it has another name\b/);
    restore();
    chmodSync(folder, 0o777);
    expectFailure(await sandbox.run(), 7, /\/roles: others may write in it\. Run: chmod 700 /);
    chmodSync(folder, 0o700);
    chmodSync(sandbox.cacheDirectory, 0o777);
    expectFailure(await sandbox.run(), 7, /sso-cred: others may write in it\. Run: chmod 700 /);
    chmodSync(sandbox.cacheDirectory, 0o700);
    renameSync(folder, `${folder}-moved`);
    symlinkSync(`${folder}-moved`, folder);
    expectFailure(await sandbox.run(), 7, /\/roles: it is a symbolic link\b/);
  });

  test('profiles whose names differ by case only keep apart', async () => {
    const sandbox = takeReady();
    for (const _ of [1, 2, 3]) {
      expect(accountOf(await sandbox.run())).toBe('111122223333');
      expect(accountOf(await sandbox.run(['--profile', 'DEV']))).toBe('444455556666');
    }
    expect(sandbox.newCalls()).toEqual({ GetRoleCredentials: 2 });
  });
});
