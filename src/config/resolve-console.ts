import { type ConsoleHosts, consoleHosts, consolePage } from '../model/console-url.ts';
import type { ServiceEndpoint } from '../model/endpoint.ts';
import { SsoCredError } from '../model/errors.ts';
import { isLoopback } from '../model/loopback.ts';
import { type Partition, partitionOfArn, partitionOfRegion } from '../model/partition.ts';
import type { NamedSetting } from './find-key.ts';
import { type EndpointSources, endpointSettings, resolveEndpoint } from './resolve-endpoints.ts';
import type { ResolvedProfile } from './resolve-profile.ts';
import { checkRegion, fromFlag, isRegion, regionOf, type Sources } from './resolve-session.ts';

/** Which page of the console is wanted. */
export interface ConsoleRequest {
  readonly service?: string | undefined;
  /** A URL, or a path on the console's host. */
  readonly destination?: string | undefined;
  readonly region?: string | undefined;
}

/** Where to sign in to the console, and what for. */
export interface ConsolePlace {
  /** The federation endpoint. */
  readonly federation: string;
  /** The endpoint's settings: whom to trust besides the usual CAs. */
  readonly endpoint: ServiceEndpoint;
  readonly destination: URL;
  /** Where the person gets a new session. */
  readonly issuer: string;
  readonly settings: readonly NamedSetting[];
}

/**
 * The place in the console that a command line means, in the partition of the role.
 * @throws InvalidUsage naming the flag; InvalidConfig
 */
export function resolveConsole(
  request: ConsoleRequest,
  resolved: ResolvedProfile,
  sources: Sources,
): ConsolePlace {
  const { profile, endpointProfile } = resolved;
  const { env, home, config } = sources;
  const partition =
    profile.kind === 'sso'
      ? partitionOfRegion(profile.session.region)
      : partitionOfArn(profile.roleArn);
  const region = regionFor(partition, request, resolved, sources);
  const endpointSources: EndpointSources = {
    env,
    profile: endpointProfile,
    services: config.services,
    home,
  };
  const endpoint = resolveEndpoint('signin', region?.value ?? partition.region, endpointSources);
  const hosts = consoleHosts(partition, region?.value, endpoint.fips);
  const federation =
    endpoint.url === undefined ? hosts.federation : `${endpoint.url.replace(/\/$/, '')}/federation`;
  const destination = destinationOf(request, hosts, region?.value);
  return {
    federation,
    endpoint,
    destination,
    issuer: profile.kind === 'sso' ? profile.session.startUrl : profile.session.issuer,
    settings: [
      ...(region === undefined ? [] : [region]),
      ...endpointSettings(['signin'], endpointSources),
    ],
  };
}

/** The first that is named and of the partition; undefined to leave it to the console. */
function regionFor(
  partition: Partition,
  request: ConsoleRequest,
  resolved: ResolvedProfile,
  { env, home }: Sources,
): NamedSetting | undefined {
  const isOfPartition = ({ value }: NamedSetting) => partitionOfRegion(value) === partition;
  if (request.region !== undefined) {
    const asked = fromFlag('--region', request.region);
    checkRegion(asked, home);
    if (isOfPartition(asked)) return asked;
    throw new SsoCredError(
      'InvalidUsage',
      `--region ${asked.value} is not of the partition ${partition.name}, which the role is in`,
    );
  }
  if (resolved.region !== undefined) checkRegion(resolved.region, home);
  return [regionOf(env), resolved.region].find(
    (each) => each !== undefined && isRegion(each.value) && isOfPartition(each),
  );
}

function destinationOf(
  { service, destination }: ConsoleRequest,
  hosts: ConsoleHosts,
  region: string | undefined,
): URL {
  if (destination === undefined) {
    if (service !== undefined && !/^[a-z][a-z0-9-]*$/.test(service)) {
      throw new SsoCredError(
        'InvalidUsage',
        '--service takes a name such as s3 or cloudformation; for a page take --destination',
      );
    }
    return consolePage(hosts.console, service, region);
  }
  if (service !== undefined) {
    throw new SsoCredError('InvalidUsage', '--service and --destination exclude each other');
  }
  const isPath = destination.startsWith('/') && !destination.startsWith('//');
  const text = isPath ? `${hosts.console}${destination}` : destination;
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (url?.protocol === 'https:' || (url?.protocol === 'http:' && isLoopback(url))) return url;
  throw new SsoCredError('InvalidUsage', '--destination is neither an https URL nor a path');
}
