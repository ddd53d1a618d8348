import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { afterEach } from '@jest/globals';
import { jwtPayload } from '../../src/model/jwt-claims.ts';
import { oidcTokenFile } from '../../src/store/oidc-token-store.ts';
import type { Call } from '../stand-in/call-log.ts';
import { endWorkers } from '../stand-in/end-workers.ts';
import { type IdentityProvider, startIdentityProvider } from '../stand-in/identity-provider.ts';
import type { IdentityProviderOptions } from '../stand-in/identity-provider-options.ts';
import type { Decision } from '../stand-in/visit.ts';
import type { Fields, OperationName } from '../stand-in/wire.ts';
import type { Build } from './builds.ts';
import { type CliSandbox, type CliSandboxOptions, cliSandboxes } from './cli-sandbox.ts';
import { issueOidcTokens } from './issue-oidc-tokens.ts';
import type { Finished, Running } from './run-process.ts';

/** The tokens of the session acme, as they lie on disk. */
export interface KeptTokens {
  readonly webIdentityToken: string;
  /** Epoch milliseconds. */
  readonly expiresAt: number;
  readonly obtainedAt: number;
  readonly refreshToken?: string;
}

/** A sandbox in which [profile web] signs in to [oidc-session acme] at a provider of its own. */
export interface WebSandbox extends CliSandbox {
  readonly provider: IdentityProvider;
  /** How often AWS and the provider were called since this was asked last; no pages, no forms. */
  readonly newCalls: () => Readonly<Record<string, number>>;
  /** What AssumeRoleWithWebIdentity was asked, in its order. */
  readonly asked: () => readonly Readonly<Record<string, unknown>>[];
  /** Signs Jane in behind the scenes; her id_token is a minute old, its claims changed by these. */
  readonly signIn: (claims?: Fields) => Promise<void>;
  /** The file with the tokens; there must be one. */
  readonly tokensFile: () => string;
  readonly tokens: () => KeptTokens;
  /** Lets time pass for the tokens. @param ms milliseconds */
  readonly ageTokens: (ms: number) => Promise<void>;
}

/** What the sandboxes of one test may differ in. */
export interface WebSandboxOptions extends Omit<CliSandboxOptions, 'identityProvider' | 'token'> {
  readonly provider?: Partial<IdentityProviderOptions>;
  /** More keys of [oidc-session acme]; undefined takes one away. */
  readonly session?: Readonly<Record<string, string | undefined>>;
}

/** What counts as a call of ours, not as a page that a person sees. */
const ours: readonly OperationName[] = [
  'Discovery',
  'Jwks',
  'DeviceAuthorization',
  'Token',
  'Revocation',
];

/** The role of [profile web]. */
export const roleOfWeb = 'arn:aws:iam::111122223333:role/WebDeveloper';

/** The lines of a profile like web, with other keys. */
export function webProfile(name: string, keys: Readonly<Record<string, string>> = {}): string {
  const all = {
    region: 'eu-west-1',
    services: 'sandbox',
    sso_cred_oidc_session: 'acme',
    sso_cred_role_arn: roleOfWeb,
    ...keys,
  };
  const lines = Object.entries(all).map(([key, value]) => `${key} = ${value}\n`);
  return `[profile ${name}]\n${lines.join('')}`;
}

/** As cliSandboxes, and what the provider saw and gave is held against the same rules. */
export function webSandboxes(
  build: Build,
  whenDone: typeof afterEach = afterEach,
): (options?: WebSandboxOptions) => Promise<WebSandbox> {
  const open: { sandbox: WebSandbox; finished: Finished[] }[] = [];
  // Before the one of cliSandboxes, which removes the files.
  whenDone(async () => {
    const problems: string[] = [];
    for (const { sandbox, finished } of open.splice(0)) {
      await endWorkers(sandbox.cacheDirectory);
      problems.push(...sandbox.provider.violations(), ...findLeaks(sandbox, finished));
      await sandbox.provider.stop();
    }
    if (problems.length > 0) throw new Error(problems.join('\n'));
  });
  const openPlain = cliSandboxes(build, whenDone);

  return async ({ provider: providerOptions, session = {}, aws, ...options } = {}) => {
    const provider = await startIdentityProvider(providerOptions);
    const sessionKeys = Object.fromEntries(
      Object.entries({ ...provider.sessionKeys, ...session }).flatMap(([key, value]) =>
        value === undefined ? [] : [[key, value]],
      ),
    );
    const plain = await openPlain({
      ...options,
      token: false,
      identityProvider: { sessionKeys },
      aws: { identityProvider: provider, ...aws },
    });
    const finished: Finished[] = [];
    const start: CliSandbox['start'] = (args, variables) => {
      const running = plain.start(args, variables);
      running.finished.then(
        (result) => finished.push(result),
        () => undefined,
      );
      return running;
    };
    const tokensFolder = join(plain.cacheDirectory, 'tokens');
    const tokensFile = () => {
      const [name] = readdirSync(tokensFolder).filter((each) => each.endsWith('.json'));
      if (name === undefined) throw new Error('there are no tokens');
      return join(tokensFolder, name);
    };
    const tokens = (): KeptTokens => JSON.parse(readFileSync(tokensFile(), 'utf8'));
    let seen = 0;
    const sandbox: WebSandbox = {
      ...plain,
      provider,
      start,
      run: (args = ['--profile', 'web'], variables = {}) => start(args, variables).finished,
      newCalls: () => {
        const calls = provider.calls().filter(({ operation }) => ours.includes(operation));
        const counts: Record<string, number> = {};
        for (const { operation } of calls.slice(seen)) {
          counts[operation] = (counts[operation] ?? 0) + 1;
        }
        seen = calls.length;
        return { ...counts, ...plain.newCalls() };
      },
      asked: () => plain.standIn.calls('AssumeRoleWithWebIdentity').map(({ input }) => input),
      signIn: async (claims) => {
        const file = oidcTokenFile(plain.cacheDirectory, {
          name: 'acme',
          issuer: provider.issuer,
          clientId: provider.clientId,
          scopes: '',
        });
        mkdirSync(dirname(file), { recursive: true, mode: 0o700 });
        writeFileSync(file, await issueOidcTokens(provider, claims), { mode: 0o600 });
        sandbox.newCalls();
      },
      tokensFile,
      tokens,
      ageTokens: async (ms) => {
        const { expiresAt, obtainedAt, ...rest } = tokens();
        // Two id_tokens of one second are the same to the letter, and no refresh gives that.
        const issuedAt = Number(jwtPayload(rest.webIdentityToken)?.['iat']) * 1000;
        await delay(Math.max(0, issuedAt + 1000 - Date.now()));
        const aged = { ...rest, expiresAt: expiresAt - ms, obtainedAt: obtainedAt - ms };
        writeFileSync(tokensFile(), JSON.stringify(aged));
      },
    };
    open.push({ sandbox, finished });
    return sandbox;
  };
}

interface LogInOptions {
  /** Of `login`; the session acme without. */
  readonly args?: readonly string[];
  readonly decision?: Decision;
}

/** Signs in by `login`, as a person does with a browser at hand. Gives the last page too. */
export async function logIn(
  { start, provider }: Pick<WebSandbox, 'start' | 'provider'>,
  flow: 'browser' | 'device',
  { args = [], decision = 'allow' }: LogInOptions = {},
): Promise<{ readonly finished: Finished; readonly page: string }> {
  const whose = args.some((word) => word === '--issuer') ? [] : ['--session', 'acme'];
  const running = start(['login', ...whose, `--${flow}`, '--no-open', ...args]);
  const page = await provider.visit(await signInPage(running), decision);
  return { finished: await running.finished, page };
}

/** The page that `login` sends the person to. */
export async function signInPage(running: Running): Promise<string> {
  const [, device, code, browser] = await running.says(
    /go to\n {2}(\S+)\nand enter the code\n {2}(\S+)\n|go to\n {2}(\S+\?\S+)\n/,
  );
  return browser ?? `${device}?user_code=${code}`;
}

/** What ends on a stderr or in our record of errors must hold none of these. */
function findLeaks(sandbox: WebSandbox, finished: readonly Finished[]): readonly string[] {
  const { cacheDirectory, provider, standIn } = sandbox;
  const places = finished.map(({ stderr }, index) => ({
    name: `stderr ${index + 1}`,
    text: stderr,
  }));
  for (const name of ['last-errors.jsonl', 'failures', 'profiles', 'sessions']) {
    for (const [file, text] of textsAt(join(cacheDirectory, name)))
      places.push({ name: file, text });
  }
  const secrets = new Set<string>();
  const collect = (fields: Readonly<Record<string, unknown>>) => {
    for (const [name, value] of Object.entries(fields)) {
      const isSecret = /token$|^code$|code_verifier|device_code|client_secret/i.test(name);
      if (isSecret && String(value).length > 15) secrets.add(String(value));
    }
  };
  const calls: readonly Call[] = [...provider.calls(), ...standIn.calls()];
  for (const { input } of calls) collect(input);
  for (const [, text] of textsAt(join(cacheDirectory, 'tokens'))) collect(JSON.parse(text));
  return places.flatMap(({ name, text }) =>
    [...secrets].some((secret) => text.includes(secret) || text.includes(secret.slice(-60)))
      ? [`${name} holds a secret: ${text}`]
      : [],
  );
}

function textsAt(path: string): readonly (readonly [string, string])[] {
  if (!existsSync(path)) return [];
  if (path.endsWith('.jsonl')) return [[path, readFileSync(path, 'utf8')]];
  return readdirSync(path, { withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map(({ name }) => [join(path, name), readFileSync(join(path, name), 'utf8')]);
}
