import { join, resolve } from 'node:path';
import type { StandIn } from '../../stand-in/stand-in.ts';
import type { Build } from '../../support/builds.ts';
import { runProcess } from '../../support/run-process.ts';
import type { Check } from './check.ts';
import { inCountedSandbox } from './counted-sandbox.ts';
import { expectArns } from './expect.ts';

/** Whether programs in Python act in the role that `exec` gives them, whatever else they are told. */
export async function tryExec(
  python: string,
  build: Build,
  standIn: StandIn,
  check: Check,
): Promise<void> {
  const programs = {
    boto3: ['-c', 'import boto3; print(boto3.client("sts").get_caller_identity()["Arn"])'],
    'AWS CLI': '-m awscli sts get-caller-identity --query Arn --output text'.split(' '),
  };
  await inCountedSandbox(standIn, { ssoCred: build.path }, async ({ env, bin }) => {
    for (const [name, words] of Object.entries(programs)) {
      await check(`${name}, ${build.name}: acts in the role that exec gives it`, async () => {
        const told = { AWS_PROFILE: 'another', AWS_ENDPOINT_URL_STS: standIn.endpoints.sts };
        const args = ['exec', '--profile', 'dev', '--', resolve(python), ...words];
        const { stdout, stderr } = await runProcess(join(bin, 'sso-cred'), args, {
          env: { ...env, ...told },
        });
        expectArns([{ arn: stdout.trim(), error: stderr }]);
      });
    }
  });
}
