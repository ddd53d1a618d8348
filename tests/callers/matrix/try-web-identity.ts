import { join } from 'node:path';
import type { IdentityProvider } from '../../stand-in/identity-provider.ts';
import type { StandIn } from '../../stand-in/stand-in.ts';
import type { Build } from '../../support/builds.ts';
import { startProcess } from '../../support/run-process.ts';
import type { Caller } from './caller.ts';
import type { Check } from './check.ts';
import { type CountedSandbox, inCountedSandbox } from './counted-sandbox.ts';
import { expectArns, expectCalls } from './expect.ts';
import { runCaller } from './run-caller.ts';

/** The role of the profile web. */
export const roleOfWeb = 'arn:aws:sts::111122223333:assumed-role/WebDeveloper/jane.doe@example.com';

/** What a sign-in at an OpenID provider needs. */
export interface WebServers {
  readonly standIn: StandIn;
  readonly identityProvider: IdentityProvider;
}

/** Whether callers can use a profile of an OpenID Connect session. */
export async function tryWebIdentity(
  callers: readonly Caller[],
  build: Build,
  servers: WebServers,
  check: Check,
): Promise<void> {
  const { standIn } = servers;
  await inSignedInSandbox(servers, build, async ({ env }) => {
    for (const caller of callers) {
      const name = `${caller.name}, ${build.name}: resolves the profile of a web identity`;
      await check(name, async () => {
        const calling = { endpoint: standIn.url, env, profile: 'web' };
        const { outcomes } = await runCaller(caller, calling);
        expectArns(outcomes, new RegExp(`^${roleOfWeb}$`));
        expectCalls(standIn, { AssumeRoleWithWebIdentity: 1 });
      });
    }
  });
}

/** A sandbox whose profile web is signed in, as a person does who opens the page that is told. */
export async function inSignedInSandbox(
  { standIn, identityProvider }: WebServers,
  build: Build,
  use: (sandbox: CountedSandbox) => Promise<void>,
): Promise<void> {
  const options = { ssoCred: build.path, identityProvider };
  await inCountedSandbox(standIn, options, async (sandbox) => {
    const program = join(sandbox.bin, 'sso-cred');
    const args = ['login', '--session', 'acme', '--browser', '--no-open'];
    const login = startProcess(program, args, { env: sandbox.env });
    const [, page = ''] = await login.says(/^ {2}(http:\S+\?\S+)$/m);
    await identityProvider.visit(page);
    const { exitStatus, stderr } = await login.finished;
    if (exitStatus !== 0) throw new Error(stderr);
    await use(sandbox);
  });
}
