import { chmodSync, mkdirSync, utimesSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from '@jest/globals';
import { decodeProfileIndex, profileIndexFileName } from '../../src/model/profile-index.ts';
import { fileStamp } from '../../src/store/file-stamp.ts';
import { configFingerprint, writeProfileIndex } from '../../src/store/profile-index-file.ts';
import { openStore } from '../../src/store/store.ts';
import { fakeWorld } from '../support/fake-world.ts';
import { freshDirectory } from '../support/fresh-directory.ts';

const roleFile = `${'0'.repeat(64)}.json`;
const dev = { profile: 'dev', roleFile, renewAhead: true };

/** A home whose config was written a while ago by the clock that tells the time now. */
function newHome() {
  const home = freshDirectory();
  const configFile = join(home, '.aws', 'config');
  mkdirSync(join(home, '.aws'), { mode: 0o700 });
  writeFileSync(configFile, '[profile dev]\n');
  const world = fakeWorld({ HOME: home });
  // The time of a change of permissions cannot be set: the clock is put after it instead.
  world.clock.set(Date.now() + 10_000 - world.clock.now());
  const store = openStore(join(home, '.aws', 'sso-cred'), world);
  const fingerprint = configFingerprint(world);
  if (fingerprint === undefined) throw new Error('an index can serve this call');
  const readIndex = (profile = 'dev') =>
    store.read('profiles', profileIndexFileName(profile) ?? '', decodeProfileIndex);
  return { world, store, configFile, fingerprint, readIndex };
}

test('an index says which role a profile meant, and by which config', () => {
  const { world, store, configFile, fingerprint, readIndex } = newHome();
  writeProfileIndex(store, dev, fingerprint, world);
  expect(readIndex()).toMatchObject({
    ...dev,
    configFile: { path: configFile, stamp: fileStamp(configFile) },
    credentialsFile: { path: join(configFile, '..', 'credentials'), stamp: 'absent' },
  });
});

test('an index that says the same already is not written again', () => {
  const { world, store, fingerprint } = newHome();
  writeProfileIndex(store, dev, fingerprint, world);
  const stamp = fileStamp(store.path('profiles', 'dev.json'));
  writeProfileIndex(store, dev, fingerprint, world);
  expect(fileStamp(store.path('profiles', 'dev.json'))).toBe(stamp);
  writeProfileIndex(store, { ...dev, roleFile: `${'1'.repeat(64)}.json` }, fingerprint, world);
  expect(fileStamp(store.path('profiles', 'dev.json'))).not.toBe(stamp);
});

describe('no index is written', () => {
  test('when the config changed while it was read', () => {
    const { world, store, configFile, fingerprint, readIndex } = newHome();
    writeFileSync(configFile, '[profile dev]\nregion = eu-west-1\n');
    writeProfileIndex(store, dev, fingerprint, world);
    expect(readIndex()).toBeUndefined();
  });

  test('when the credentials file appeared while the config was read', () => {
    const { world, store, configFile, fingerprint, readIndex } = newHome();
    writeFileSync(join(configFile, '..', 'credentials'), '');
    writeProfileIndex(store, dev, fingerprint, world);
    expect(readIndex()).toBeUndefined();
  });

  test('when the config is so new that it could change again unseen', () => {
    const { world, store, fingerprint, readIndex } = newHome();
    world.clock.set(-9_000);
    writeProfileIndex(store, dev, fingerprint, world);
    expect(readIndex()).toBeUndefined();
    world.clock.advance(9_000);
    writeProfileIndex(store, dev, fingerprint, world);
    expect(readIndex()).toBeDefined();
  });

  test('when the config says that it comes from the future', () => {
    const { world, store, configFile, readIndex } = newHome();
    const tomorrow = world.clock.now() / 1000 + 86_400;
    utimesSync(configFile, tomorrow, tomorrow);
    const fingerprint = configFingerprint(world);
    if (fingerprint !== undefined) writeProfileIndex(store, dev, fingerprint, world);
    expect(readIndex()).toBeUndefined();
  });

  test.each(['con', 'x'.repeat(65)])('for the profile %s', (profile) => {
    const { world, store, fingerprint } = newHome();
    writeProfileIndex(store, { ...dev, profile }, fingerprint, world);
    expect(world.traces).toEqual([]);
  });

  test('where it cannot be, and nothing fails', () => {
    const { world, store, fingerprint } = newHome();
    store.folder('profiles');
    chmodSync(store.directory, 0o777);
    writeProfileIndex(store, dev, fingerprint, world);
    expect(world.traces.join()).toContain('not indexed: Will not keep secrets in');
  });
});

test.each([
  { AWS_ENDPOINT_URL: 'http://localhost:4566' },
  { AWS_ENDPOINT_URL_SSO: 'http://localhost:4566' },
  { AWS_USE_FIPS_ENDPOINT: 'true' },
  { AWS_USE_DUALSTACK_ENDPOINT: 'false' },
  { AWS_IGNORE_CONFIGURED_ENDPOINT_URLS: 'true' },
  { AWS_CONFIG_FILE: 'relative' },
  { AWS_CONFIG_FILE: '~/config' },
  { HOME: '' },
  { HOME: 'relative' },
])('a call with %j has no index', (variables) => {
  expect(configFingerprint(fakeWorld({ HOME: '/home/me', ...variables }))).toBeUndefined();
});
