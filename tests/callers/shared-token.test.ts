import { spawnSync } from 'node:child_process';
import { appendFileSync, rmSync } from 'node:fs';
import { describe, expect, test } from '@jest/globals';
import { ageRoles, ageToken } from '../support/age-records.ts';
import { builds } from '../support/builds.ts';
import { type CliSandbox, cliSandboxes } from '../support/cli-sandbox.ts';
import { expectCredentials, expectFailure } from '../support/outcome.ts';
import { runProcess } from '../support/run-process.ts';
import { expectSignedIn, readTokenFile, signIn } from '../support/sign-in.ts';

const hours = 3_600_000;

/** Calls GetCallerIdentity with the token of the session, as a program without us does; see README.md. */
interface NativeCaller {
  readonly name: string;
  readonly command: (endpoint: string) => readonly [string, ...string[]];
}

const byJavaScript = `
import { GetCallerIdentityCommand, STSClient } from '@aws-sdk/client-sts';
import { fromSSO } from '@aws-sdk/credential-providers';
const client = new STSClient({ credentials: fromSSO({ profile: 'native' }) });
const { Arn } = await client.send(new GetCallerIdentityCommand());
console.log('ok ' + Arn);
`;

const callers: readonly NativeCaller[] = [
  {
    name: 'fromSSO of the JavaScript SDK',
    command: () => [process.execPath, '--input-type=module', '--eval', byJavaScript],
  },
  {
    name: 'boto3',
    command: (endpoint) => [
      'python3',
      'tests/callers/boto3/call_sts.py',
      endpoint,
      'native',
      '1',
      '1',
    ],
  },
];

const hasBoto3 = spawnSync('python3', ['-c', 'import boto3']).status === 0;
if (!hasBoto3) process.stderr.write('SKIPPED: no boto3, its use of our token is not tested\n');
const present = callers.filter(({ name }) => hasBoto3 || name !== 'boto3');

/** Adds a profile of the same session and role in AWS's own words, which only others resolve. */
function addNativeProfile({ configFile, standIn }: CliSandbox): void {
  appendFileSync(
    configFile,
    `
[profile native]
sso_session = corp
sso_account_id = 111122223333
sso_role_name = Developer
region = ${standIn.region}
services = sandbox
`,
  );
}

async function arnFor({ command }: NativeCaller, sandbox: CliSandbox) {
  const [program, ...args] = command(sandbox.standIn.endpoints.sts);
  const env = { ...sandbox.env, AWS_PROFILE: 'native', AWS_REGION: sandbox.standIn.region };
  const { exitStatus, stdout, stderr } = await runProcess(program, args, { env });
  if (exitStatus !== 0) throw new Error(stderr);
  return /^ok (.+)\n$/.exec(stdout)?.[1];
}

const arn = expect.stringMatching(/^arn:aws:sts::111122223333:assumed-role\/AWSReservedSSO_Dev/);

describe.each(builds())('$name', (build) => {
  const open = cliSandboxes(build);

  test.each(present)(
    'our sign-in serves $name, and what it makes of the token serves us',
    async (caller) => {
      const sandbox = await open({ token: false });
      addNativeProfile(sandbox);
      expectSignedIn(await signIn(sandbox, 'browser'));
      expectCredentials(await sandbox.run());
      expect(await arnFor(caller, sandbox)).toEqual(arn);
      sandbox.newCalls();

      // Refreshed by the other, with the client that we registered.
      ageToken(sandbox, 2 * hours);
      const { accessToken } = readTokenFile(sandbox.tokenFile);
      expect(await arnFor(caller, sandbox)).toEqual(arn);
      expect(sandbox.newCalls()).toMatchObject({ CreateToken: 1 });
      expect(readTokenFile(sandbox.tokenFile)['accessToken']).not.toBe(accessToken);
      expectCredentials(await sandbox.run());
      expect(sandbox.newCalls()).toEqual({ GetRoleCredentials: 1 });

      // Refreshed by us, with what the other made of the file.
      ageToken(sandbox, 2 * hours);
      ageRoles(sandbox, 2 * hours);
      expectCredentials(await sandbox.run());
      expect(await arnFor(caller, sandbox)).toEqual(arn);
      expect(sandbox.newCalls()).toMatchObject({ CreateToken: 1 });
      expect(sandbox.standIn.refreshReuseCount()).toBe(0);

      // What "aws sso logout" does.
      rmSync(sandbox.tokenFile);
      expectFailure(await sandbox.run(), 3, /^Not signed in to the session "corp"\. /);
    },
  );
});
