import { appendFileSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import type { StandIn } from '../../stand-in/stand-in.ts';
import type { Build } from '../../support/builds.ts';
import { endpointVariables } from '../../support/endpoint-variables.ts';
import { runProcess } from '../../support/run-process.ts';
import type { Caller } from './caller.ts';
import type { Check } from './check.ts';
import { inCountedSandbox } from './counted-sandbox.ts';
import { expectArns } from './expect.ts';
import { runCaller } from './run-caller.ts';

const roleOfProd = /^arn:aws:sts::444455556666:assumed-role\/AWSReservedSSO_ReadOnly_\w+\/\S+$/;
const role = ['--account-id', '444455556666', '--role-name', 'ReadOnly'];

/** What writes profiles, and one of those. */
const ways = {
  'configure sso': {
    args: ['sso', '--session', 'corp', ...role, '--profile', 'prod'],
    profile: 'prod',
  },
  'configure populate': {
    args: ['populate', '--session', 'corp'],
    profile: 'Acme-Production.ReadOnly',
  },
  'configure import': { args: ['import', '--all'], profile: 'native' },
};

const native = `
[profile native]
sso_session = corp
sso_account_id = 444455556666
sso_role_name = ReadOnly
region = eu-west-1
`;

/** Whether callers can use what `configure` writes, from where sso-cred is not on the PATH. */
export async function tryConfigured(
  callers: readonly Caller[],
  build: Build,
  standIn: StandIn,
  check: Check,
): Promise<void> {
  await inCountedSandbox(standIn, { ssoCred: build.path }, async ({ env, bin, configFile }) => {
    const variables: Readonly<Record<string, string>> = { ...env, ...endpointVariables(standIn) };
    appendFileSync(configFile, native);
    for (const [name, { args }] of Object.entries(ways)) {
      await check(`${name}, ${build.name}: writes profiles`, async () => {
        const program = join(bin, 'sso-cred');
        const { exitStatus, stderr } = await runProcess(program, ['configure', ...args], {
          env: variables,
        });
        if (exitStatus !== 0) throw new Error(stderr);
      });
    }
    const path = (variables['PATH'] ?? '').split(delimiter).filter((folder) => folder !== bin);
    const elsewhere = { ...variables, PATH: path.join(delimiter) };
    for (const caller of callers) {
      await check(`${caller.name}, ${build.name}: uses what configure writes`, async () => {
        for (const { profile } of Object.values(ways)) {
          const calling = { endpoint: standIn.url, env: elsewhere, profile };
          expectArns((await runCaller(caller, calling)).outcomes, roleOfProd);
        }
      });
    }
  });
}
