import { resolve } from 'node:path';
import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { locate } from '../../src/config/locate.ts';
import { usualPaths } from '../../src/model/usual-paths.ts';
import { fakeWorld } from '../support/fake-world.ts';

const path = fc.constantFrom(
  '',
  '/',
  '/home/me',
  '/home/me/',
  '/h//me',
  'relative',
  '~',
  '~/x',
  '.',
);
const environment = fc.record(
  {
    HOME: path,
    AWS_CONFIG_FILE: path,
    AWS_SHARED_CREDENTIALS_FILE: path,
    SSO_CRED_CACHE_DIR: path,
    AWS_PROFILE: fc.constant('other'),
    AWS_REGION: fc.constant('eu-west-1'),
  },
  { requiredKeys: [] },
);

test('where the short way looks, the long way looks too', () => {
  fc.assert(
    fc.property(environment, (env) => {
      const usual = usualPaths(env, 'linux');
      if (usual === undefined) return;
      const located = locate({}, { ...fakeWorld(env), platform: 'linux' });
      expect(resolve(usual.configFile)).toBe(resolve(located.configFile ?? ''));
      expect(resolve(usual.credentialsFile)).toBe(resolve(located.credentialsFile ?? ''));
      expect(resolve(usual.cacheDirectory)).toBe(located.cacheDirectory);
    }),
    { numRuns: 500 },
  );
});

test('on Windows the profile of the user is the home where HOME is not set', () => {
  const USERPROFILE = 'C:\\Users\\me';
  expect(usualPaths({ USERPROFILE }, 'win32')).toEqual({
    configFile: 'C:\\Users\\me/.aws/config',
    credentialsFile: 'C:\\Users\\me/.aws/credentials',
    cacheDirectory: 'C:\\Users\\me/.aws/sso-cred',
  });
  expect(usualPaths({ USERPROFILE }, 'linux')).toBeUndefined();
});

test.each([
  ['C:\\aws', true],
  ['z:/aws', true],
  ['/aws', true],
  ['C:aws', false],
  ['1:\\aws', false],
  ['CC:\\aws', false],
  [':\\aws', false],
  ['\\aws', false],
  ['aws', false],
])('a cache at %s is looked at right away: %s', (path, isUsual) => {
  const paths = usualPaths({ HOME: '/home/me', SSO_CRED_CACHE_DIR: path }, 'win32');
  expect(paths !== undefined).toBe(isUsual);
});
