import type { Partition } from './partition.ts';

/** Where the console of a partition is, and where one signs in to it. */
export interface ConsoleHosts {
  /** The federation endpoint without its query. */
  readonly federation: string;
  /** The origin of the console. */
  readonly console: string;
}

/**
 * The hosts of a region's console, or those of the partition where no region is named:
 * https://docs.aws.amazon.com/general/latest/gr/signin-service.html
 */
export function consoleHosts(
  partition: Partition,
  region: string = partition.region,
  fips = false,
): ConsoleHosts {
  const { consoleDomain, unnamedRegion, hasFipsSignIn } = partition;
  const prefix = region === unnamedRegion ? '' : `${region}.`;
  const signIn = fips && hasFipsSignIn ? 'signin-fips' : 'signin';
  return {
    federation: `https://${prefix}${signIn}.${consoleDomain}/federation`,
    console: `https://${prefix}console.${consoleDomain}`,
  };
}

/** Services whose page is not called as in the AWS CLI; with what goes before and behind the query. */
const pages: Readonly<Record<string, readonly [path: string, hash?: string]>> = {
  apigatewayv2: ['apigateway/main'],
  autoscaling: ['ec2/home', 'AutoScalingGroups:'],
  ce: ['cost-management/home'],
  cfn: ['cloudformation/home'],
  codeartifact: ['codesuite/codeartifact/repositories'],
  codebuild: ['codesuite/codebuild/projects'],
  codecommit: ['codesuite/codecommit/repositories'],
  codedeploy: ['codesuite/codedeploy/applications'],
  codepipeline: ['codesuite/codepipeline/pipelines'],
  'cognito-idp': ['cognito/v2/home'],
  ddb: ['dynamodbv2/home'],
  dynamodb: ['dynamodbv2/home'],
  elb: ['ec2/home', 'LoadBalancers:'],
  elbv2: ['ec2/home', 'LoadBalancers:'],
  eventbridge: ['events/home'],
  logs: ['cloudwatch/home', 'logsV2:log-groups'],
  opensearch: ['aos/home'],
  organizations: ['organizations/v2/home'],
  redshift: ['redshiftv2/home'],
  route53: ['route53/v2/home'],
  s3api: ['s3/home'],
  ses: ['ses/home'],
  sesv2: ['ses/home'],
  sfn: ['states/home'],
  ssm: ['systems-manager/home'],
  sso: ['singlesignon/home'],
  'sso-admin': ['singlesignon/home'],
  stepfunctions: ['states/home'],
  wafv2: ['wafv2/homev2'],
};

/** A service's page in the console, or its home; in a region, if one is named. */
export function consolePage(
  origin: string,
  service: string | undefined,
  region: string | undefined,
): URL {
  const isListed = service !== undefined && Object.hasOwn(pages, service);
  const [path, hash] = (isListed ? pages[service] : undefined) ?? [`${service ?? 'console'}/home`];
  const url = new URL(path, origin);
  if (region !== undefined) url.searchParams.set('region', region);
  if (hash !== undefined) url.hash = hash;
  return url;
}

/**
 * The URL that signs a browser in; whoever has it within 15 minutes is signed in.
 * https://docs.aws.amazon.com/IAM/latest/UserGuide/id_roles_providers_enable-console-custom-url.html
 * @param issuer where the console sends the person when the session has ended
 */
export function consoleSignInUrl(
  federation: string,
  parameters: {
    readonly issuer: string;
    readonly destination: URL;
    readonly signinToken: string;
  },
): URL {
  const url = new URL(federation);
  url.search = new URLSearchParams({
    Action: 'login',
    Issuer: parameters.issuer,
    Destination: parameters.destination.href,
    SigninToken: parameters.signinToken,
  }).toString();
  return url;
}
