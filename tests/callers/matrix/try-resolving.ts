import type { StandIn } from '../../stand-in/stand-in.ts';
import type { Build } from '../../support/builds.ts';
import type { Caller } from './caller.ts';
import type { Check } from './check.ts';
import { inCountedSandbox } from './counted-sandbox.ts';
import { expectArns, expectCalls } from './expect.ts';
import { runCaller } from './run-caller.ts';

const clientsAtOnce = 4;

/** What one caller does with a second build, in short: it resolves, some at once with one refresh. */
export async function tryResolving(
  caller: Caller,
  build: Build,
  standIn: StandIn,
  check: Check,
): Promise<void> {
  const expired = { ssoCred: build.path, token: { expiresInS: -60 } };
  await inCountedSandbox(standIn, expired, async ({ env }) => {
    const name = `${clientsAtOnce} at once resolve the profile, with one refresh`;
    await check(`${caller.name}, ${build.name}: ${name}`, async () => {
      const calling = { endpoint: standIn.url, env, clients: clientsAtOnce };
      expectArns((await runCaller(caller, calling)).outcomes);
      expectCalls(standIn, { CreateToken: 1, GetRoleCredentials: 1 });
    });
  });
}
