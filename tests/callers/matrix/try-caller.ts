import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { StandIn } from '../../stand-in/stand-in.ts';
import type { Build } from '../../support/builds.ts';
import type { Caller } from './caller.ts';
import type { Check } from './check.ts';
import { type CountedSandbox, inCountedSandbox } from './counted-sandbox.ts';
import { expectArns, expectCalls, findSentence } from './expect.ts';
import { runCaller, type Seen } from './run-caller.ts';
import type { Failure, Showed } from './showed.ts';

const clientsAtOnce = 20;

/** All checks of one caller with one build; gives what the caller showed where all of them passed. */
export async function tryCaller(
  caller: Caller,
  build: Build,
  standIn: StandIn,
  check: Check,
): Promise<Showed | undefined> {
  const title = `${caller.name}, ${build.name}`;
  const { path: ssoCred } = build;
  const endpoint = standIn.url;
  const expired = { ssoCred, token: { expiresInS: -60 } } as const;
  let runs: number | undefined;
  let together: Showed['together'] | undefined;
  let ended: Failure | undefined;
  let pending: Failure | undefined;

  await inCountedSandbox(standIn, { ssoCred }, async (sandbox) => {
    const { env } = sandbox;
    runs = await check(`${title}: resolves the profile`, async () => {
      expectArns((await runCaller(caller, { endpoint, env })).outcomes);
      expectCalls(standIn, { GetRoleCredentials: 1 });
      return sandbox.runs();
    });
    await check(`${title}: is served from the cache the next time`, async () => {
      expectArns((await runCaller(caller, { endpoint, env })).outcomes);
      expectCalls(standIn, { GetRoleCredentials: 1 });
    });
  });

  // Each call of the AWS CLI is a process of a second; two show it.
  const calls = caller.isCli ? 2 : 5;
  const name = `credentials near their end: ${calls} calls, AWS is asked once`;
  const near = await check(`${title}: ${name}`, async () => ({
    calls,
    runsAt12Min: await runsNear(caller, standIn, ssoCred, { calls, minutes: 12 }),
    runsAt4Min: await runsNear(caller, standIn, ssoCred, { calls, minutes: 4 }),
  }));

  await inCountedSandbox(standIn, expired, async (sandbox) => {
    const at = `${clientsAtOnce} at once, token expired: one refresh, one role call`;
    together = await check(`${title}: ${at}`, async () => {
      const { outcomes } = await runCaller(caller, {
        endpoint,
        env: sandbox.env,
        clients: clientsAtOnce,
      });
      expectArns(outcomes);
      expectCalls(standIn, { CreateToken: 1, GetRoleCredentials: 1 });
      return { clients: clientsAtOnce, runs: sandbox.runs() };
    });
  });

  await inCountedSandbox(standIn, expired, async (sandbox) => {
    const place = { error: 'its error', stderr: 'its stderr', nowhere: 'last-errors.jsonl alone' };
    const at = `that the session has ended is said in ${place[caller.sentence]}`;
    ended = await check(`${title}: ${at}`, async () => {
      standIn.endSession();
      const seen = await runCaller(caller, { endpoint, env: sandbox.env });
      return failureOf(caller, sandbox, seen, [
        'The session "corp" has ended',
        'Run: sso-cred login --profile dev',
      ]);
    });
  });

  await inCountedSandbox(standIn, { ssoCred, token: false }, async (sandbox) => {
    pending = await check(`${title}: a sign-in that waits is told, and finished for the next`, () =>
      waitForSignIn(caller, sandbox),
    );
  });

  if (!runs || !near || !together || !ended || !pending) return undefined;
  return { runs, near, together, ended, pending };
}

/** How often we are run where the role gives credentials for so many minutes only. */
async function runsNear(
  caller: Caller,
  standIn: StandIn,
  ssoCred: string,
  { calls, minutes }: { readonly calls: number; readonly minutes: number },
): Promise<number> {
  let runs = 0;
  await inCountedSandbox(standIn, { ssoCred }, async (sandbox) => {
    const expiration = Date.now() + minutes * 60_000;
    standIn.fault('GetRoleCredentials', {
      times: Infinity,
      transform: (reply) => ({
        ...reply,
        roleCredentials: { ...(reply['roleCredentials'] as object), expiration },
      }),
    });
    const seen = await runCaller(caller, { endpoint: standIn.url, env: sandbox.env, calls });
    expectArns(seen.outcomes);
    expectCalls(standIn, { GetRoleCredentials: 1 });
    runs = sandbox.runs();
  });
  return runs;
}

/** Somebody finishes the sign-in after the first call has given it up. */
async function waitForSignIn(caller: Caller, sandbox: CountedSandbox): Promise<Failure> {
  const { standIn, home, bin, configFile } = sandbox;
  const endpoint = standIn.url;
  const config = readFileSync(configFile, 'utf8');
  writeFileSync(configFile, config.replace('--profile dev', '--profile dev --timeout 3'));
  const page = join(home, 'page');
  const browser = join(bin, 'silent-browser');
  writeFileSync(browser, `#!/bin/sh\necho "$1" >> '${page}'\n`, { mode: 0o755 });
  // What makes a call sign in, wherever this is run.
  const place = { SSO_CRED_SIGN_IN: 'device', BROWSER: browser };
  const env = { ...sandbox.env, ...place };

  const seen = await runCaller(caller, { endpoint, env });
  const failure = failureOf(caller, sandbox, seen, [
    'A sign-in to the session "corp" waits for you',
  ]);
  const pages = existsSync(page) ? readFileSync(page, 'utf8').trim().split('\n') : [];
  if (pages.length !== 1) throw new Error(`${pages.length} pages were opened instead of one`);
  await standIn.visit(pages[0] ?? '', 'allow');
  expectArns((await runCaller(caller, { endpoint, env })).outcomes);
  return failure;
}

function failureOf(
  caller: Caller,
  sandbox: CountedSandbox,
  seen: Seen,
  sentences: readonly string[],
): Failure {
  const recorded = lastErrors(sandbox.home);
  for (const sentence of sentences) {
    if (!recorded.includes(sentence)) {
      throw new Error(`last-errors.jsonl lacks “${sentence}”: ${recorded}`);
    }
    const place = findSentence(seen, sentence);
    if (place !== caller.sentence) {
      throw new Error(`“${sentence}” stands in: ${place}. ${JSON.stringify(seen)}`);
    }
  }
  const error = seen.outcomes[0]?.error ?? '';
  return {
    error: error
      .replace(/http:\/\/127\S+/g, 'URL')
      .replace(/since \d\d:\d\d/g, 'since 14:02')
      .trim(),
    sentence: caller.sentence,
    runs: sandbox.runs(),
  };
}

/** The messages in the record of the last errors. */
function lastErrors(home: string): string {
  const text = readFileSync(join(home, '.aws', 'sso-cred', 'last-errors.jsonl'), 'utf8');
  const lines = text.split('\n').filter((line) => line !== '');
  return lines.map((line) => (JSON.parse(line) as { message: string }).message).join('\n');
}
