import { spawn } from 'node:child_process';
import { join, resolve } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { GetCallerIdentityCommand, STSClient } from '@aws-sdk/client-sts';
import type { Build } from '../../support/builds.ts';
import { freePort } from '../../support/free-port.ts';
import { runProcess } from '../../support/run-process.ts';
import type { Check } from './check.ts';
import { expectCalls } from './expect.ts';
import { inSignedInSandbox, roleOfWeb, type WebServers } from './try-web-identity.ts';

/** Whether another STS than ours understands what is sent, and its answer is understood. */
export async function tryMoto(
  url: string,
  build: Build,
  servers: WebServers,
  check: Check,
): Promise<void> {
  await inSignedInSandbox(servers, build, async ({ env, bin }) => {
    await check(`moto, ${build.name}: gives a role for a web identity`, async () => {
      const program = join(bin, 'sso-cred');
      const args = ['--profile', 'web'];
      const { exitStatus, stdout, stderr } = await runProcess(program, args, {
        env: {
          ...env,
          AWS_ENDPOINT_URL_STS: url,
        },
      });
      if (exitStatus !== 0) throw new Error(stderr);
      const answer = JSON.parse(stdout) as Record<string, string>;
      const credentials = {
        accessKeyId: answer['AccessKeyId'] ?? '',
        secretAccessKey: answer['SecretAccessKey'] ?? '',
        sessionToken: answer['SessionToken'] ?? '',
      };
      const sts = new STSClient({ region: 'eu-west-1', endpoint: url, credentials });
      const { Arn } = await sts.send(new GetCallerIdentityCommand());
      if (Arn !== roleOfWeb) throw new Error(`moto says that this is ${Arn}`);
      expectCalls(servers.standIn, {});
    });
  });
}

/** Runs moto's server on the loopback for as long as `use` takes. */
export async function withMoto(python: string, use: (url: string) => Promise<void>): Promise<void> {
  const port = await freePort();
  const url = `http://127.0.0.1:${port}`;
  const args = ['-m', 'moto.server', '-H', '127.0.0.1', '-p', String(port)];
  const moto = spawn(resolve(python), args, { stdio: 'ignore' });
  const ended = new Promise<void>((end) => {
    moto.once('exit', () => end()).once('error', () => end());
  });
  try {
    await isUp(url);
    await use(url);
  } finally {
    moto.kill();
    await ended;
  }
}

/** Waits until a server answers, whatever it says. */
async function isUp(url: string): Promise<void> {
  const deadline = Date.now() + 60_000;
  for (;;) {
    try {
      await fetch(url);
      return;
    } catch (error) {
      if (Date.now() > deadline) throw error;
      await delay(200);
    }
  }
}
