import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { afterEach } from '@jest/globals';
import { endWorkers } from '../stand-in/end-workers.ts';
import type { StandInOptions } from '../stand-in/options.ts';
import {
  createSandboxHome,
  type SandboxHome,
  type SandboxHomeOptions,
} from '../stand-in/sandbox-home.ts';
import { type StandIn, startStandIn } from '../stand-in/stand-in.ts';
import type { Build } from './builds.ts';
import { type Finished, type Running, startProcess } from './run-process.ts';

/** Variables to set, or to leave out where undefined. */
type Variables = Readonly<Record<string, string | undefined>>;

/** Nobody is there to sign in. */
const neverSignIn = { SSO_CRED_SIGN_IN: 'never' };

/** A home and an AWS of its own, in which one build of sso-cred is run. */
export interface CliSandbox extends SandboxHome {
  readonly standIn: StandIn;
  /** The path of sso-cred in this sandbox. */
  readonly program: string;
  /** `~/.aws/sso-cred`; it exists once something was kept. */
  readonly cacheDirectory: string;
  /** Runs sso-cred; `--profile dev` by default. */
  readonly run: (args?: readonly string[], variables?: Variables) => Promise<Finished>;
  /** Starts sso-cred, and does not wait for its end. */
  readonly start: (args: readonly string[], variables?: Variables) => Running;
  /** How often AWS was called since this was asked last, by operation: `{ CreateToken: 1 }`. */
  readonly newCalls: () => Readonly<Record<string, number>>;
}

/** What the sandboxes of one test may differ in. */
export interface CliSandboxOptions extends Partial<Omit<SandboxHomeOptions, 'ssoCred'>> {
  readonly aws?: Partial<StandInOptions>;
}

/**
 * Gives a function that opens sandboxes for a build. After each test they are closed, and the test
 * fails if AWS was sent what no correct client sends, if a secret stood on a stderr or in the record
 * of errors, or if a lock or a temporary file was left behind.
 * @param whenDone afterAll, for sandboxes that are opened before the tests
 */
export function cliSandboxes(
  build: Build,
  whenDone: typeof afterEach = afterEach,
): (options?: CliSandboxOptions) => Promise<CliSandbox> {
  const open: { sandbox: CliSandbox; started: Running[]; finished: Finished[] }[] = [];

  whenDone(async () => {
    const problems: string[] = [];
    for (const { sandbox, started, finished } of open.splice(0)) {
      for (const running of started) running.kill('SIGKILL');
      await endWorkers(sandbox.cacheDirectory);
      problems.push(
        ...sandbox.standIn.violations(),
        ...findLeaks(sandbox, finished),
        ...findRemains(sandbox),
      );
      await sandbox.standIn.stop();
      await sandbox.remove();
    }
    if (problems.length > 0) throw new Error(problems.join('\n'));
  });

  return async ({ aws, ...options } = {}) => {
    const standIn = await startStandIn(aws);
    const home = createSandboxHome(standIn, { ...options, ssoCred: build.path });
    const env = { ...home.env, ...neverSignIn };
    const program = join(home.bin, 'sso-cred');
    const started: Running[] = [];
    const finished: Finished[] = [];
    let seen = 0;
    const start: CliSandbox['start'] = (args, variables = {}) => {
      const running = startProcess(program, args, { env: { ...env, ...variables } });
      started.push(running);
      running.finished.then(
        (result) => finished.push(result),
        () => undefined,
      );
      return running;
    };
    const sandbox: CliSandbox = {
      ...home,
      env,
      standIn,
      program,
      cacheDirectory: join(home.home, '.aws', 'sso-cred'),
      start,
      run: (args = ['--profile', 'dev'], variables = {}) => start(args, variables).finished,
      newCalls: () => {
        const calls = standIn.calls();
        const counts: Record<string, number> = {};
        for (const { operation } of calls.slice(seen)) {
          counts[operation] = (counts[operation] ?? 0) + 1;
        }
        seen = calls.length;
        return counts;
      },
    };
    open.push({ sandbox, started, finished });
    return sandbox;
  };
}

/** The places where a secret stands that must not hold one. */
function findLeaks(sandbox: CliSandbox, finished: readonly Finished[]): readonly string[] {
  const errorsFile = join(sandbox.cacheDirectory, 'last-errors.jsonl');
  const places = finished.map(({ stderr }, index) => ({
    name: `stderr ${index + 1}`,
    text: stderr,
  }));
  if (existsSync(errorsFile)) {
    places.push({ name: errorsFile, text: readFileSync(errorsFile, 'utf8') });
  }
  const secrets = secretsOf(sandbox, finished);
  return places.flatMap(({ name, text }) =>
    [...secrets].flatMap(([secret, what]) =>
      text.includes(secret) ? [`${name} holds ${what}: ${text}`] : [],
    ),
  );
}

/** What a finished process must have removed. */
function findRemains({ cacheDirectory, tokenFile }: CliSandbox): readonly string[] {
  return [dirname(tokenFile), cacheDirectory].flatMap((folder) =>
    (existsSync(folder) ? readdirSync(folder, { recursive: true, encoding: 'utf8' }) : [])
      .filter((name) => /\.lock$|\.tmp$/.test(name))
      .map((name) => `${join(folder, name)} was left behind`),
  );
}

const secretNames = [
  'accessToken',
  'refreshToken',
  'clientSecret',
  'code',
  'codeVerifier',
  'deviceCode',
  'AccessKeyId',
  'SecretAccessKey',
  'SessionToken',
];

/** Every secret that was sent, printed or kept, with its name. */
function secretsOf(
  { standIn, cacheDirectory, tokenFile }: CliSandbox,
  finished: readonly Finished[],
): ReadonlyMap<string, string> {
  const secrets = new Map<string, string>();
  const collect = (found: unknown): void => {
    for (const [name, value] of Object.entries(found ?? {})) {
      if (name === 'output') collect(parse(String(value)));
      else if (secretNames.includes(name) && String(value).length > 8) {
        // A part that is long enough to be its own.
        secrets.set(String(value).slice(0, 40), name);
      }
    }
  };
  for (const { input } of standIn.calls()) collect(input);
  for (const { stdout } of finished) collect(parse(stdout));
  const folders = ['roles', 'tokens'].map((name) => join(cacheDirectory, name));
  for (const folder of [dirname(tokenFile), ...folders]) {
    for (const text of textsIn(folder)) collect(parse(text));
  }
  return secrets;
}

function textsIn(folder: string): readonly string[] {
  if (!existsSync(folder)) return [];
  return readdirSync(folder, { withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map(({ name }) => readFileSync(join(folder, name), 'utf8'));
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
