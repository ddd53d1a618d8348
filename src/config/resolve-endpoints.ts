import type { ServiceEndpoint } from '../model/endpoint.ts';
import { SsoCredError } from '../model/errors.ts';
import { isLoopback } from '../model/loopback.ts';
import type { Setting } from '../model/origin.ts';
import type { ConfigSection } from './config-section.ts';
import type { NamedSetting } from './find-key.ts';
import { place } from './place.ts';
import { type CaBundleSources, caBundleSetting, resolveCaBundle } from './resolve-ca-bundle.ts';

/** The services that have an endpoint of their own, as `services` sections and variables name them. */
export type ServiceName = 'sso' | 'sso_oidc' | 'sts' | 'signin';

export interface EndpointSources extends CaBundleSources {
  /** Looks up a `[services NAME]` section. */
  readonly services: (name: string) => ConfigSection | undefined;
}

/**
 * Which endpoint of a service to call, in the SDKs' order: the service's variable, the variable for
 * all, the profile's `services` section, its `endpoint_url`, else AWS's own.
 * https://docs.aws.amazon.com/sdkref/latest/guide/feature-ss-endpoints.html
 * @throws InvalidConfig naming the variable, or file and line
 */
export function resolveEndpoint(
  service: ServiceName,
  region: string,
  sources: EndpointSources,
): ServiceEndpoint {
  const fips = flag('AWS_USE_FIPS_ENDPOINT', 'use_fips_endpoint', sources);
  const dualStack = flag('AWS_USE_DUALSTACK_ENDPOINT', 'use_dualstack_endpoint', sources);
  const custom = customEndpoint(service, sources);
  const caBundle = resolveCaBundle(sources);
  const common = { region, fips, dualStack, ...(caBundle === undefined ? {} : { caBundle }) };
  if (custom === undefined) return common;
  checkEndpoint(custom, sources.home);
  if (fips || dualStack) {
    // The last words are those of the SDKs, for who looks them up.
    const [what, kind] = fips
      ? ['a FIPS endpoint', 'FIPS']
      : ['a dual-stack endpoint', 'Dualstack'];
    throw new SsoCredError(
      'InvalidConfig',
      `${place(custom.origin, sources.home)} sets an endpoint, and ${what} is asked for too: ${kind} and custom endpoint are not supported`,
    );
  }
  return { ...common, url: custom.value };
}

/** The custom endpoints of some services and the CA bundle, as settings to be told of. */
export function endpointSettings(
  services: readonly ServiceName[],
  sources: EndpointSources,
): readonly NamedSetting[] {
  const caBundle = caBundleSetting(sources);
  const custom = services.flatMap((service) => {
    const custom = customEndpoint(service, sources);
    if (custom === undefined || !URL.canParse(custom.value)) return [];
    const value = new URL(custom.value).origin;
    return [{ name: `endpoint of ${service}`, value, origin: custom.origin }];
  });
  return [...custom, ...(caBundle === undefined ? [] : [caBundle])];
}

function customEndpoint(
  service: ServiceName,
  sources: EndpointSources,
): Setting<string> | undefined {
  const { env, profile } = sources;
  if (flag('AWS_IGNORE_CONFIGURED_ENDPOINT_URLS', 'ignore_configured_endpoint_urls', sources)) {
    return undefined;
  }
  for (const variable of [`AWS_ENDPOINT_URL_${service.toUpperCase()}`, 'AWS_ENDPOINT_URL']) {
    const value = env[variable];
    if (value) return { value, origin: { kind: 'environment', variable } };
  }
  const servicesName = profile?.properties.get('services');
  if (servicesName !== undefined) {
    const section = sources.services(servicesName.value);
    if (section === undefined) {
      throw new SsoCredError(
        'InvalidConfig',
        `services at ${place(servicesName.origin, sources.home)} names [services ${servicesName.value}], which is not there`,
      );
    }
    const own = section.properties.get(service)?.subProperties.get('endpoint_url');
    if (own !== undefined) return own;
  }
  return profile?.properties.get('endpoint_url');
}

function checkEndpoint(endpoint: Setting<string>, home: string | undefined): void {
  const where = place(endpoint.origin, home);
  const url = URL.canParse(endpoint.value) ? new URL(endpoint.value) : undefined;
  if (url === undefined || !['http:', 'https:'].includes(url.protocol)) {
    throw new SsoCredError(
      'InvalidConfig',
      `${where} sets an endpoint that is no http or https URL`,
    );
  }
  if (url.protocol === 'http:' && !isLoopback(url)) {
    throw new SsoCredError(
      'InvalidConfig',
      `${where} sets the endpoint http://${url.host}: tokens go over plain http to this machine only`,
    );
  }
}

function flag(variable: string, key: string, sources: EndpointSources): boolean {
  const { env, profile, home } = sources;
  const fromEnv = env[variable];
  const setting: Setting<string> | undefined = fromEnv
    ? { value: fromEnv, origin: { kind: 'environment', variable } }
    : profile?.properties.get(key);
  if (setting === undefined) return false;
  switch (setting.value.toLowerCase()) {
    case 'true':
      return true;
    case 'false':
      return false;
    default: {
      const where = place(setting.origin, home);
      const name = fromEnv ? '' : `${key} at `;
      throw new SsoCredError('InvalidConfig', `${name}${where} must be true or false`);
    }
  }
}
