import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { oidcTokenFile } from '../../src/store/oidc-token-store.ts';
import type { Call } from '../stand-in/call-log.ts';
import { type IdentityProvider, startIdentityProvider } from '../stand-in/identity-provider.ts';
import type { StandInOptions } from '../stand-in/options.ts';
import {
  createSandboxHome,
  type SandboxHome,
  type SandboxHomeOptions,
} from '../stand-in/sandbox-home.ts';
import { type StandIn, startStandIn } from '../stand-in/stand-in.ts';
import type { Build } from '../support/builds.ts';
import { issueOidcTokens } from '../support/issue-oidc-tokens.ts';
import { type Finished, type Running, startProcess } from '../support/run-process.ts';
import { killProcessesOf } from './processes.ts';

/** Which kind of session is put to the test. */
export type Kind = 'Identity Center' | 'OpenID Connect';

export const kinds: readonly Kind[] = ['Identity Center', 'OpenID Connect'];

/** Variables to set, or to leave out where undefined. */
type Variables = Readonly<Record<string, string | undefined>>;

export interface RunOptions {
  /** The world's own by default. */
  readonly build?: Build;
  readonly variables?: Variables;
  /** Words to put before the program, such as another program that starts it. */
  readonly wrapper?: readonly string[];
}

export interface WorldOptions extends Partial<Omit<SandboxHomeOptions, 'ssoCred' | 'token'>> {
  readonly kind: Kind;
  readonly build: Build;
  /** What the session begins with; `expired` may be refreshed. */
  readonly token: 'expired' | 'fresh' | 'none';
  /** For how long a spent refresh token may be used once more; seconds, 0 by default. */
  readonly leewayS?: number;
  /** How long a token lives that a refresh gives; seconds, an hour by default. */
  readonly tokenLifetimeS?: number;
  readonly aws?: Partial<StandInOptions>;
}

/** A home, an AWS and maybe a provider of its own, in which something goes wrong. */
export interface FaultWorld extends Omit<SandboxHome, 'remove'> {
  readonly kind: Kind;
  readonly build: Build;
  readonly standIn: StandIn;
  readonly provider: IdentityProvider | undefined;
  /** Whoever refreshes: AWS or the provider. */
  readonly issuer: Pick<StandIn, 'fault' | 'barrier' | 'clearFaults' | 'endSession'>;
  readonly refreshOperation: 'CreateToken' | 'Token';
  readonly roleOperation: 'GetRoleCredentials' | 'AssumeRoleWithWebIdentity';
  readonly profile: 'dev' | 'web';
  readonly session: 'corp' | 'acme';
  readonly cacheDirectory: string;
  /** Program and first arguments of a build. */
  readonly commandOf: (build: Build) => readonly [string, ...string[]];
  /** Starts sso-cred; `--profile` and the world's profile by default. */
  readonly start: (args?: readonly string[], options?: RunOptions) => Running;
  readonly run: (args?: readonly string[], options?: RunOptions) => Promise<Finished>;
  /** The refreshes that were asked for, and the role calls, in their order. */
  readonly refreshes: () => readonly Call[];
  readonly roleCalls: () => readonly Call[];
  /** How often a spent refresh token came again, outside the leeway. */
  readonly reuses: () => number;
  /** The refresh token that lies on disk; undefined when there is no token. */
  readonly keptRefreshToken: () => string | undefined;
  /** Puts a new sign-in where another tool, or `login`, would. */
  readonly signInAnew: () => Promise<void>;
  /** What no correct client sends, by those who got it. */
  readonly violations: () => readonly string[];
  readonly close: () => Promise<void>;
}

/** Each process ends by itself within a minute; machines may be busy. */
const processTimeoutMs = 120_000;

/** Opens a world; nobody is there to sign in. */
export async function openWorld(options: WorldOptions): Promise<FaultWorld> {
  const {
    kind,
    build,
    token,
    leewayS = 0,
    tokenLifetimeS = 3600,
    aws = {},
    ...homeOptions
  } = options;
  const isSso = kind === 'Identity Center';
  const provider = isSso
    ? undefined
    : await startIdentityProvider({ reuseLeewayS: leewayS, idTokenLifetimeS: tokenLifetimeS });
  const standIn = await startStandIn({
    reuseLeewayS: leewayS,
    accessTokenLifetimeS: tokenLifetimeS,
    ...(provider && { identityProvider: provider }),
    ...aws,
  });
  const home = createSandboxHome(standIn, {
    ...homeOptions,
    ssoCred: build.path,
    ...(provider && { identityProvider: provider }),
    token: !isSso || token === 'none' ? false : token === 'expired' ? { expiresInS: -1 } : {},
  });
  const cacheDirectory = join(home.home, '.aws', 'sso-cred');
  const tokenFile =
    provider === undefined
      ? home.tokenFile
      : oidcTokenFile(cacheDirectory, {
          name: 'acme',
          issuer: provider.issuer,
          clientId: provider.clientId,
          scopes: '',
        });

  const writeToken = async (expired: boolean): Promise<void> => {
    if (provider === undefined) {
      const issued = standIn.issueToken(expired ? { expiresInS: -1 } : {});
      writeFileSync(tokenFile, JSON.stringify(issued), { mode: 0o600 });
      return;
    }
    const tokens: object = JSON.parse(await issueOidcTokens(provider));
    mkdirSync(dirname(tokenFile), { recursive: true, mode: 0o700 });
    const changes = expired ? { expiresAt: Date.now() - 1_000 } : {};
    writeFileSync(tokenFile, JSON.stringify({ ...tokens, ...changes }), { mode: 0o600 });
  };
  if (!isSso && token !== 'none') await writeToken(token === 'expired');

  const running = new Set<Running>();
  const commandOf: FaultWorld['commandOf'] = ({ path }) =>
    path.endsWith('.js') ? [process.execPath, path] : [path];
  const profile = isSso ? 'dev' : 'web';
  const refreshOperation = isSso ? 'CreateToken' : 'Token';
  const roleOperation = isSso ? 'GetRoleCredentials' : 'AssumeRoleWithWebIdentity';
  const start: FaultWorld['start'] = (args = ['--profile', profile], runOptions = {}) => {
    const { wrapper = [], variables } = runOptions;
    const words = [...wrapper, ...commandOf(runOptions.build ?? build), ...args];
    const [program = '', ...rest] = words;
    const env = { ...home.env, ...variables };
    const started = startProcess(program, rest, { env, timeoutMs: processTimeoutMs });
    running.add(started);
    const forget = () => running.delete(started);
    started.finished.then(forget, forget);
    return started;
  };

  return {
    ...home,
    tokenFile,
    kind,
    build,
    standIn,
    provider,
    issuer: provider ?? standIn,
    refreshOperation,
    roleOperation,
    profile,
    session: isSso ? 'corp' : 'acme',
    cacheDirectory,
    commandOf,
    start,
    run: (args, runOptions) => start(args, runOptions).finished,
    refreshes: () =>
      (provider ?? standIn)
        .calls(refreshOperation)
        .filter(({ input }) => (input['grantType'] ?? input['grant_type']) === 'refresh_token'),
    roleCalls: () => standIn.calls(roleOperation),
    reuses: () => (provider ?? standIn).refreshReuseCount(),
    keptRefreshToken: () => {
      try {
        return (JSON.parse(readFileSync(tokenFile, 'utf8')) as { refreshToken?: string })
          .refreshToken;
      } catch {
        return undefined;
      }
    },
    signInAnew: () => writeToken(false),
    violations: () => [...standIn.violations(), ...(provider?.violations() ?? [])],
    close: async () => {
      for (const each of running) each.kill('SIGKILL');
      await Promise.allSettled([...running].map(({ finished }) => finished));
      killProcessesOf(home.home);
      await standIn.stop();
      await provider?.stop();
      await home.remove();
    },
  };
}

const open = new Set<FaultWorld>();

/** Closes what a test that was broken off has left open. */
export async function closeWorlds(): Promise<void> {
  await Promise.allSettled([...open].map((world) => world.close()));
}

/** Opens a world, uses it, and closes it whatever happened. */
export async function inWorld(
  options: WorldOptions,
  use: (world: FaultWorld) => Promise<void>,
): Promise<void> {
  const world = await openWorld(options);
  open.add(world);
  try {
    await use(world);
  } finally {
    open.delete(world);
    await world.close();
  }
}

/** What lies below a folder, as paths from it, directories too; nothing where there is none. */
export function pathsBelow(folder: string): readonly string[] {
  try {
    return readdirSync(folder, { recursive: true, encoding: 'utf8' });
  } catch {
    return [];
  }
}
