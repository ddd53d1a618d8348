import { describe, expect, test } from '@jest/globals';
import { type ProfileRequest, resolveProfile } from '../../src/config/resolve-profile.ts';
import type { Environment } from '../../src/world.ts';
import { configSources } from '../support/config-sources.ts';

const startUrl = 'https://corp.awsapps.com/start';
const session = ['[sso-session corp]', `sso_start_url = ${startUrl}`, 'sso_region = eu-west-1'];
const role = ['sso_cred_account_id = 111122223333', 'sso_cred_role_name = Developer'];
const legacy = [`sso_cred_start_url = ${startUrl}`, 'sso_cred_region = eu-west-1'];

function resolved(
  config: readonly string[],
  request: ProfileRequest = { profile: 'dev' },
  env = {},
) {
  const { profile, settings } = resolveProfile(request, configSources(config, env));
  if (profile.kind !== 'sso') throw new Error(`it is of kind ${profile.kind}`);
  return { profile, settings };
}

function failure(
  config: readonly string[],
  request: ProfileRequest = { profile: 'dev' },
  env = {},
) {
  try {
    resolved(config, request, env);
  } catch (error) {
    return error;
  }
  throw new Error('it was resolved');
}

describe('a profile', () => {
  const expected = {
    kind: 'sso',
    session: { startUrl, region: 'eu-west-1' },
    accountId: '111122223333',
    roleName: 'Developer',
  };

  test.each<[string, readonly string[]]>([
    [
      'in our words, with a session',
      ['[profile dev]', 'sso_cred_session = corp', ...role, ...session],
    ],
    [
      'in native words, with a session',
      [
        '[profile dev]',
        'sso_session = corp',
        'sso_account_id = 111122223333',
        'sso_role_name = Developer',
        ...session,
      ],
    ],
    [
      'in native words, without a session',
      [
        '[profile dev]',
        `sso_start_url = ${startUrl}`,
        'sso_region = eu-west-1',
        'sso_account_id = 111122223333',
        'sso_role_name = Developer',
      ],
    ],
    [
      "in granted's words",
      [
        '[profile dev]',
        `granted_sso_start_url = ${startUrl}`,
        'granted_sso_region = eu-west-1',
        'granted_sso_account_id = 111122223333',
        'granted_sso_role_name = Developer',
      ],
    ],
    ['in our words, without a session', ['[profile dev]', ...legacy, ...role]],
    [
      'in mixed words',
      [
        '[profile dev]',
        'sso_session = corp',
        'sso_account_id = 111122223333',
        role[1] ?? '',
        ...session,
      ],
    ],
  ])('%s', (_form, config) => {
    expect(resolved(config).profile).toMatchObject(expected);
  });

  test('is read from the section default when it is called so', () => {
    const config = ['[default]', 'sso_cred_session = corp', ...role, ...session];
    expect(resolved(config, { profile: 'default' }).profile).toMatchObject(expected);
  });

  test('names its session, or has none', () => {
    const withSession = ['[profile dev]', 'sso_cred_session = corp', ...role, ...session];
    expect(resolved(withSession).profile.session).toMatchObject({ name: 'corp' });
    expect(resolved(['[profile dev]', ...legacy, ...role]).profile.session).not.toHaveProperty(
      'name',
    );
  });

  test('tells where each setting came from', () => {
    const { settings } = resolved([
      '[profile dev]',
      'sso_cred_session = corp',
      ...role,
      ...session,
    ]);
    const places = settings.map(({ name, origin }) => [
      name,
      origin.kind === 'file' ? origin.line : origin.kind,
    ]);
    expect(places).toEqual([
      ['sso_cred_session', 2],
      ['sso_start_url', 6],
      ['sso_region', 7],
      ['sso_cred_account_id', 3],
      ['sso_cred_role_name', 4],
    ]);
  });
});

describe('of keys that mean the same', () => {
  const names = (key: string) => [`granted_sso_${key}`, `sso_${key}`, `sso_cred_${key}`];

  test.each([
    ['account_id', ['333333333333', '222222222222', '111111111111'], 'accountId'],
    ['role_name', ['Third', 'Second', 'First'], 'roleName'],
  ] as const)('%s: ours wins over the native one, that over granted’s', (key, values, property) => {
    const other = role.filter((line) => !line.includes(key));
    const lines = names(key).map((name, at) => `${name} = ${values[at]}`);
    for (const count of [1, 2, 3]) {
      const config = ['[profile dev]', ...legacy, ...other, ...lines.slice(0, count)];
      expect(resolved(config).profile[property]).toBe(values[count - 1]);
    }
  });

  test.each([
    ['start_url', ['https://3', 'https://2', 'https://1'], 'startUrl'],
    ['region', ['us-east-3', 'us-east-2', 'us-east-1'], 'region'],
  ] as const)('%s: ours wins over the native one, that over granted’s', (key, values, property) => {
    const other = legacy.filter((line) => !line.includes(key));
    const lines = names(key).map((name, at) => `${name} = ${values[at]}`);
    for (const count of [1, 2, 3]) {
      const config = ['[profile dev]', ...role, ...other, ...lines.slice(0, count)];
      expect(resolved(config).profile.session[property]).toBe(values[count - 1]);
    }
  });

  test('one that is empty does not count', () => {
    const config = ['[profile dev]', ...legacy, ...role, 'sso_role_name = Native'];
    const emptied = config.map((line) => line.replace(/^(sso_cred_role_name =).*/, '$1'));
    expect(resolved(emptied).profile.roleName).toBe('Native');
  });
});

describe('a profile may repeat what its session says', () => {
  const named = ['[profile dev]', 'sso_cred_session = corp', ...role];

  test.each([
    `sso_start_url = ${startUrl}`,
    'sso_region = eu-west-1',
    `sso_cred_start_url = ${startUrl}`,
    'granted_sso_start_url = https://granted.example',
  ])('%s', (line) => {
    expect(resolved([...named, line, ...session]).profile.session).toMatchObject({ startUrl });
  });

  test.each(['sso_start_url', 'sso_cred_start_url'])('but not contradict it by %s', (key) => {
    expect(failure([...named, `${key} = https://other.example`, ...session])).toMatchObject({
      code: 'InvalidConfig',
      message: `${key} at ~/.aws/config:5 contradicts sso_start_url at ~/.aws/config:7`,
    });
  });

  test('nor by another region', () => {
    expect(failure([...named, 'sso_region = us-east-1', ...session])).toMatchObject({
      code: 'InvalidConfig',
      message: 'sso_region at ~/.aws/config:5 contradicts sso_region at ~/.aws/config:8',
    });
  });
});

describe('refused is', () => {
  const named = ['[profile dev]', 'sso_cred_session = corp'];

  test.each<[string, string, string, readonly string[]]>([
    [
      'a profile that is not there',
      'ProfileNotFound',
      'There is no profile "dev" in ~/.aws/config (did you mean "dev2"?)',
      ['[profile dev2]', '[profile prod]'],
    ],
    ['an empty config', 'ProfileNotFound', 'There is no profile "dev" in ~/.aws/config', []],
    [
      'a session that is not there',
      'InvalidConfig',
      'sso_cred_session at ~/.aws/config:2 names [sso-session corp], which is not there (did you mean "corps"?)',
      [...named, ...role, '[sso-session corps]'],
    ],
    [
      'a profile with nothing of ours',
      'InvalidConfig',
      'Profile "dev" (~/.aws/config:1) has no sso_cred_session',
      ['[profile dev]', 'region = eu-west-1'],
    ],
    [
      'a start URL without a region',
      'InvalidConfig',
      'Profile "dev" (~/.aws/config:1) has no sso_cred_region',
      ['[profile dev]', legacy[0] ?? '', ...role],
    ],
    [
      'a session without a start URL',
      'InvalidConfig',
      '[sso-session corp] (~/.aws/config:5) has no sso_start_url',
      [...named, ...role, '[sso-session corp]', 'sso_region = eu-west-1'],
    ],
    [
      'a session without a region',
      'InvalidConfig',
      '[sso-session corp] (~/.aws/config:5) has no sso_region',
      [...named, ...role, ...session.slice(0, 2)],
    ],
    [
      'no account',
      'InvalidConfig',
      'Profile "dev" (~/.aws/config:1) has no sso_cred_account_id',
      [...named, role[1] ?? '', ...session],
    ],
    [
      'no role',
      'InvalidConfig',
      'Profile "dev" (~/.aws/config:1) has no sso_cred_role_name',
      [...named, role[0] ?? '', ...session],
    ],
    [
      'a profile of both kinds',
      'InvalidConfig',
      'Profile "dev" (~/.aws/config:1) has both sso_cred_session (~/.aws/config:2) and sso_cred_role_arn (~/.aws/config:3): it can be of one kind only',
      [...named, 'sso_cred_role_arn = arn:aws:iam::111122223333:role/X', ...session],
    ],
  ])('%s', (_what, code, message, config) => {
    expect(failure(config)).toMatchObject({ code, message });
  });

  test.each([
    ['account_id', '11112222333', '12 digits'],
    ['account_id', '1111222233334', '12 digits'],
    ['account_id', '1111-2222-3333', '12 digits'],
    ['account_id', '１１１１２２２２３３３３', '12 digits'],
    ['role_name', 'a/b', 'the name of a role'],
    ['role_name', 'a b', 'the name of a role'],
    ['role_name', 'x'.repeat(65), 'the name of a role'],
    ['region', 'eu-west', 'a region such as eu-west-1'],
    ['region', 'eu-west-1.evil.example', 'a region such as eu-west-1'],
    ['region', 'evil.example/', 'a region such as eu-west-1'],
    ['region', 'EU-WEST-1', 'a region such as eu-west-1'],
    ['region', '-1', 'a region such as eu-west-1'],
    ['start_url', 'http://corp.awsapps.com/start', 'an https URL'],
    ['start_url', 'corp.awsapps.com/start', 'an https URL'],
    ['start_url', 'javascript:alert(1)', 'an https URL'],
    ['start_url', 'file:///etc/passwd', 'an https URL'],
  ])('sso_cred_%s = %s', (key, value, wanted) => {
    const lines = [...legacy, ...role].map((line) =>
      line.startsWith(`sso_cred_${key} `) ? `sso_cred_${key} = ${value}` : line,
    );
    const at = lines.findIndex((line) => line.startsWith(`sso_cred_${key} `)) + 2;
    expect(failure(['[profile dev]', ...lines])).toMatchObject({
      code: 'InvalidConfig',
      message: `sso_cred_${key} at ~/.aws/config:${at} is not ${wanted}`,
    });
  });
});

describe('taken are', () => {
  test.each([
    'us-east-1',
    'us-gov-west-1',
    'cn-north-1',
    'cn-northwest-1',
    'eusc-de-east-1',
    'us-iso-east-1',
    'us-isob-east-1',
    'eu-isoe-west-1',
    'mx-central-1',
    'ap-southeast-7',
    'il-central-1',
  ])('the region %s', (region) => {
    const config = ['[profile dev]', legacy[0] ?? '', `sso_cred_region = ${region}`, ...role];
    const { session: found } = resolved(config).profile;
    expect(found).toMatchObject({ region, endpoints: { sso: { region }, ssoOidc: { region } } });
  });

  test.each([
    'https://d-1234567890.awsapps.com/start',
    'https://corp.awsapps.com/start#/',
    'https://start.us-gov-home.awsapps.com/directory/corp',
    'https://start.home.awsapps.cn/directory/corp',
    'https://ssoins-1234567890abcdef.portal.eu-west-1.app.aws',
    'https://identitycenter.amazonaws.com/ssoins-1234567890abcdef',
    'https://sso.corp.example/',
    'http://127.0.0.1:8080/start',
    'http://localhost/start',
  ])('the start URL %s, as it is written', (url) => {
    const config = ['[profile dev]', `sso_cred_start_url = ${url}`, legacy[1] ?? '', ...role];
    expect(resolved(config).profile.session.startUrl).toBe(url);
  });

  test.each(['AWSReservedSSO_x', 'a', 'With+Plus=and,comma.dot@at-dash_', 'x'.repeat(64)])(
    'the role %s',
    (roleName) => {
      const config = [
        '[profile dev]',
        ...legacy,
        role[0] ?? '',
        `sso_cred_role_name = ${roleName}`,
      ];
      expect(resolved(config).profile.roleName).toBe(roleName);
    },
  );
});

describe('without a profile', () => {
  const flags: ProfileRequest = {
    startUrl,
    ssoRegion: 'eu-west-1',
    accountId: '111122223333',
    roleName: 'Developer',
  };

  test('the flags say everything', () => {
    const { profile, settings } = resolved([], flags);
    expect(profile).toMatchObject({
      session: { startUrl, region: 'eu-west-1' },
      accountId: '111122223333',
      roleName: 'Developer',
    });
    expect(profile.session).not.toHaveProperty('name');
    expect(settings.map(({ origin }) => origin.kind)).toEqual(['flag', 'flag', 'flag', 'flag']);
  });

  test.each<[Environment, string]>([
    [{ AWS_REGION: 'us-east-1', AWS_DEFAULT_REGION: 'us-east-2' }, 'us-east-1'],
    [{ AWS_REGION: '', AWS_DEFAULT_REGION: 'us-east-2' }, 'us-east-2'],
  ])('the region is that of the environment (%j)', (env, region) => {
    const { ssoRegion: _, ...rest } = flags;
    expect(resolved([], rest, env).profile.session.region).toBe(region);
  });

  test.each<[string, ProfileRequest]>([
    ['--profile is required', {}],
    ['--start-url is required without --profile', { ...flags, startUrl: undefined }],
    ['--account-id is required without --profile', { ...flags, accountId: undefined }],
    ['--role-name is required without --profile', { ...flags, roleName: undefined }],
    [
      '--sso-region is required: neither AWS_REGION nor AWS_DEFAULT_REGION is set',
      { ...flags, ssoRegion: undefined },
    ],
    ['--account-id is not 12 digits', { ...flags, accountId: '1' }],
    ['--sso-region is not a region such as eu-west-1', { ...flags, ssoRegion: 'x' }],
    ['--start-url is not an https URL', { ...flags, startUrl: 'ftp://x' }],
    ['--profile and --start-url exclude each other', { ...flags, profile: 'dev' }],
    ['--profile and --role-name exclude each other', { profile: 'dev', roleName: 'X' }],
  ])('%s', (message, request) => {
    expect(failure([], request)).toMatchObject({ code: 'InvalidUsage', message });
  });

  test('a region of the environment that is none is named by its variable', () => {
    const { ssoRegion: _, ...rest } = flags;
    expect(failure([], rest, { AWS_REGION: 'nowhere' })).toMatchObject({
      code: 'InvalidUsage',
      message: 'AWS_REGION is not a region such as eu-west-1',
    });
  });
});

describe('the command that signs in', () => {
  test.each([
    ['dev', 'sso-cred login --profile dev'],
    ['my.dev/x', 'sso-cred login --profile my.dev/x'],
  ])('to the session of %s is %s', (profile, command) => {
    const config = [`[profile ${profile}]`, ...legacy, ...role];
    expect(resolved(config, { profile }).profile.session.signInCommand).toBe(command);
  });

  test('quotes what a shell would read in another way', () => {
    const flags = { startUrl: "https://x/start#/'$(id)", ssoRegion: 'eu-west-1' };
    const request = { ...flags, accountId: '111122223333', roleName: 'X' };
    expect(resolved([], request).profile.session.signInCommand).toBe(
      "sso-cred login --start-url 'https://x/start#/'\\''$(id)' --sso-region eu-west-1",
    );
  });
});
