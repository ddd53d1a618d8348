import { expect, test } from '@jest/globals';
import type { SectionType } from '../../src/config/config-section.ts';
import { knownKeys } from '../../src/config/known-keys.ts';
import { resolveProfile } from '../../src/config/resolve-profile.ts';
import { resolveSettings } from '../../src/config/resolve-settings.ts';
import { configSources } from '../support/config-sources.ts';
import { markdownTables, readPage } from '../support/markdown.ts';
import { recordKeys } from '../support/recorded-keys.ts';

/** A profile of each kind, with nothing in it that is not required. */
const config = `[profile dev]
sso_cred_session = corp
sso_cred_account_id = 111122223333
sso_cred_role_name = Developer

[sso-session corp]
sso_start_url = https://corp.awsapps.com/start
sso_region = eu-west-1

[profile legacy]
sso_start_url = https://corp.awsapps.com/start
sso_region = eu-west-1
sso_account_id = 111122223333
sso_role_name = Developer

[profile web]
sso_cred_oidc_session = acme
sso_cred_role_arn = arn:aws:iam::111122223333:role/WebDeveloper

[oidc-session acme]
issuer = https://acme.eu.auth0.com/
client_id = abc123

[sso-cred settings]`;

/** Keys of AWS's own that are read in a profile and are about other things than signing in. */
const keysOfAws = [
  'region',
  'ca_bundle',
  'services',
  'endpoint_url',
  'ignore_configured_endpoint_urls',
  'use_fips_endpoint',
  'use_dualstack_endpoint',
];

/** Without a meaning in a profile. */
const scopes = 'sso_registration_scopes';

const { sources, asked } = recordKeys(configSources(config.split('\n')));
for (const profile of ['dev', 'legacy', 'web']) resolveProfile({ profile }, sources);
resolveSettings(sources.config.settings(), undefined);

const types = Object.keys(knownKeys) as readonly (keyof typeof knownKeys)[];

test.each(types)('doctor knows each key that is read of a section %s', (type) => {
  const known: readonly string[] =
    type === 'profile' ? [...knownKeys[type], ...keysOfAws] : knownKeys[type];
  expect([...(asked.get(type) ?? [])].filter((key) => !known.includes(key))).toEqual([]);
});

test.each(types)('each key that is known of a section %s is read', (type) => {
  // The mark of a profile that configure populate wrote says nothing of credentials; and some tools
  // write the scopes of a session into profiles too.
  const read = new Set([...(asked.get(type) ?? []), 'sso_cred_populated_by', scopes]);
  expect(knownKeys[type].filter((key) => !read.has(key))).toEqual([]);
});

test.each(types)(
  'docs/configuration.md has a row for each key of a section %s, and no other',
  (type) => {
    const expected = [
      ...knownKeys[type].filter((key) => type !== 'profile' || key !== scopes),
      ...(type === 'profile' ? ['credential_process', ...keysOfAws] : []),
    ];
    expect([...new Set(documentedKeys(type))].sort()).toEqual(expected.sort());
  },
);

/** The keys in the tables that stand below "Keys of `[TYPE …]`". */
function documentedKeys(type: SectionType): readonly string[] {
  return markdownTables(readPage('docs/configuration.md'))
    .filter(({ above }) => above.startsWith(`Keys of \`[${type} `))
    .flatMap(({ rows }) => rows)
    .flatMap(([keys = '']) => [...keys.matchAll(/`([^`]+)`/g)].flatMap(([, key]) => key ?? []));
}
