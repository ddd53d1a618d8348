import { appendFileSync, existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from '@jest/globals';
import type { Decision } from '../stand-in/visit.ts';
import type { CliSandbox } from './cli-sandbox.ts';
import type { Finished, Running } from './run-process.ts';

/** The URL that a sign-in by browser tells. */
export async function toldUrl(login: Running): Promise<string> {
  const [, url = ''] = await login.says(/^ {2}(http:\S+\/authorize\?\S+)$/m);
  return url;
}

/** The code that a sign-in by device code tells. */
export async function toldUserCode(login: Running): Promise<string> {
  const [, userCode = ''] = await login.says(/^ {2}([A-Z]{4}-[A-Z]{4})$/m);
  return userCode;
}

/** Signs in as a person does who opens what they are told, in a browser of their own. */
export async function signIn(
  sandbox: CliSandbox,
  flow: 'browser' | 'device',
  { args = ['--session', 'corp'], decision = 'allow', variables = {} }: SignInOptions = {},
): Promise<Finished> {
  const { standIn } = sandbox;
  const running = sandbox.start(['login', ...args, `--${flow}`, '--no-open'], variables);
  if (flow === 'browser') await standIn.visit(await toldUrl(running), decision);
  else {
    const userCode = await toldUserCode(running);
    if (decision === 'allow') standIn.approveDevice(userCode);
    else standIn.denyDevice(userCode);
  }
  return await running.finished;
}

interface SignInOptions {
  readonly args?: readonly string[];
  readonly decision?: Decision;
  readonly variables?: Readonly<Record<string, string>>;
}

/** The URL that the browser is sent back to once the person has agreed; nobody goes there. */
export async function callbackUrl(signInUrl: string): Promise<string> {
  const consent = await (await fetch(signInUrl)).text();
  const [, request = ''] = /name="request" value="([^"]+)"/.exec(consent) ?? [];
  const decided = await fetch(new URL('/oidc/authorize/decision', signInUrl), {
    method: 'POST',
    body: new URLSearchParams({ request, decision: 'allow' }),
    redirect: 'manual',
  });
  return decided.headers.get('location') ?? '';
}

/** What the token file holds. */
export function readTokenFile(file: string): Readonly<Record<string, string>> {
  return JSON.parse(readFileSync(file, 'utf8'));
}

/** Holds a login that worked against what it must say: all on stderr, no code that is left to type. */
export function expectSignedIn(finished: Finished): void {
  expect(finished).toMatchObject({ exitStatus: 0, stdout: '' });
  expect(lastLine(finished)).toMatch(/^Signed in to the session .+\. Its token is good until \d/);
}

/** Holds a login that failed against the contract: the last line says why, and nothing is a stack. */
export function expectLoginFailure(finished: Finished, exitStatus: number, message: RegExp): void {
  expect(finished).toMatchObject({ exitStatus, stdout: '' });
  expect(lastLine(finished)).toMatch(message);
  expect(finished.stderr).not.toMatch(/\bat .+\.[jt]s:\d+:\d+|node:internal|Signed in/);
}

function lastLine({ stderr }: Finished): string {
  expect(stderr).toMatch(/\n$/);
  return stderr.trimEnd().split('\n').at(-1) ?? '';
}

/** The clients that are registered, as our records hold them. */
export function registrations({ cacheDirectory }: CliSandbox): readonly Record<string, unknown>[] {
  const folder = join(cacheDirectory, 'registrations');
  return readdirSync(folder).map((name) => JSON.parse(readFileSync(join(folder, name), 'utf8')));
}

/** Lets the clients that are registered expire so soon. @param ms milliseconds from now */
export function expireRegistrations({ cacheDirectory }: CliSandbox, ms: number): void {
  const folder = join(cacheDirectory, 'registrations');
  for (const name of readdirSync(folder)) {
    const file = join(folder, name);
    const record = JSON.parse(readFileSync(file, 'utf8'));
    writeFileSync(file, JSON.stringify({ ...record, expiresAt: Date.now() + ms }));
  }
}

/** Adds a session that is as corp, but for its name and these keys, with a profile of the same name. */
export function addSession({ configFile, standIn }: CliSandbox, name: string, keys = ''): void {
  appendFileSync(
    configFile,
    `
[profile ${name}]
sso_cred_session = ${name}
sso_cred_account_id = 111122223333
sso_cred_role_name = Developer
services = sandbox

[sso-session ${name}]
sso_start_url = ${standIn.startUrl}
sso_region = ${standIn.region}
${keys}
`,
  );
}

/** A browser that shows its pages to nobody, and notes which. */
export interface BlindBrowser {
  readonly variables: { readonly BROWSER: string };
  /** The URLs that it was to open. */
  readonly opened: () => readonly string[];
}

/** Puts such a browser into a sandbox. */
export function blindBrowser({ bin }: CliSandbox): BlindBrowser {
  const program = join(bin, 'blind-browser');
  const log = `${program}.log`;
  writeFileSync(program, `#!/bin/sh\necho "$1" >> '${log}'\n`, { mode: 0o755 });
  return {
    variables: { BROWSER: program },
    // What follows the last line's end is still being written.
    opened: () => (existsSync(log) ? readFileSync(log, 'utf8').split('\n').slice(0, -1) : []),
  };
}
