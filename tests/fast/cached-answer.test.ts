import {
  chmodSync,
  linkSync,
  mkdirSync,
  readdirSync,
  renameSync,
  symlinkSync,
  unlinkSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from '@jest/globals';
import { cachedAnswer } from '../../src/fast/cached-answer.ts';
import { encodeProfileIndex, type ProfileIndex } from '../../src/model/profile-index.ts';
import { toProcessOutput } from '../../src/model/role-credentials.ts';
import { encodeRoleRecord, type RoleRecord } from '../../src/model/role-record.ts';
import { version } from '../../src/model/version.ts';
import { fileStamp } from '../../src/store/file-stamp.ts';
import { effectiveUser } from '../../src/system/platform.ts';
import { freshDirectory } from '../support/fresh-directory.ts';

const minuteMs = 60_000;
const now = Date.UTC(2026, 0, 1);
const output = toProcessOutput({
  accessKeyId: 'ASIAEXAMPLE',
  secretAccessKey: 'secret',
  sessionToken: 'token',
  expiration: now + 60 * minuteMs,
  accountId: '111122223333',
});

interface Changes {
  readonly index?: Partial<ProfileIndex>;
  readonly record?: Partial<RoleRecord>;
}

/** A home in which the answer for `dev` lies ready. */
function readyHome({ index, record }: Changes = {}) {
  const home = freshDirectory();
  const aws = join(home, '.aws');
  const cache = join(aws, 'sso-cred');
  const paths = {
    home,
    cache,
    configFile: join(aws, 'config'),
    credentialsFile: join(aws, 'credentials'),
    tokenFile: join(aws, 'token.json'),
    indexFile: join(cache, 'profiles', 'dev.json'),
    recordFile: join(cache, 'roles', `${'a'.repeat(64)}.json`),
  };
  for (const folder of ['profiles', 'roles']) {
    mkdirSync(join(cache, folder), { recursive: true, mode: 0o700 });
  }
  writeFileSync(paths.configFile, '[profile dev]\n');
  writeFileSync(paths.tokenFile, '{}');
  const fingerprint = (path: string) => ({ path, stamp: fileStamp(path) });
  const wholeIndex: ProfileIndex = {
    profile: 'dev',
    writtenBy: version,
    configFile: fingerprint(paths.configFile),
    credentialsFile: fingerprint(paths.credentialsFile),
    roleFile: `${'a'.repeat(64)}.json`,
    renewAhead: true,
    ...index,
  };
  const wholeRecord: RoleRecord = {
    output,
    roleFile: wholeIndex.roleFile,
    expiresAt: now + 60 * minuteMs,
    obtainedAt: now,
    skewMs: 0,
    roleName: 'Developer',
    signIn: 'someone',
    tokenFile: paths.tokenFile,
    tokenStamp: fileStamp(paths.tokenFile),
    ...record,
  };
  writeFileSync(paths.indexFile, encodeProfileIndex(wholeIndex), { mode: 0o600 });
  writeFileSync(paths.recordFile, encodeRoleRecord(wholeRecord), { mode: 0o600 });
  return paths;
}

type Home = ReturnType<typeof readyHome>;

function answerOf(home: Home, env: Record<string, string> = {}, at = now) {
  return cachedAnswer(['--profile', 'dev'], {
    env: { HOME: home.home, ...env },
    platform: process.platform,
    user: effectiveUser(),
    now: at,
  });
}

function answer(home: Home, env: Record<string, string> = {}, at = now): string | undefined {
  return answerOf(home, env, at)?.line;
}

describe('what was handed out is renewed ahead', () => {
  const home = readyHome();
  const need = {
    profile: 'dev',
    cacheDirectory: home.cache,
    roleFile: `${'a'.repeat(64)}.json`,
  };
  const atMinute = (minute: number, env = {}) => answerOf(home, env, now + minute * minuteMs);

  test('when less than half of its life is left, and not before', () => {
    expect(atMinute(29)).toMatchObject({ line: output, renewal: undefined });
    expect(atMinute(31)).toEqual({ line: output, renewal: need });
    expect(atMinute(39)).toEqual({ line: output, renewal: need });
    expect(atMinute(41)).toBeUndefined();
  });

  test('but not for a machine, nor where the settings say no', () => {
    expect(atMinute(31, { CI: 'true' })).toEqual({ line: output, renewal: undefined });
    const unwilling = readyHome({ index: { renewAhead: false } });
    expect(answerOf(unwilling, {}, now + 31 * minuteMs)).toEqual({
      line: output,
      renewal: undefined,
    });
  });
});

test('a fresh answer that lies ready is given as it was written', () => {
  expect(answer(readyHome())).toBe(output);
});

describe('there is no answer at once', () => {
  test.each<[string, Changes]>([
    ['for a profile of another name in the same file', { index: { profile: 'Dev' } }],
    ['by the index of another version', { index: { writtenBy: '0.0.1' } }],
    [
      'by an index for another config file',
      { index: { configFile: { path: '/x', stamp: 'absent' } } },
    ],
    [
      'by an index for another credentials file',
      { index: { credentialsFile: { path: '/x', stamp: 'absent' } } },
    ],
    ['when the role has no record', { index: { roleFile: `${'b'.repeat(64)}.json` } }],
    ['when the token was another', { record: { tokenStamp: 'x' } }],
    ['when the record is a copy of another', { record: { roleFile: 'x' } }],
    ['when the token is elsewhere', { record: { tokenFile: '/nowhere' } }],
    ['when the record is no answer', { record: { output: '{}' } }],
  ])('%s', (_when, changes) => {
    expect(answer(readyHome(changes))).toBeUndefined();
  });

  test.each<[string, (home: Home) => void]>([
    ['the config changed', ({ configFile }) => writeFileSync(configFile, '[profile dev] # new\n')],
    ['the config is gone', ({ configFile }) => unlinkSync(configFile)],
    ['a credentials file came', ({ credentialsFile }) => writeFileSync(credentialsFile, '')],
    ['the token changed', ({ tokenFile }) => writeFileSync(tokenFile, '{"a":1}')],
    ['the token is gone: signed out', ({ tokenFile }) => unlinkSync(tokenFile)],
    ['the index is gone', ({ indexFile }) => unlinkSync(indexFile)],
    ['the index is torn', ({ indexFile }) => writeFileSync(indexFile, '{"version":1,')],
    ['the record is gone', ({ recordFile }) => unlinkSync(recordFile)],
    ['the record is torn', ({ recordFile }) => writeFileSync(recordFile, output.slice(0, -1))],
    ['the index can be read by others', ({ indexFile }) => chmodSync(indexFile, 0o644)],
    ['the record can be read by others', ({ recordFile }) => chmodSync(recordFile, 0o640)],
    ['the record has another name', ({ recordFile }) => linkSync(recordFile, `${recordFile}.x`)],
    [
      'the record is a link',
      ({ recordFile }) => {
        renameSync(recordFile, `${recordFile}.x`);
        symlinkSync(`${recordFile}.x`, recordFile);
      },
    ],
    ['others may write in the cache', ({ cache }) => chmodSync(cache, 0o770)],
    ['others may write in a folder of it', ({ cache }) => chmodSync(join(cache, 'roles'), 0o777)],
    [
      'the cache is a link',
      ({ cache }) => {
        renameSync(cache, `${cache}.x`);
        symlinkSync(`${cache}.x`, cache);
      },
    ],
  ])('when %s', (_when, change) => {
    const home = readyHome();
    change(home);
    expect(answer(home)).toBeUndefined();
  });

  test.each([
    { AWS_ENDPOINT_URL: 'http://localhost:4566' },
    { AWS_ENDPOINT_URL_SSO: 'https://x' },
    { AWS_USE_FIPS_ENDPOINT: 'true' },
    { AWS_USE_DUALSTACK_ENDPOINT: 'true' },
    { AWS_CONFIG_FILE: '/other' },
    { AWS_SHARED_CREDENTIALS_FILE: '/other' },
    { SSO_CRED_CACHE_DIR: '/other' },
    { HOME: '' },
  ])('with %j in the environment', (env) => {
    expect(answer(readyHome(), env)).toBeUndefined();
  });

  test('once a third of the hour is left, nor when the clock was set back', () => {
    const home = readyHome();
    expect(answer(home, {}, now + 40 * minuteMs - 1)).toBe(output);
    for (const at of [now + 40 * minuteMs, now + 61 * minuteMs, now - 6 * minuteMs]) {
      expect(answer(home, {}, at)).toBeUndefined();
    }
  });

  test('for a user that the files do not belong to', () => {
    const home = readyHome();
    const situation = { env: { HOME: home.home }, platform: process.platform, now };
    const user = (effectiveUser() ?? 0) + 1;
    if (process.platform === 'win32') return;
    expect(cachedAnswer(['--profile', 'dev'], { ...situation, user })).toBeUndefined();
  });
});

test('looking for an answer changes nothing on disk', () => {
  const home = readyHome();
  writeFileSync(home.recordFile, 'damaged');
  chmodSync(home.indexFile, 0o644);
  const before = [home.indexFile, home.recordFile].map(fileStamp);
  expect(answer(home)).toBeUndefined();
  expect([home.indexFile, home.recordFile].map(fileStamp)).toEqual(before);
  expect(readdirSync(home.cache).sort()).toEqual(['profiles', 'roles']);
});
