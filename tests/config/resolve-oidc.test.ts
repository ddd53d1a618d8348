import { describe, expect, test } from '@jest/globals';
import {
  type ProfileRequest,
  resolveProfile,
  resolveSession,
  type SessionRequest,
} from '../../src/config/resolve-profile.ts';
import type { OidcSession } from '../../src/model/profile.ts';
import type { WebIdentityProfile } from '../../src/model/web-identity-profile.ts';
import type { Environment } from '../../src/world.ts';
import { configSources } from '../support/config-sources.ts';

const roleArn = 'arn:aws:iam::111122223333:role/WebDeveloper';
const profile = ['[profile web]', 'sso_cred_oidc_session = acme', `sso_cred_role_arn = ${roleArn}`];
const session = [
  '[oidc-session acme]',
  'issuer = https://acme.eu.auth0.com/',
  'client_id = abc123',
];
const flags = { issuer: 'https://acme.example', clientId: 'abc', roleArn };

function resolved(
  config: readonly string[],
  request: ProfileRequest = { profile: 'web' },
  env: Environment = {},
): WebIdentityProfile {
  const { profile: found } = resolveProfile(request, configSources(config, env));
  if (found.kind !== 'web-identity') throw new Error(`a profile of the kind ${found.kind}`);
  return found;
}

/** The session of [profile web], with more lines in its section. */
function sessionWith(...lines: readonly string[]): OidcSession {
  return resolved([...profile, ...session, ...lines]).session;
}

function failure(resolve: () => unknown): unknown {
  try {
    resolve();
  } catch (error) {
    return error;
  }
  throw new Error('it was resolved');
}

describe('a profile for a web identity', () => {
  test('needs no more than a session and a role', () => {
    expect(resolved([...profile, ...session])).toEqual({
      kind: 'web-identity',
      session: {
        kind: 'oidc',
        name: 'acme',
        issuer: 'https://acme.eu.auth0.com/',
        clientId: 'abc123',
        scopes: 'openid profile email offline_access',
        flow: 'auto',
        redirectPorts: [0],
        redirectHost: '127.0.0.1',
        token: 'id_token',
        extraParameters: {},
        signInCommand: 'sso-cred login --session acme',
      },
      roleArn,
      policyArns: [],
      sts: { region: 'us-east-1', fips: false, dualStack: false },
    });
  });

  test('may say everything', () => {
    const more = [
      'region = eu-west-1',
      'sso_cred_duration_seconds = 43200',
      'sso_cred_role_session_name = {email}',
      'sso_cred_policy_arns = arn:aws:iam::aws:policy/ReadOnlyAccess, arn:aws:iam::111122223333:policy/B',
    ];
    const ofSession = [
      'audience = https://api.example.com',
      'scopes = openid, email',
      'flow = device',
      'redirect_ports = 8400, 8401 8402',
      'redirect_host = localhost',
      'client_secret = GOCSPX-abc',
      'token = access_token',
      'organization = org_1',
      'connection = corp',
      'login_hint = jane@example.com',
      'prompt = login',
    ];
    expect(resolved([...profile, ...more, ...session, ...ofSession])).toMatchObject({
      session: {
        audience: 'https://api.example.com',
        scopes: 'openid email',
        flow: 'device',
        redirectPorts: [8400, 8401, 8402],
        redirectHost: 'localhost',
        clientSecret: 'GOCSPX-abc',
        token: 'access_token',
        extraParameters: {
          organization: 'org_1',
          connection: 'corp',
          login_hint: 'jane@example.com',
          prompt: 'login',
        },
      },
      roleSessionNameTemplate: '{email}',
      durationSeconds: 43_200,
      policyArns: ['arn:aws:iam::aws:policy/ReadOnlyAccess', 'arn:aws:iam::111122223333:policy/B'],
      sts: { region: 'eu-west-1' },
    });
  });

  test('tells where each setting came from, and never shows the client secret', () => {
    const config = [...profile, ...session, 'client_secret = GOCSPX-abc'];
    const { settings } = resolveProfile({ profile: 'web' }, configSources(config));
    expect(
      settings.map(({ name, value, origin }) => [
        name,
        value,
        origin.kind === 'file' && origin.line,
      ]),
    ).toEqual([
      ['sso_cred_oidc_session', 'acme', 2],
      ['issuer', 'https://acme.eu.auth0.com/', 5],
      ['client_id', 'abc123', 6],
      ['client_secret', '(hidden)', 7],
      ['sso_cred_role_arn', roleArn, 3],
    ]);
  });

  test('names the sign-in so that a shell understands it', () => {
    const { signInCommand } = resolved([], { ...flags, clientId: "jane's app" }).session;
    expect(signInCommand).toMatch(/ --client-id 'jane'\\''s app'$/);
  });
});

describe('an issuer', () => {
  test.each([
    'https://acme.eu.auth0.com/',
    'https://acme.okta.com',
    'https://acme.okta.com/oauth2/default',
    'https://login.microsoftonline.com/5f7c8ec7-c33c-6c00-4bba-fe82d5f7c8ec/v2.0',
    'https://acme.example:8443/realms/x',
    'http://127.0.0.1:4711',
    'http://localhost:4711/realms/x',
    'http://[::1]:4711/',
  ])('%s is kept to the letter', (issuer) => {
    expect(sessionWith(`issuer = ${issuer}`).issuer).toBe(issuer);
  });

  test.each([
    'acme.eu.auth0.com',
    'http://acme.eu.auth0.com/',
    'http://127.0.0.1.example.com/',
    'ftp://acme.example/',
    'https://',
    'https://acme.example/?tenant=1',
    'https://acme.example/#a',
    'https://jane:secret@acme.example/',
  ])('%s is none', (issuer) => {
    expect(failure(() => sessionWith(`issuer = ${issuer}`))).toMatchObject({
      code: 'InvalidConfig',
      message: 'issuer at ~/.aws/config:7 is not an https URL without query',
    });
  });

  test('may be a domain of Auth0, with its slash', () => {
    const config = [
      ...profile,
      '[oidc-session acme]',
      'auth0_domain = acme.eu.auth0.com',
      'client_id = a',
    ];
    expect(resolved(config).session.issuer).toBe('https://acme.eu.auth0.com/');
  });

  test.each([
    'https://acme.eu.auth0.com',
    'acme.eu.auth0.com/',
    'acme',
    'acme..com',
    'a b.com',
    '-',
  ])('%s is no domain', (domain) => {
    const config = [...profile, '[oidc-session acme]', `auth0_domain = ${domain}`, 'client_id = a'];
    expect(failure(() => resolved(config))).toMatchObject({
      code: 'InvalidConfig',
      message: 'auth0_domain at ~/.aws/config:5 is not a domain such as acme.eu.auth0.com',
    });
  });

  test('and a domain exclude each other', () => {
    expect(failure(() => sessionWith('auth0_domain = acme.eu.auth0.com'))).toMatchObject({
      code: 'InvalidConfig',
      message:
        '[oidc-session acme] (~/.aws/config:4) has both issuer and auth0_domain: one of them says it all',
    });
  });
});

describe('refused with file and line is', () => {
  test.each<[string, string, readonly string[]]>([
    [
      'a profile without a role',
      'Profile "web" (~/.aws/config:1) has no sso_cred_role_arn',
      [...profile.slice(0, 2), ...session],
    ],
    [
      'a profile with a role alone',
      'Profile "web" (~/.aws/config:1) has no sso_cred_oidc_session',
      ['[profile web]', profile[2] ?? '', ...session],
    ],
    [
      'a session that is not there',
      'sso_cred_oidc_session at ~/.aws/config:2 names [oidc-session acme], which is not there (did you mean "acmee"?)',
      [...profile, '[oidc-session acmee]'],
    ],
    [
      'a session without an issuer',
      '[oidc-session acme] (~/.aws/config:4) has no issuer',
      [...profile, '[oidc-session acme]', 'client_id = a'],
    ],
    [
      'a session without a client id',
      '[oidc-session acme] (~/.aws/config:4) has no client_id',
      [...profile, ...session.slice(0, 2)],
    ],
    [
      'a profile of both kinds',
      'Profile "web" (~/.aws/config:1) has both sso_session (~/.aws/config:4) and sso_cred_oidc_session (~/.aws/config:2): it can be of one kind only',
      [...profile, 'sso_session = corp', ...session],
    ],
  ])('%s', (_what, message, config) => {
    expect(failure(() => resolved(config))).toMatchObject({ code: 'InvalidConfig', message });
  });

  const list = Array.from({ length: 11 }, (_, n) => `arn:aws:iam::aws:policy/P${n}`);

  test.each([
    ['sso_cred_role_arn', 'WebDeveloper', 'the ARN of a role'],
    ['sso_cred_role_arn', 'arn:aws:iam::11112222333:role/X', 'the ARN of a role'],
    ['sso_cred_role_arn', 'arn:aws:iam::111122223333:user/X', 'the ARN of a role'],
    ['sso_cred_role_arn', 'arn:aws:iam::111122223333:role/', 'the ARN of a role'],
    ['sso_cred_role_arn', 'arn:aws:sts::111122223333:assumed-role/X/y', 'the ARN of a role'],
    ['sso_cred_role_arn', 'arn:gcp:iam::111122223333:role/X', 'the ARN of a role'],
    ['sso_cred_role_arn', 'arn:aws:iam::111122223333:role/a b', 'the ARN of a role'],
    ['sso_cred_duration_seconds', '899', 'a number of seconds from 900 to 43200'],
    ['sso_cred_duration_seconds', '43201', 'a number of seconds from 900 to 43200'],
    ['sso_cred_duration_seconds', '1h', 'a number of seconds from 900 to 43200'],
    ['sso_cred_duration_seconds', '3600.5', 'a number of seconds from 900 to 43200'],
    ['sso_cred_duration_seconds', '-3600', 'a number of seconds from 900 to 43200'],
    ['sso_cred_policy_arns', 'ReadOnlyAccess', 'a list of at most 10 ARNs of policies'],
    ['sso_cred_policy_arns', list.join(','), 'a list of at most 10 ARNs of policies'],
    ['region', 'eu-west', 'a region such as eu-west-1'],
    ['region', 'evil.example/', 'a region such as eu-west-1'],
  ])('%s = %s', (key, value, wanted) => {
    const lines = profile.filter((line) => !line.startsWith(key));
    const config = [...lines, `${key} = ${value}`, ...session];
    expect(failure(() => resolved(config))).toMatchObject({
      code: 'InvalidConfig',
      message: `${key} at ~/.aws/config:${lines.length + 1} is not ${wanted}`,
    });
  });

  test.each([
    ['scopes', 'profile email', 'enough: openid is missing, without which there is no id_token'],
    ['flow', 'password', 'one of auto, browser, device'],
    ['token', 'refresh_token', 'one of id_token, access_token'],
    ['redirect_host', '0.0.0.0', 'one of 127.0.0.1, localhost'],
    ['redirect_ports', '0', 'a list of ports such as 8400 8401'],
    ['redirect_ports', '8400-8410', 'a list of ports such as 8400 8401'],
    ['redirect_ports', '8400 65536', 'a list of ports such as 8400 8401'],
    ['redirect_ports', ',', 'a list of ports such as 8400 8401'],
  ])('%s = %s', (key, value, wanted) => {
    expect(failure(() => sessionWith(`${key} = ${value}`))).toMatchObject({
      code: 'InvalidConfig',
      message: `${key} at ~/.aws/config:7 is not ${wanted}`,
    });
  });

  test('no scope, unless the access token is what STS gets', () => {
    const lines = ['scopes = api:read', 'token = access_token'];
    expect(sessionWith(...lines)).toMatchObject({ scopes: 'api:read', token: 'access_token' });
  });
});

describe('STS is asked', () => {
  const arn = (partition: string) =>
    `arn:${partition}:iam::111122223333:role/path/to/Web+=,.@-Role`;
  const stsOf = (partition: string, region?: string) =>
    resolved([
      '[profile web]',
      'sso_cred_oidc_session = acme',
      `sso_cred_role_arn = ${arn(partition)}`,
      ...(region === undefined ? [] : [`region = ${region}`]),
      ...session,
    ]).sts.region;

  test.each([
    ['aws', 'eu-west-1', 'us-east-1'],
    ['aws-cn', 'cn-northwest-1', 'cn-north-1'],
    ['aws-us-gov', 'us-gov-east-1', 'us-gov-west-1'],
    ['aws-eusc', 'eusc-de-east-1', 'eusc-de-east-1'],
    ['aws-iso', 'us-iso-west-1', 'us-iso-east-1'],
    ['aws-iso-b', 'us-isob-west-1', 'us-isob-east-1'],
    ['aws-iso-e', 'eu-isoe-west-1', 'eu-isoe-west-1'],
    ['aws-iso-f', 'us-isof-east-1', 'us-isof-south-1'],
  ])(
    'for a role in %s in the region of the profile, else in one of that partition',
    (partition, own, other) => {
      expect(stsOf(partition, own)).toBe(own);
      expect(stsOf(partition)).toBe(other);
      const foreign = partition === 'aws' ? 'cn-north-1' : 'eu-west-1';
      expect(stsOf(partition, foreign)).toBe(other);
    },
  );

  test('where the endpoints say', () => {
    const config = [
      ...profile,
      'region = eu-west-1',
      'services = local',
      ...session,
      '[services local]',
      'sts =',
      '  endpoint_url = http://127.0.0.1:4566',
    ];
    expect(resolved(config).sts).toMatchObject({ url: 'http://127.0.0.1:4566' });
    const env = { AWS_ENDPOINT_URL_STS: 'https://sts.example.com' };
    expect(resolved(config, { profile: 'web' }, env).sts).toMatchObject({
      url: 'https://sts.example.com',
    });
    const open = { AWS_ENDPOINT_URL: 'http://192.0.2.1' };
    expect(
      failure(() => resolved([...profile, ...session], { profile: 'web' }, open)),
    ).toMatchObject({
      code: 'InvalidConfig',
      message: expect.stringContaining('AWS_ENDPOINT_URL sets the endpoint http://192.0.2.1'),
    });
    const fips = { AWS_USE_FIPS_ENDPOINT: 'true' };
    expect(resolved([...profile, ...session], { profile: 'web' }, fips).sts).toMatchObject({
      fips: true,
    });
  });
});

describe('flags', () => {
  test('take the place of a profile', () => {
    expect(
      resolved(
        [],
        {
          ...flags,
          audience: 'https://api.example.com',
          scopes: 'openid email',
          roleSessionName: 'build',
          durationSeconds: '900',
        },
        { AWS_REGION: 'eu-west-1' },
      ),
    ).toMatchObject({
      session: {
        issuer: 'https://acme.example',
        clientId: 'abc',
        audience: 'https://api.example.com',
        scopes: 'openid email',
        signInCommand:
          "sso-cred login --issuer https://acme.example --client-id abc --audience https://api.example.com --scopes 'openid email'",
      },
      roleSessionNameTemplate: 'build',
      durationSeconds: 900,
      sts: { region: 'eu-west-1' },
    });
    expect(resolved([], flags).session).not.toHaveProperty('name');
    expect(resolved([], flags).sts.region).toBe('us-east-1');
  });

  test('take a domain of Auth0 in place of an issuer', () => {
    const { issuer: _none, ...rest } = flags;
    expect(resolved([], { ...rest, auth0Domain: 'acme.eu.auth0.com' }).session).toMatchObject({
      issuer: 'https://acme.eu.auth0.com/',
      signInCommand: 'sso-cred login --auth0-domain acme.eu.auth0.com --client-id abc',
    });
  });

  test.each<[string, ProfileRequest, Environment]>([
    ['--issuer or --auth0-domain is required without --profile', { clientId: 'a', roleArn }, {}],
    ['--client-id is required without --profile', { issuer: flags.issuer, roleArn }, {}],
    ['--role-arn is required without --profile', { issuer: flags.issuer, clientId: 'a' }, {}],
    ['--role-arn is not the ARN of a role', { ...flags, roleArn: 'X' }, {}],
    ['--issuer is not an https URL without query', { ...flags, issuer: 'http://a.example' }, {}],
    [
      '--duration-seconds is not a number of seconds from 900 to 43200',
      { ...flags, durationSeconds: '60' },
      {},
    ],
    [
      '--scopes is not enough: openid is missing, without which there is no id_token',
      { ...flags, scopes: 'email' },
      {},
    ],
    [
      'The command line has both --issuer and --auth0-domain: one of them says it all',
      { ...flags, auth0Domain: 'acme.eu.auth0.com' },
      {},
    ],
    ['--start-url and --issuer exclude each other', { ...flags, startUrl: 'https://x' }, {}],
    ['--profile and --issuer exclude each other', { ...flags, profile: 'web' }, {}],
    ['AWS_REGION is not a region such as eu-west-1', flags, { AWS_REGION: 'nowhere' }],
  ])('%s', (message, request, env) => {
    expect(failure(() => resolved([], request, env))).toMatchObject({
      code: 'InvalidUsage',
      message,
    });
  });
});

describe('a session is found', () => {
  const config = [...profile, ...session];
  const found = (
    request: SessionRequest,
    env: Environment = {},
    lines: readonly string[] = config,
  ) => resolveSession(request, configSources(lines, env)).session;

  test.each<[string, SessionRequest, Environment]>([
    ['by its name', { session: 'acme' }, {}],
    ['by its profile', { profile: 'web' }, {}],
    ['by AWS_PROFILE', {}, { AWS_PROFILE: 'web' }],
    ['by AWS_DEFAULT_PROFILE', {}, { AWS_DEFAULT_PROFILE: 'web' }],
  ])('%s', (_how, request, env) => {
    expect(found(request, env)).toMatchObject({ kind: 'oidc', name: 'acme' });
  });

  test('by flags, which need no role', () => {
    const { roleArn: _none, ...rest } = flags;
    expect(found(rest)).toMatchObject({ kind: 'oidc', issuer: flags.issuer });
  });

  test('but a name means one of a kind only', () => {
    const both = [
      ...config,
      '[sso-session acme]',
      'sso_start_url = https://x',
      'sso_region = eu-west-1',
    ];
    expect(failure(() => found({ session: 'acme' }, {}, both))).toMatchObject({
      code: 'InvalidConfig',
      message:
        '~/.aws/config has both [sso-session acme] and [oidc-session acme]: a name means one of them only',
    });
    // A profile says which kind it means.
    expect(found({ profile: 'web' }, {}, both)).toMatchObject({ kind: 'oidc' });
  });

  test('or the nearest name is told', () => {
    expect(failure(() => found({ session: 'acne' }))).toMatchObject({
      code: 'SessionNotFound',
      message: 'There is no session "acne" in ~/.aws/config (did you mean "acme"?)',
    });
  });
});
