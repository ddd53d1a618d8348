import { SigninClient } from '@aws-sdk/nested-clients/signin';
import { describe, expect, test } from '@jest/globals';
import { consoleHosts, consolePage, consoleSignInUrl } from '../../src/model/console-url.ts';
import { partitionOfArn, partitionOfRegion } from '../../src/model/partition.ts';

/** A region or more of each partition, and the partition's name. */
const regions = [
  ['us-east-1', 'aws'],
  ['eu-west-1', 'aws'],
  ['ap-southeast-5', 'aws'],
  ['mx-central-1', 'aws'],
  ['us-gov-west-1', 'aws-us-gov'],
  ['us-gov-east-1', 'aws-us-gov'],
  ['cn-north-1', 'aws-cn'],
  ['cn-northwest-1', 'aws-cn'],
  ['eusc-de-east-1', 'aws-eusc'],
  ['us-iso-east-1', 'aws-iso'],
  ['us-isob-east-1', 'aws-iso-b'],
  ['eu-isoe-west-1', 'aws-iso-e'],
  ['us-isof-south-1', 'aws-iso-f'],
] as const;

/** What the SDK's client for AWS Sign-In would call. */
function signInHost(region: string, fips: boolean): string {
  const { endpointProvider } = new SigninClient({ region }).config;
  return endpointProvider({ Region: region, UseFIPS: fips, UseDualStack: false }).url.host;
}

describe.each(regions)('%s', (region, name) => {
  const partition = partitionOfRegion(region);

  test(`is a region of ${name}, as the SDK has it`, () => {
    expect(partition.name).toBe(name);
    expect(partitionOfArn(`arn:${name}:iam::111122223333:role/x`)).toBe(partition);
    const { federation, console } = consoleHosts(partition, region);
    const isUnnamed = ['us-east-1', 'us-gov-west-1', 'cn-north-1'].includes(region);
    const host = signInHost(region, false);
    expect(federation).toBe(
      `https://${isUnnamed ? host.replace(`${region}.`, '') : host}/federation`,
    );
    expect(new URL(console).host).toBe(new URL(federation).host.replace('signin', 'console'));
  });

  test('has a host for FIPS where its partition is one that has', () => {
    const { federation } = consoleHosts(partition, region, true);
    const host = name === 'aws-us-gov' ? signInHost(region, true) : undefined;
    expect(federation).toBe(
      host === undefined
        ? consoleHosts(partition, region).federation
        : `https://${host}/federation`,
    );
  });
});

test('without a region the hosts are those of the partition', () => {
  const hosts = (arn: string) => consoleHosts(partitionOfArn(arn));
  expect(hosts('arn:aws:iam::1:role/x').federation).toBe(
    'https://signin.aws.amazon.com/federation',
  );
  expect(hosts('arn:aws-cn:iam::1:role/x').console).toBe('https://console.amazonaws.cn');
  expect(hosts('arn:aws-eusc:iam::1:role/x').federation).toBe(
    'https://eusc-de-east-1.signin.amazonaws-eusc.eu/federation',
  );
});

test.each([
  [undefined, undefined, 'https://c/console/home'],
  [undefined, 'eu-west-1', 'https://c/console/home?region=eu-west-1'],
  ['s3', 'eu-west-1', 'https://c/s3/home?region=eu-west-1'],
  ['dynamodb', undefined, 'https://c/dynamodbv2/home'],
  ['elb', 'eu-west-1', 'https://c/ec2/home?region=eu-west-1#LoadBalancers:'],
  ['constructor', undefined, 'https://c/constructor/home'],
])('the page of %s in %s is %s', (service, region, expected) => {
  expect(consolePage('https://c', service, region).href).toBe(expected);
});

test('what is asked for stands in the query, whatever it holds', () => {
  const destination = new URL('https://c/ec2/home?region=eu-west-1&a=b#x:y&SigninToken=z');
  const parameters = { issuer: 'https://corp/start#/', destination, signinToken: 'a+b/c&d=' };
  const url = consoleSignInUrl('https://signin/federation', parameters);
  expect([url.origin, url.pathname, url.hash]).toEqual(['https://signin', '/federation', '']);
  expect(Object.fromEntries(url.searchParams)).toEqual({
    Action: 'login',
    Issuer: 'https://corp/start#/',
    Destination: destination.href,
    SigninToken: 'a+b/c&d=',
  });
});
