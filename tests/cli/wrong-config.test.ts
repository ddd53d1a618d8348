import { mkdirSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { describe, expect, test } from '@jest/globals';
import { builds } from '../support/builds.ts';
import { cliSandboxes } from '../support/cli-sandbox.ts';
import { expectFailure, expectRecordedFailure } from '../support/outcome.ts';

interface WrongConfig {
  readonly name: string;
  readonly config: readonly string[];
  readonly variables?: Readonly<Record<string, string>>;
  readonly message: RegExp;
}

/** Profile dev from line 1 to 4 and the session corp from line 6 to 8, with lines replaced or added. */
function configWith(changes: Readonly<Record<number, string>>): readonly string[] {
  const lines = [
    '[profile dev]',
    'sso_cred_session = corp',
    'sso_cred_account_id = 111122223333',
    'sso_cred_role_name = Developer',
    '',
    '[sso-session corp]',
    'sso_start_url = https://corp.awsapps.com/start',
    'sso_region = eu-west-1',
    '',
  ];
  for (const [number, line] of Object.entries(changes)) lines[Number(number) - 1] = line;
  return lines;
}

const wrongConfigs: readonly WrongConfig[] = [
  {
    name: 'an account of 11 digits',
    config: configWith({ 3: 'sso_cred_account_id = 11112222333' }),
    message: /^sso_cred_account_id at ~\/\.aws\/config:3 is not 12 digits\.$/,
  },
  {
    name: 'a native account that is no number',
    config: configWith({ 3: 'sso_account_id = production' }),
    message: /^sso_account_id at ~\/\.aws\/config:3 is not 12 digits\.$/,
  },
  {
    name: 'no account',
    config: configWith({ 3: '' }),
    message: /^Profile "dev" \(~\/\.aws\/config:1\) has no sso_cred_account_id\b/,
  },
  {
    name: 'no role',
    config: configWith({ 4: 'sso_cred_role_name =' }),
    message: /^Profile "dev" \(~\/\.aws\/config:1\) has no sso_cred_role_name\b/,
  },
  {
    name: 'a role that no role can be called',
    config: configWith({ 4: 'sso_cred_role_name = a/b' }),
    message: /^sso_cred_role_name at ~\/\.aws\/config:4 is not the name of a role\b/,
  },
  {
    name: 'a start URL without TLS',
    config: configWith({ 7: 'sso_start_url = http://corp.awsapps.com/start' }),
    message: /^sso_start_url at ~\/\.aws\/config:7 is not an https URL\b/,
  },
  {
    name: 'a start URL that is no URL',
    config: configWith({ 7: 'sso_start_url = corp.awsapps.com/start' }),
    message: /^sso_start_url at ~\/\.aws\/config:7 is not an https URL\b/,
  },
  {
    name: 'a session without a start URL',
    config: configWith({ 7: '' }),
    message: /^\[sso-session corp\] \(~\/\.aws\/config:6\) has no sso_start_url\b/,
  },
  {
    name: 'a session without a region',
    config: configWith({ 8: '' }),
    message: /^\[sso-session corp\] \(~\/\.aws\/config:6\) has no sso_region\b/,
  },
  {
    name: 'a region that would lead to another host',
    config: configWith({ 8: 'sso_region = eu-west-1.example.com' }),
    message: /^sso_region at ~\/\.aws\/config:8 is not a region\b/,
  },
  {
    name: 'a session that is not there',
    config: configWith({ 2: 'sso_cred_session = crop' }),
    message:
      /^sso_cred_session at ~\/\.aws\/config:2 names \[sso-session crop\], which is not there \(did you mean "corp"\?\)\.$/,
  },
  {
    name: 'neither session nor start URL',
    config: configWith({ 2: '' }),
    message: /^Profile "dev" \(~\/\.aws\/config:1\) has no sso_cred_session\b/,
  },
  {
    name: 'a region that contradicts the session',
    config: configWith({ 5: 'sso_region = us-east-1' }),
    message: /^sso_region at ~\/\.aws\/config:5 contradicts sso_region at ~\/\.aws\/config:8\.$/,
  },
  {
    name: 'a start URL that contradicts the session',
    config: configWith({ 5: 'sso_cred_start_url = https://other.awsapps.com/start' }),
    message:
      /^sso_cred_start_url at ~\/\.aws\/config:5 contradicts sso_start_url at ~\/\.aws\/config:7\.$/,
  },
  {
    name: 'keys of both kinds of session',
    config: configWith({ 5: 'sso_cred_oidc_session = acme' }),
    message:
      /^Profile "dev" \(~\/\.aws\/config:1\) has both sso_cred_session \(~\/\.aws\/config:2\) and sso_cred_oidc_session \(~\/\.aws\/config:5\)/,
  },
  {
    name: 'an endpoint on another host without TLS',
    config: configWith({ 5: 'endpoint_url = http://localstack:4566' }),
    message: /^~\/\.aws\/config:5 sets the endpoint http:\/\/localstack:4566\b.*plain http/,
  },
  {
    name: 'the same from the environment',
    config: configWith({}),
    variables: { AWS_ENDPOINT_URL: 'http://localstack:4566' },
    message: /^AWS_ENDPOINT_URL sets the endpoint http:\/\/localstack:4566\b.*plain http/,
  },
  {
    name: 'the same from a services section',
    config: [
      ...configWith({ 5: 'services = local' }),
      '[services local]',
      'sso_oidc =',
      '  endpoint_url = http://user:secret@10.0.0.1:4566/?key=secret',
    ],
    message: /^~\/\.aws\/config:12 sets the endpoint http:\/\/10\.0\.0\.1:4566\b(?!.*secret)/,
  },
  {
    name: 'services without their section',
    config: configWith({ 5: 'services = local' }),
    message: /^services at ~\/\.aws\/config:5 names \[services local\], which is not there\b/,
  },
  {
    name: 'an endpoint that is no URL',
    config: configWith({ 5: 'endpoint_url = localhost' }),
    message: /^~\/\.aws\/config:5 sets an endpoint that is no http or https URL\b/,
  },
  {
    name: 'an endpoint of another scheme',
    config: configWith({}),
    variables: { AWS_ENDPOINT_URL_SSO: 'ftp://127.0.0.1/' },
    message: /^AWS_ENDPOINT_URL_SSO sets an endpoint that is no http or https URL\b/,
  },
  {
    name: 'FIPS with an endpoint',
    config: [...configWith({ 5: 'use_fips_endpoint = true' })],
    variables: { AWS_ENDPOINT_URL_SSO: 'https://127.0.0.1/' },
    message: /^AWS_ENDPOINT_URL_SSO sets an endpoint, and a FIPS endpoint is asked for too\b/,
  },
  {
    name: 'dual-stack with an endpoint',
    config: configWith({ 5: 'endpoint_url = https://127.0.0.1/' }),
    variables: { AWS_USE_DUALSTACK_ENDPOINT: 'true' },
    message: /^~\/\.aws\/config:5 sets an endpoint, and a dual-stack endpoint is asked for too\b/,
  },
  {
    name: 'FIPS that is neither true nor false',
    config: configWith({ 5: 'use_fips_endpoint = yes' }),
    message: /^use_fips_endpoint at ~\/\.aws\/config:5 must be true or false\b/,
  },
  {
    name: 'a line that is no setting',
    config: configWith({ 5: 'AKIAIOSFODNN7EXAMPLE' }),
    message: /^~\/\.aws\/config:5 is not of the form "key = value"\.$/,
  },
  {
    name: 'a header that does not end',
    config: configWith({ 6: '[sso-session corp' }),
    message: /^~\/\.aws\/config:6 begins with "\[" and does not end with "\]"\.$/,
  },
  {
    name: 'a setting before the first section',
    config: ['region = eu-west-1', ...configWith({})],
    message: /^~\/\.aws\/config:1 stands before the first \[section\]\.$/,
  },
  {
    name: 'an indented line below a header',
    config: configWith({ 7: '  sso_start_url = https://corp.awsapps.com/start' }),
    message: /^~\/\.aws\/config:7 is indented, and no key stands above it\.$/,
  },
];

describe.each(builds())('$name', (build) => {
  const open = cliSandboxes(build);

  test.each(wrongConfigs)(
    'a wrong config is status 2, with file, line and key: $name',
    async ({ config, variables, message }) => {
      const sandbox = await open({ token: false });
      writeFileSync(sandbox.configFile, config.join('\n'));
      const finished = await sandbox.run(undefined, variables);
      expectRecordedFailure(sandbox, finished, [2, 'InvalidConfig', message]);
      expect(sandbox.newCalls()).toEqual({});
    },
  );

  test('a config that cannot be read is status 2 and names it', async () => {
    const sandbox = await open({ token: false });
    rmSync(sandbox.configFile);
    mkdirSync(sandbox.configFile);
    expectRecordedFailure(sandbox, await sandbox.run(), [
      2,
      'InvalidConfig',
      /^~\/\.aws\/config cannot be read: it is a directory \(EISDIR\)\.$/,
    ]);
    rmSync(sandbox.configFile, { recursive: true });
    symlinkSync(sandbox.configFile, sandbox.configFile);
    expectRecordedFailure(sandbox, await sandbox.run(), [
      2,
      'InvalidConfig',
      /^~\/\.aws\/config cannot be read: its symbolic links lead in a circle \(ELOOP\)\.$/,
    ]);
  });

  test('a home that is no directory is status 2: no profile can be there', async () => {
    const sandbox = await open({ token: false });
    const finished = await sandbox.run(undefined, { HOME: '/dev/null' });
    expectFailure(finished, 2, /^There is no profile "dev" in ~\/\.aws\/config\.$/);
  });
});
