/** A group of regions with accounts, hosts and a console of their own. */
export interface Partition {
  /** As an ARN names it. */
  readonly name: string;
  /** Where a service is asked when nothing names a region. */
  readonly region: string;
  /** What the hosts of the sign-in service and of the console end in. */
  readonly consoleDomain: string;
  /** The one region whose console hosts go without its name; none in the newer partitions. */
  readonly unnamedRegion?: string;
  /** Whether its sign-in service has hosts of its own for FIPS. */
  readonly hasFipsSignIn?: true;
}

/**
 * All partitions. Names and prefixes of regions: `partitions.json` of the SDKs. Domains: the endpoint
 * rules of the SDKs' client for AWS Sign-In (`{Region}.signin.…`), which the tests hold this against;
 * the console's own hosts have the same ending. Regions without a prefix: the table of
 * https://docs.aws.amazon.com/general/latest/gr/signin-service.html, and what AWS's toolkit for
 * JetBrains IDEs does (AwsConsoleUrlFactory.kt).
 */
const partitions: readonly (Partition & { readonly prefix: string })[] = [
  {
    name: 'aws-cn',
    prefix: 'cn-',
    region: 'cn-north-1',
    consoleDomain: 'amazonaws.cn',
    unnamedRegion: 'cn-north-1',
  },
  {
    name: 'aws-us-gov',
    prefix: 'us-gov-',
    region: 'us-gov-west-1',
    consoleDomain: 'amazonaws-us-gov.com',
    unnamedRegion: 'us-gov-west-1',
    hasFipsSignIn: true,
  },
  {
    name: 'aws-eusc',
    prefix: 'eusc-',
    region: 'eusc-de-east-1',
    consoleDomain: 'amazonaws-eusc.eu',
  },
  {
    name: 'aws-iso',
    prefix: 'us-iso-',
    region: 'us-iso-east-1',
    consoleDomain: 'c2shome.ic.gov',
  },
  {
    name: 'aws-iso-b',
    prefix: 'us-isob-',
    region: 'us-isob-east-1',
    consoleDomain: 'sc2shome.sgov.gov',
  },
  {
    name: 'aws-iso-e',
    prefix: 'eu-isoe-',
    region: 'eu-isoe-west-1',
    consoleDomain: 'csphome.adc-e.uk',
  },
  {
    name: 'aws-iso-f',
    prefix: 'us-isof-',
    region: 'us-isof-south-1',
    consoleDomain: 'csphome.hci.ic.gov',
  },
  {
    name: 'aws',
    prefix: '',
    region: 'us-east-1',
    consoleDomain: 'aws.amazon.com',
    unnamedRegion: 'us-east-1',
  },
];

/** The partition of a region, by how its name begins; the endpoint rules of the SDKs do the same. */
export function partitionOfRegion(region: string): Partition {
  return find(({ prefix }) => region.startsWith(prefix));
}

/** The partition of an ARN; AWS's first one where the name is unknown. */
export function partitionOfArn(arn: string): Partition {
  const name = arn.split(':')[1];
  return find((partition) => partition.name === name);
}

function find(isWanted: (partition: (typeof partitions)[number]) => boolean): Partition {
  const found = partitions.find(isWanted) ?? partitions.at(-1);
  if (found === undefined) throw new RangeError('there are no partitions');
  return found;
}
