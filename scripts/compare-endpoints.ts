import { resolve } from 'node:path';
import type { ServiceEndpoint } from '../src/model/endpoint.ts';
import { SsoCredError } from '../src/model/errors.ts';
import type { SsoSession } from '../src/model/profile.ts';
import { refreshSsoToken } from '../src/services/sso-oidc.ts';
import { oidcEndpointOf } from '../src/services/sso-oidc-sign-in.ts';
import { getRoleCredentials } from '../src/services/sso-portal.ts';
import { assumeRoleWithWebIdentity } from '../src/services/sts.ts';
import type { World } from '../src/world.ts';
import { partitions } from '../tests/support/partitions.ts';
import { runProcess } from '../tests/support/run-process.ts';

/** A service's URL by region and variant. */
type Urls = Readonly<Record<string, Readonly<Record<string, string>>>>;

const variants: Readonly<Record<string, Pick<ServiceEndpoint, 'fips' | 'dualStack'>>> = {
  plain: { fips: false, dualStack: false },
  FIPS: { fips: true, dualStack: false },
  'dual-stack': { fips: false, dualStack: true },
  'FIPS and dual-stack': { fips: true, dualStack: true },
};

/** What is sent for a service, as far as its host is of interest. */
const requests: Readonly<
  Record<string, (endpoint: ServiceEndpoint, world: CatchingWorld) => Promise<unknown>>
> = {
  sso: (endpoint, world) =>
    getRoleCredentials(
      endpoint,
      { accountId: '111122223333', roleName: 'Developer', accessToken: 'none', deadline: 1 },
      world,
    ),
  'sso-oidc': async (endpoint, world) => {
    const { region } = endpoint;
    const token = {
      startUrl: 'https://corp.awsapps.com/start',
      region,
      accessToken: 'none',
      expiresAt: 0,
      clientId: 'none',
      clientSecret: 'none',
      registrationExpiresAt: 0,
      refreshToken: 'none',
    };
    const browserGoesTo = (await oidcEndpointOf(sessionAt(endpoint), world)).origin;
    await refreshSsoToken(endpoint, token, 1, world).catch(() => undefined);
    if (world.caught() !== browserGoesTo) throw new Error(`/authorize is at ${browserGoesTo}`);
  },
  sts: (endpoint, world) =>
    assumeRoleWithWebIdentity(
      endpoint,
      {
        roleArn: 'arn:aws:iam::111122223333:role/Developer',
        roleSessionName: 'jane',
        webIdentityToken: 'none',
        durationSeconds: undefined,
        policyArns: [],
        deadline: 1,
      },
      world,
    ),
};

/**
 * Compares the hosts that we call with those that botocore computes, for every region of the SDK's
 * partition data and of botocore's. Gives how many were compared.
 * @param python one that has botocore
 * @throws Error naming those that differ
 */
export async function compareEndpoints(python: string): Promise<number> {
  const regions = (await partitions()).flatMap((partition) => partition.regions);
  const script = resolve('tests', 'callers', 'botocore_endpoints.py');
  const { exitStatus, stdout, stderr } = await runProcess(python, [script, ...regions], {
    env: { PATH: process.env['PATH'] },
  });
  if (exitStatus !== 0) throw new Error(stderr);
  const theirs = JSON.parse(stdout) as Readonly<Record<string, Urls>>;
  const differences: string[] = [];
  let compared = 0;
  for (const [service, urls] of Object.entries(theirs)) {
    for (const [region, byVariant] of Object.entries(urls)) {
      for (const [variant, url] of Object.entries(byVariant)) {
        const ours = await ourUrl(service, region, variant);
        compared += 1;
        if (ours !== url)
          differences.push(`${service}, ${region}, ${variant}: ${ours}, not ${url}`);
      }
    }
  }
  if (differences.length > 0) throw new Error(differences.join('\n'));
  return compared;
}

async function ourUrl(service: string, region: string, variant: string): Promise<string> {
  const world = catchingWorld();
  const choice = variants[variant];
  if (choice === undefined) throw new Error(`nobody knows the variant ${variant}`);
  try {
    await requests[service]?.({ region, ...choice }, world);
  } catch (error) {
    if (world.caught() === undefined || !(error instanceof SsoCredError)) throw error;
  }
  return world.caught() ?? 'nothing was sent';
}

interface CatchingWorld extends Pick<World, 'clock' | 'sendHttp' | 'trace'> {
  /** The origin of the last request. */
  caught(): string | undefined;
}

function catchingWorld(): CatchingWorld {
  let origin: string | undefined;
  return {
    caught: () => origin,
    clock: { now: () => 0, monotonicMs: () => 0, sleep: async () => undefined },
    trace: () => undefined,
    async sendHttp({ url }) {
      origin = url.origin;
      throw new SsoCredError('NetworkFailed', 'It is not sent');
    },
  };
}

function sessionAt(ssoOidc: ServiceEndpoint): SsoSession {
  return {
    kind: 'sso',
    startUrl: 'https://corp.awsapps.com/start',
    region: ssoOidc.region,
    registrationScopes: [],
    useDeviceCode: false,
    redirectPorts: [0],
    endpoints: { sso: ssoOidc, ssoOidc },
    signInCommand: 'sso-cred login',
  };
}
