import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { runLogin } from '../../../src/commands/login.ts';
import { runLogout } from '../../../src/commands/logout.ts';
import { runWorker } from '../../../src/commands/worker.ts';
import { getCredentials } from '../../../src/flow/get-credentials.ts';
import type { SessionKind } from '../../../src/flow/session-kind.ts';
import { ssoRole } from '../../../src/flow/sso-role.ts';
import { ssoSessionKind } from '../../../src/flow/sso-session-kind.ts';
import { decodePendingRecord } from '../../../src/model/pending-record.ts';
import type { SsoSession } from '../../../src/model/profile.ts';
import { encodeSsoToken } from '../../../src/model/sso-token.ts';
import { ssoTokenFile } from '../../../src/store/sso-token-cache.ts';
import { openStore, type Store } from '../../../src/store/store.ts';
import { accessTokenOf, nameIn, refreshTokenOf, type TokenName } from './identity-center.ts';
import type { SimulatedProcess, Simulation } from './simulation.ts';

const config = `[sso-session corp]
sso_start_url = https://corp.awsapps.com/start
sso_region = eu-west-1
sso_registration_scopes = sso:account:access
`;

const endpoint = { region: 'eu-west-1', fips: false, dualStack: false };
const session: SsoSession = {
  kind: 'sso',
  name: 'corp',
  startUrl: 'https://corp.awsapps.com/start',
  region: 'eu-west-1',
  registrationScopes: ['sso:account:access'],
  useDeviceCode: false,
  redirectPorts: [0],
  endpoints: { sso: endpoint, ssoOidc: endpoint },
  signInCommand: 'sso-cred login --session corp',
};

type Work = (process: SimulatedProcess) => Promise<unknown>;

/** A home that all processes of a simulation share: what they do there, and what lies there. */
export interface Home {
  /** Another tool has signed in, and its token has expired. */
  readonly putToken: (token: TokenName, expiresAt: number) => void;
  /** Asks for a role; gives the sign-in that the credentials belong to. */
  readonly ask: (roleName: string, budgetMs: number) => Work;
  readonly login: Work;
  readonly logout: Work;
  /** The token that is stored; undefined when there is none. */
  readonly token: () => TokenName | undefined;
  /** The sign-ins of the roles that are stored. */
  readonly roles: () => readonly number[];
  /** Whose work others wait for. */
  readonly pendingPid: () => number | undefined;
  /** Files that go when all have ended: locks, claims, temporary files, pending records. */
  readonly passing: () => readonly string[];
}

export function openHome(directory: string, simulation: () => Simulation): Home {
  const cacheDirectory = join(directory, '.aws', 'sso-cred');
  const tokenFile = ssoTokenFile(join(directory, '.aws', 'sso', 'cache'), session);
  mkdirSync(dirname(tokenFile), { recursive: true, mode: 0o700 });
  writeFileSync(join(directory, '.aws', 'config'), config);
  const namesIn = (folder: string) => {
    const path = join(cacheDirectory, folder);
    return existsSync(path) ? readdirSync(path) : [];
  };
  const textOf = (folder: string, name: string) =>
    readFileSync(join(cacheDirectory, folder, name), 'utf8');
  const named = { session: 'corp' };
  let workers = 0;

  return {
    putToken(token, expiresAt) {
      const text = encodeSsoToken({
        startUrl: session.startUrl,
        region: session.region,
        accessToken: accessTokenOf(token),
        expiresAt,
        clientId: 'client',
        clientSecret: 'secret-client',
        registrationExpiresAt: expiresAt + 90 * 24 * 3_600_000,
        refreshToken: refreshTokenOf(token),
      });
      writeFileSync(tokenFile, text, { mode: 0o600 });
    },
    ask: (roleName, budgetMs) => async (process) => {
      const { world } = process;
      const profile = { kind: 'sso', session, accountId: '111122223333', roleName } as const;
      const record = await getCredentials(
        {
          session: withPauses(ssoSessionKind(session, tokenFile, world), process),
          store: storeWithPauses(openStore(cacheDirectory, world), process),
          async startWorker(task, id) {
            workers += 1;
            const work: Work = (worker) =>
              runWorker({ ...named, task, id, timeoutS: 3_600 }, worker.world);
            const started = simulation().start(`worker ${workers} of ${process.name}`, work);
            return { hasEnded: () => started.end() !== undefined };
          },
          role: ssoRole(profile, tokenFile, world),
          refresh: false,
          isAhead: false,
          deadline: world.clock.monotonicMs() + budgetMs,
          signIn: undefined,
        },
        world,
      );
      return signInOf(record.output);
    },
    login: ({ world }) =>
      runLogin({ ...named, flow: 'device', noOpen: true, force: true, timeoutS: 600 }, world),
    logout: ({ world }) => runLogout({ ...named, all: false, timeoutS: 120 }, world),
    token() {
      if (!existsSync(tokenFile)) return undefined;
      return nameIn(JSON.parse(readFileSync(tokenFile, 'utf8')).refreshToken);
    },
    roles: () =>
      namesIn('roles')
        .filter((name) => name.endsWith('.json'))
        .map((name) => signInOf(JSON.parse(textOf('roles', name)).output)),
    pendingPid() {
      const [name] = namesIn('pending').filter((each) => each.endsWith('.json'));
      return name === undefined
        ? undefined
        : decodePendingRecord(textOf('pending', name))?.owner.pid;
    },
    passing: () => [
      ...['locks', 'claims', 'pending'].flatMap(namesIn),
      ...['roles', 'sessions', 'failures'].flatMap(namesIn).filter((name) => name.endsWith('.tmp')),
      ...readdirSync(dirname(tokenFile)).filter((name) => name.endsWith('.tmp')),
    ],
  };
}

/** The stand-in puts it into the key. */
function signInOf(output: string): number {
  return Number(/"AccessKeyId":"ASIA0*(\d+)"/.exec(output)?.[1]);
}

/** A session at which others have their turn before and after each reading. */
function withPauses(kind: SessionKind, { pause }: SimulatedProcess): SessionKind {
  return {
    ...kind,
    async read() {
      await pause('reads the token');
      const kept = await kind.read();
      await pause('has read the token');
      return kept;
    },
  };
}

function storeWithPauses(store: Store, { pause }: SimulatedProcess): Store {
  return {
    ...store,
    async owner() {
      await pause('is to own something');
      return await store.owner();
    },
    async liveness(owner) {
      await pause('asks who lives');
      const liveness = await store.liveness(owner);
      await pause('knows who lives');
      return liveness;
    },
  };
}
