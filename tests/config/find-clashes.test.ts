import { describe, expect, test } from '@jest/globals';
import { findClashes } from '../../src/config/find-clashes.ts';
import { loadConfig } from '../../src/config/load-config.ts';
import { type ClashId, clashBehaviours } from '../../src/model/clash-behaviour.ts';
import { clashCases, writeClashHome } from '../support/clash-cases.ts';
import { configSources } from '../support/config-sources.ts';
import { freshDirectory } from '../support/fresh-directory.ts';

const ids = Object.keys(clashBehaviours) as readonly ClashId[];

/** The clashes of [profile dev] with these lines. */
function clashesOf(...lines: readonly string[]) {
  const { config } = configSources(['[profile dev]', ...lines]);
  const profile = config.profile('dev');
  return profile === undefined ? [] : findClashes(profile, undefined);
}

describe.each(ids)('%s', (id) => {
  test('is found, and where it stands', () => {
    const home = freshDirectory();
    const files = writeClashHome(home, id);
    const profile = loadConfig({ ...files, home }).profile('dev');
    const clashes = profile === undefined ? [] : findClashes(profile, files.credentialsFile);
    expect(clashes.map((clash) => clash.id)).toEqual([id]);
    const isSecret = clashCases[id].credentials !== undefined;
    expect(clashes[0]?.keys[0].origin).toMatchObject({
      path: isSecret ? files.credentialsFile : files.configFile,
      line: isSecret ? 2 : 3,
    });
  });
});

test('a profile in our own words has none', () => {
  const ours = ['sso_cred_session = corp', 'sso_cred_account_id = 1', 'granted_sso_region = x'];
  expect(clashesOf('credential_process = sso-cred --profile dev', 'region = x', ...ours)).toEqual(
    [],
  );
});

test('a profile without a credential_process has none', () => {
  expect(clashesOf('sso_session = corp', 'role_arn = x', 'aws_access_key_id = y')).toEqual([]);
});

test('all clashes of a profile are found', () => {
  const found = clashesOf(
    'credential_process = sso-cred --profile dev',
    'aws_access_key_id = AKIA',
    'role_arn = x',
    'credential_source = Environment',
    'sso_session = corp',
    'login_session = x',
    'services = x',
  );
  expect(found.map(({ id }) => id)).toEqual([
    'static-keys-in-config',
    'source-profile',
    'sso-session-only',
    'login-session',
    'endpoint',
  ]);
});

test('a key without a value clashes with nothing', () => {
  expect(clashesOf('credential_process = sso-cred --profile dev', 'role_arn =')).toEqual([]);
});
