import {
  chmodSync,
  chownSync,
  linkSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  statSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { dirname, join } from 'node:path';
import { describe, expect, test } from '@jest/globals';
import { encodeSsoToken, type SsoToken } from '../../src/model/sso-token.ts';
import { fileStamp } from '../../src/store/file-stamp.ts';
import {
  privateTokenFile,
  readSsoToken,
  reserveSsoToken,
  ssoTokenFile,
} from '../../src/store/sso-token-cache.ts';
import { testAsRoot } from '../support/as-root.ts';
import { fakeWorld } from '../support/fake-world.ts';
import { freshDirectory } from '../support/fresh-directory.ts';

const session = { name: 'corp', startUrl: 'https://corp.awsapps.com/start', region: 'eu-west-1' };
const token: SsoToken = {
  accessToken: 'a',
  expiresAt: Date.UTC(2020, 0, 1, 13),
  startUrl: session.startUrl,
  region: session.region,
};

/** Stores a token as a refresh or a sign-in does; gives the file's stamp. */
function storeToken(path: string, text: string): string {
  const reserved = reserveSsoToken(path, fakeWorld());
  try {
    return reserved.commit(text);
  } finally {
    reserved.discard();
  }
}

function tokenFile(text = encodeSsoToken(token), mode = 0o600): string {
  const path = ssoTokenFile(freshDirectory(), session);
  writeFileSync(path, text);
  chmodSync(path, mode);
  return path;
}

describe('the file of a token', () => {
  test('is named as the AWS CLI names it', () => {
    // printf corp | sha1sum; printf https://corp.awsapps.com/start | sha1sum
    expect(ssoTokenFile('/c', session)).toBe('/c/ee0bfd2552fbd840c02cc48b6e823320543c450f.json');
    expect(ssoTokenFile('/c', { startUrl: session.startUrl })).toBe(
      '/c/a51746d4aa793ae07b25e90c3a5db96fc7832bd7.json',
    );
  });

  test('of our own differs for sessions that are not the same in name and start URL', () => {
    const { name, startUrl } = session;
    const files = [
      { name, startUrl },
      { startUrl },
      { name: startUrl, startUrl },
      { name, startUrl: `${startUrl}/` },
    ].map((each) => privateTokenFile('/c', each));
    expect(new Set(files).size).toBe(files.length);
    for (const file of files) expect(file).toMatch(/^\/c\/tokens\/[0-9a-f]{64}\.json$/);
  });
});

describe('a token', () => {
  test.each([0o600, 0o644, 0o666])(
    'is read from a file of mode %o, which stays so',
    async (mode) => {
      const path = tokenFile(undefined, mode);
      utimesSync(path, 1_500, 1_500);
      expect(await readSsoToken(path, session, fakeWorld())).toEqual({
        kind: 'token',
        token,
        stamp: fileStamp(path),
        writtenAt: 1_500_000,
      });
      expect(statSync(path).mode & 0o777).toBe(mode);
    },
  );

  test('is read through a folder that is a link', async () => {
    const folder = join(freshDirectory(), 'cache');
    const path = tokenFile();
    symlinkSync(dirname(path), folder);
    const found = await readSsoToken(ssoTokenFile(folder, session), session, fakeWorld());
    expect(found.kind).toBe('token');
  });

  test.each([
    'https://corp.awsapps.com/start',
    'https://corp.awsapps.com/start/',
    'https://corp.awsapps.com/start#',
    'https://corp.awsapps.com/start/#/',
    undefined,
  ])('whose start URL is %s is of this session', async (startUrl) => {
    const path = tokenFile(JSON.stringify({ ...JSON.parse(encodeSsoToken(token)), startUrl }));
    expect(await readSsoToken(path, session, fakeWorld())).toMatchObject({ kind: 'token' });
  });

  test.each([
    { startUrl: 'https://other.awsapps.com/start', names: 'another start URL' },
    { startUrl: 'https://corp.awsapps.com/started', names: 'another start URL' },
    { region: 'us-east-1', names: 'another region' },
  ])('of $names counts as absent, and its file stays', async ({ names, ...members }) => {
    const path = tokenFile(encodeSsoToken({ ...token, ...members }));
    const found = await readSsoToken(path, session, fakeWorld());
    expect(found).toMatchObject({ kind: 'none', reason: expect.stringContaining(names) });
    expect(readdirSync(dirname(path))).toHaveLength(1);
  });

  test.each(['/dev/null/.aws/sso/cache/a.json', '/nowhere/a.json'])(
    'is not there at %s',
    async (path) => {
      expect(await readSsoToken(path, session, fakeWorld())).toMatchObject({ kind: 'none' });
    },
  );
});

describe('a file that another tool is just writing', () => {
  test.each(['', '{"accessToken":"a","expi'])('(%j) is read again shortly', async (torn) => {
    const world = fakeWorld();
    const path = tokenFile(torn);
    let sleeps = 0;
    const clock = {
      ...world.clock,
      async sleep() {
        sleeps += 1;
        if (sleeps === 3) writeFileSync(path, encodeSsoToken(token));
      },
    };
    expect(await readSsoToken(path, session, { ...world, clock })).toMatchObject({ token });
    expect(sleeps).toBe(3);
  });

  test('counts as absent when it stays so, within a second, and is left alone', async () => {
    const world = fakeWorld();
    const path = tokenFile('{"accessToken"');
    expect(await readSsoToken(path, session, world)).toEqual({
      kind: 'none',
      reason: 'it holds no token',
      isDamaged: true,
    });
    expect(world.clock.sleeps.reduce((sum, ms) => sum + ms)).toBeLessThan(1_000);
    expect(readFileSync(path, 'utf8')).toBe('{"accessToken"');
    expect(readdirSync(dirname(path))).toHaveLength(1);
  });
});

describe('refused, and named, is', () => {
  test('a link', async () => {
    const path = ssoTokenFile(freshDirectory(), session);
    symlinkSync(tokenFile(), path);
    await expect(readSsoToken(path, session, fakeWorld())).rejects.toMatchObject({
      code: 'StorageFailed',
      message: `Will not use ${path}: it is a symbolic link`,
    });
    expect(() => reserveSsoToken(path, fakeWorld())).toThrow(
      expect.objectContaining({
        code: 'StorageFailed',
        message: expect.stringContaining(path),
      }),
    );
  });

  test('a file that has another name', async () => {
    const path = tokenFile();
    linkSync(path, `${path}.other`);
    await expect(readSsoToken(path, session, fakeWorld())).rejects.toThrow(path);
  });

  testAsRoot('the token of another user in our folder', async () => {
    const path = tokenFile();
    chownSync(path, 65_534, 65_534);
    await expect(readSsoToken(path, session, fakeWorld())).rejects.toMatchObject({
      code: 'StorageFailed',
      message: `Will not use ${path}: it belongs to another user (uid 65534)`,
    });
  });
});

testAsRoot("root reads the token of a folder's owner, and writes none there", async () => {
  const path = tokenFile();
  chownSync(path, 65_534, 65_534);
  chownSync(dirname(path), 65_534, 65_534);
  expect(await readSsoToken(path, session, fakeWorld())).toMatchObject({ kind: 'token' });
  for (const write of [
    () => reserveSsoToken(path, fakeWorld()),
    () => storeToken(path, encodeSsoToken(token)),
  ]) {
    expect(write).toThrow(
      expect.objectContaining({
        code: 'StorageFailed',
        message: expect.stringContaining(`${dirname(path)} belongs to another user (uid 65534)`),
      }),
    );
  }
  expect(readdirSync(dirname(path))).toHaveLength(1);
});

describe('a token that is written', () => {
  test('replaces the old one, is ours alone, and has the stamp that was given', async () => {
    const path = tokenFile(undefined, 0o644);
    const next = { ...token, accessToken: 'b', refreshToken: 'r' };
    const reserved = reserveSsoToken(path, fakeWorld());
    expect(readdirSync(dirname(path))).toHaveLength(2);
    const stamp = reserved.commit(encodeSsoToken(next));
    reserved.discard();
    expect(statSync(path).mode & 0o777).toBe(0o600);
    expect(await readSsoToken(path, session, fakeWorld())).toMatchObject({ token: next, stamp });
    expect(readdirSync(dirname(path))).toHaveLength(1);
  });

  test('of a first sign-in makes its folders, ours alone', async () => {
    const home = freshDirectory();
    const path = ssoTokenFile(join(home, '.aws', 'sso', 'cache'), session);
    const stamp = storeToken(path, encodeSsoToken(token));
    expect(await readSsoToken(path, session, fakeWorld())).toMatchObject({ token, stamp });
    for (const folder of ['.aws', '.aws/sso', '.aws/sso/cache']) {
      expect(statSync(join(home, folder)).mode & 0o777).toBe(0o700);
    }
  });

  test.each(['a.json', '.aws/sso/cache/a.json'])(
    'is not written to %s below a file, and the error says why',
    (name) => {
      const file = join(freshDirectory(), 'file');
      writeFileSync(file, '');
      for (const write of [
        () => storeToken(join(file, name), encodeSsoToken(token)),
        () => reserveSsoToken(join(file, name), fakeWorld()),
      ]) {
        expect(write).toThrow(
          expect.objectContaining({
            code: 'StorageFailed',
            message: expect.stringMatching(/a part of the path is not a directory \(ENOTDIR\)$/),
          }),
        );
      }
    },
  );

  test('does not take the place of a directory', () => {
    const path = ssoTokenFile(freshDirectory(), session);
    mkdirSync(path);
    expect(() => storeToken(path, encodeSsoToken(token))).toThrow(path);
    expect(readdirSync(dirname(path))).toHaveLength(1);
  });
});
