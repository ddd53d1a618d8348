import { expect, test } from '@jest/globals';
import { findUnknownKeys } from '../../src/config/find-unknown-keys.ts';
import { resolveProfile, resolveSession } from '../../src/config/resolve-profile.ts';
import { resolveSettings } from '../../src/config/resolve-settings.ts';
import { configSources } from '../support/config-sources.ts';
import { codeBlocks, pages, readPage } from '../support/markdown.ts';

const blocks = pages.flatMap((page) =>
  codeBlocks(readPage(page))
    .filter(({ language }) => language === 'ini')
    .map(({ text, line }) => [`${page}:${line}`, text] as const),
);

/** What a reader who has only these lines lacks. */
const sectionsOfOtherBlocks = `
[sso-session corp]
sso_start_url = https://corp.awsapps.com/start
sso_region = eu-west-1

[oidc-session acme]
issuer = https://acme.eu.auth0.com/
client_id = abc123
`;

test.each(blocks)('the config at %s is read without an error', (_place, text) => {
  const more = sectionsOfOtherBlocks
    .split(/\n(?=\[)/)
    .filter((section) => !text.includes(section.trim().split('\n')[0] ?? ''));
  const sources = configSources([...text.split('\n'), ...more]);
  const { config } = sources;
  for (const session of [...config.names('sso-session'), ...config.names('oidc-session')]) {
    resolveSession({ session }, sources);
  }
  for (const profile of config.names('profile')) {
    const section = config.profile(profile);
    if (section === undefined) throw new Error(`no profile ${profile}`);
    expect(findUnknownKeys(section)).toEqual([]);
    const isOurs = [...section.properties.keys()].some((key) => /^sso_|^granted_sso_/.test(key));
    if (isOurs) resolveProfile({ profile }, sources);
  }
  const settings = config.settings();
  if (settings !== undefined) expect(findUnknownKeys(settings)).toEqual([]);
  resolveSettings(settings, undefined);
});

test('config blocks are found in the pages', () => {
  expect(blocks.length).toBeGreaterThan(10);
});
