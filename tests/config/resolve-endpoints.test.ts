import { describe, expect, test } from '@jest/globals';
import { resolveEndpoint, type ServiceName } from '../../src/config/resolve-endpoints.ts';
import type { ServiceEndpoint } from '../../src/model/endpoint.ts';
import type { Environment } from '../../src/world.ts';
import { configSources } from '../support/config-sources.ts';

const region = 'eu-west-1';

function endpoint(
  env: Environment,
  lines: readonly string[] = [],
  service: ServiceName = 'sso',
): ServiceEndpoint {
  const { config, home } = configSources(['[profile dev]', ...lines]);
  const profile = config.profile('dev');
  return resolveEndpoint(service, region, { env, profile, services: config.services, home });
}

function failure(env: Environment, lines: readonly string[] = []): unknown {
  try {
    endpoint(env, lines);
  } catch (error) {
    return error;
  }
  throw new Error('it was resolved');
}

test('without a word it is the endpoint of AWS', () => {
  expect(endpoint({})).toEqual({ region, fips: false, dualStack: false });
});

describe('an endpoint of one’s own', () => {
  const inServices = [
    'services = local',
    'endpoint_url = https://general.example',
    '[services local]',
    'sso =',
    '  endpoint_url = https://sso.example',
    'sso_oidc =',
    '  endpoint_url = https://oidc.example',
  ];

  test.each<[string, Environment, readonly string[], ServiceName, string]>([
    [
      'endpoint_url of the profile',
      {},
      ['endpoint_url = https://p.example'],
      'sso',
      'https://p.example',
    ],
    ['that of the service wins over it', {}, inServices, 'sso', 'https://sso.example'],
    ['each service has its own', {}, inServices, 'sso_oidc', 'https://oidc.example'],
    [
      'a services section that does not name the service leaves the profile’s',
      {},
      [
        'services = local',
        'endpoint_url = https://p.example',
        '[services local]',
        's3 =',
        '  endpoint_url = https://s3.example',
      ],
      'sso',
      'https://p.example',
    ],
    [
      'AWS_ENDPOINT_URL wins over both',
      { AWS_ENDPOINT_URL: 'https://all.example' },
      inServices,
      'sso',
      'https://all.example',
    ],
    [
      'the variable of the service wins over that',
      { AWS_ENDPOINT_URL: 'https://all.example', AWS_ENDPOINT_URL_SSO: 'https://env.example' },
      inServices,
      'sso',
      'https://env.example',
    ],
    [
      'the variable of another service does not',
      { AWS_ENDPOINT_URL: 'https://all.example', AWS_ENDPOINT_URL_SSO: 'https://env.example' },
      [],
      'sso_oidc',
      'https://all.example',
    ],
    [
      'a variable that is empty counts as unset',
      { AWS_ENDPOINT_URL: '', AWS_ENDPOINT_URL_SSO: '' },
      ['endpoint_url = https://p.example'],
      'sso',
      'https://p.example',
    ],
  ])('%s', (_rule, env, lines, service, url) => {
    expect(endpoint(env, lines, service)).toEqual({ region, url, fips: false, dualStack: false });
  });

  test.each<[string, Environment, readonly string[]]>([
    ['the environment', { AWS_IGNORE_CONFIGURED_ENDPOINT_URLS: 'true' }, []],
    ['the environment, in capitals', { AWS_IGNORE_CONFIGURED_ENDPOINT_URLS: 'TRUE' }, []],
    ['the profile', {}, ['ignore_configured_endpoint_urls = true']],
  ])('is ignored where %s says so', (_where, env, lines) => {
    const all = { AWS_ENDPOINT_URL: 'https://all.example', ...env };
    expect(endpoint(all, [...lines, ...inServices])).not.toHaveProperty('url');
  });

  test('counts again where the environment says so', () => {
    const env = { AWS_IGNORE_CONFIGURED_ENDPOINT_URLS: 'false' };
    expect(endpoint(env, ['ignore_configured_endpoint_urls = true', ...inServices])).toMatchObject({
      url: 'https://sso.example',
    });
  });

  test.each([
    'http://127.0.0.1:4566',
    'http://127.1.2.3',
    'http://localhost:4566/',
    'http://LOCALHOST',
    'http://[::1]:4566',
  ])('may be %s: plain http stays on this machine', (url) => {
    expect(endpoint({ AWS_ENDPOINT_URL: url }).url).toBe(url);
  });

  test.each([
    'http://10.0.0.1',
    'http://localhost.example',
    'http://127.0.0.1.example',
    'http://localhost@example.com',
    'http://0.0.0.0',
    'http://[::ffff:10.0.0.1]',
    'http://proxy:4566',
  ])('may not be %s, and the variable is named', (url) => {
    expect(failure({ AWS_ENDPOINT_URL: url })).toMatchObject({
      code: 'InvalidConfig',
      message: expect.stringMatching(
        /^AWS_ENDPOINT_URL sets the endpoint http:.+: tokens go over plain http to this machine only$/,
      ),
    });
  });

  test.each(['localhost:4566', 'ftp://x', 'file:///x', 'x', '//x', 'https://'])(
    'may not be %s',
    (url) => {
      expect(failure({ AWS_ENDPOINT_URL_SSO: url })).toMatchObject({
        code: 'InvalidConfig',
        message: 'AWS_ENDPOINT_URL_SSO sets an endpoint that is no http or https URL',
      });
    },
  );

  test('in a file is named by file and line', () => {
    expect(failure({}, ['region = eu-west-1', 'endpoint_url = http://x.example'])).toMatchObject({
      code: 'InvalidConfig',
      message: expect.stringMatching(/^~\/\.aws\/config:3 sets the endpoint http:\/\/x\.example: /),
    });
  });

  test('in a services section that is not there is named', () => {
    expect(failure({}, ['services = nowhere'])).toMatchObject({
      code: 'InvalidConfig',
      message: 'services at ~/.aws/config:2 names [services nowhere], which is not there',
    });
  });

  test('never has its user, password or query in a message', () => {
    const { message } = failure({
      AWS_ENDPOINT_URL: 'http://u:secret@x.example/?q=secret',
    }) as Error;
    expect(message).not.toContain('secret');
  });
});

describe('FIPS and dual-stack', () => {
  test.each<[Environment, readonly string[], Partial<ServiceEndpoint>]>([
    [{ AWS_USE_FIPS_ENDPOINT: 'true' }, [], { fips: true, dualStack: false }],
    [{ AWS_USE_DUALSTACK_ENDPOINT: 'True' }, [], { fips: false, dualStack: true }],
    [
      {},
      ['use_fips_endpoint = true', 'use_dualstack_endpoint = true'],
      { fips: true, dualStack: true },
    ],
    [{ AWS_USE_FIPS_ENDPOINT: 'false' }, ['use_fips_endpoint = true'], { fips: false }],
    [{ AWS_USE_FIPS_ENDPOINT: '' }, ['use_fips_endpoint = true'], { fips: true }],
  ])('%j %j', (env, lines, expected) => {
    expect(endpoint(env, lines)).toMatchObject(expected);
  });

  test.each<[string, Environment, readonly string[]]>([
    ['AWS_ENDPOINT_URL', { AWS_ENDPOINT_URL: 'https://x', AWS_USE_FIPS_ENDPOINT: 'true' }, []],
    ['~/.aws/config:2', {}, ['endpoint_url = https://x', 'use_dualstack_endpoint = true']],
  ])('exclude an endpoint of one’s own, which is named: %s', (where, env, lines) => {
    expect(failure(env, lines)).toMatchObject({
      code: 'InvalidConfig',
      message: expect.stringMatching(`^${where} sets an endpoint, and a .+ is asked for too`),
    });
  });

  test.each<[string, Environment, readonly string[]]>([
    ['AWS_USE_FIPS_ENDPOINT', { AWS_USE_FIPS_ENDPOINT: 'yes' }, []],
    ['AWS_IGNORE_CONFIGURED_ENDPOINT_URLS', { AWS_IGNORE_CONFIGURED_ENDPOINT_URLS: '1' }, []],
    ['use_fips_endpoint at ~/.aws/config:2', {}, ['use_fips_endpoint = on']],
  ])('%s must be true or false', (where, env, lines) => {
    expect(failure(env, lines)).toMatchObject({
      code: 'InvalidConfig',
      message: `${where} must be true or false`,
    });
  });
});
