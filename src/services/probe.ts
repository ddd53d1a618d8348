import type { ServiceEndpoint } from '../model/endpoint.ts';
import type { World } from '../world.ts';
import { clientSettings } from './aws-client.ts';

type Effects = Pick<World, 'clock' | 'sendHttp' | 'trace'>;

/** A service of AWS that is called here. */
export type ProbedService = 'sso' | 'sso_oidc' | 'sts';

/**
 * Whether a service can be reached: any answer will do, and nothing of the person's is sent.
 * @param deadline by the monotonic clock; milliseconds
 * @throws as SendHttp
 */
export async function probeService(
  service: ProbedService,
  endpoint: ServiceEndpoint,
  deadline: number,
  world: Effects,
): Promise<URL> {
  const url = await hostOf(service, endpoint, world);
  const timeoutMs = deadline - world.clock.monotonicMs();
  const options = { timeoutMs, caBundle: endpoint.caBundle, trace: world.trace };
  const { status } = await world.sendHttp({ method: 'GET', url, headers: {} }, options);
  world.trace('network', `GET ${url.host}: status ${status}`);
  return url;
}

/** The host that the SDK's rules give for a service. */
async function hostOf(
  service: ProbedService,
  endpoint: ServiceEndpoint,
  world: Effects,
): Promise<URL> {
  const { url, region, fips, dualStack } = endpoint;
  if (url !== undefined) return new URL(url);
  const { settings } = clientSettings(
    endpoint,
    { operation: 'Probe', parameters: {}, deadline: 0 },
    world,
  );
  const rules = { Region: region, UseFIPS: fips, UseDualStack: dualStack };
  switch (service) {
    case 'sso': {
      const { SSOClient } = await import('./load-sso.ts');
      return new SSOClient(settings).config.endpointProvider(rules).url;
    }
    case 'sso_oidc': {
      const { SSOOIDCClient } = await import('./load-sso-oidc.ts');
      return new SSOOIDCClient(settings).config.endpointProvider(rules).url;
    }
    case 'sts': {
      const { STSClient } = await import('./load-sts.ts');
      const config = new STSClient(settings).config;
      return config.endpointProvider({ ...rules, UseGlobalEndpoint: false }).url;
    }
  }
}
