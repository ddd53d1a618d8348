import { expect, test } from '@jest/globals';
import { resolveProfile } from '../../src/config/resolve-profile.ts';
import { configSources } from '../support/config-sources.ts';
import { partitions } from '../support/partitions.ts';

/** Where STS is asked for a role of this partition by a profile with this region. */
function stsRegion(partition: string, region: string | undefined): string {
  const sources = configSources([
    '[profile web]',
    'sso_cred_oidc_session = acme',
    `sso_cred_role_arn = arn:${partition}:iam::111122223333:role/WebDeveloper`,
    ...(region === undefined ? [] : [`region = ${region}`]),
    '[oidc-session acme]',
    'issuer = https://acme.eu.auth0.com/',
    'client_id = abc123',
  ]);
  const { profile } = resolveProfile({ profile: 'web' }, sources);
  if (profile.kind !== 'web-identity') throw new Error('it is of another kind');
  return profile.sts.region;
}

test('every region that the SDK knows is one of its partition, and of no other', async () => {
  const all = await partitions();
  expect(all.map(({ id }) => id)).toEqual(
    expect.arrayContaining(['aws', 'aws-cn', 'aws-us-gov', 'aws-eusc', 'aws-iso']),
  );
  for (const { id, regions } of all) {
    const unnamed = stsRegion(id, undefined);
    expect({ id, unnamed }).toEqual({ id, unnamed: expect.stringMatching(regions.join('|')) });
    for (const region of regions) {
      expect(stsRegion(id, region)).toBe(region);
      const other = id === 'aws' ? 'aws-cn' : 'aws';
      expect({ region, used: stsRegion(other, region) }).not.toEqual({ region, used: region });
    }
  }
});
