import {
  chmodSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  symlinkSync,
  unlinkSync,
  writeFileSync,
} from 'node:fs';
import { describe, expect, test } from '@jest/globals';
import { SsoCredError } from '../../src/model/errors.ts';
import { fileStamp } from '../../src/store/file-stamp.ts';
import { ifUnlocked } from '../../src/store/lock.ts';
import { failure, noConnection, reply, silence } from '../support/fake-world.ts';
import {
  expirationAfter,
  hourMs,
  issued,
  keyOf,
  minuteMs,
  refreshed,
  type Scenario,
  scenario,
} from './scenario.ts';

const role = 'GetRoleCredentials';

/** A scenario with credentials in the cache that last so long. */
async function withCached(lastsMs = hourMs, changes = {}): Promise<Scenario & { key: string }> {
  const made = scenario();
  made.signIn(changes);
  made.world.expectCalls([role, issued(lastsMs)]);
  const key = keyOf(await made.get());
  made.newCalls();
  return { ...made, key };
}

describe('with a good token', () => {
  test('AWS is asked for the role once, and what it issued is given as it is', async () => {
    const { world, signIn, get } = scenario();
    const { accessToken } = signIn();
    world.expectCalls([role, issued(hourMs)]);
    const outcome = await get();
    expect(outcome).toMatchObject({
      output: {
        Version: 1,
        AccessKeyId: expect.stringMatching(/^ASIA/),
        Expiration: expirationAfter(world, hourMs),
        AccountId: '111122223333',
      },
    });
    const [call] = world.calls;
    expect(call?.request.url.href).toBe(
      'https://portal.sso.eu-west-1.amazonaws.com/federation/credentials?role_name=Developer&account_id=111122223333',
    );
    expect(call?.request.headers).toMatchObject({
      'x-amz-sso_bearer_token': accessToken,
      'user-agent': expect.stringMatching(/^sso-cred\/\d/),
    });
    expect(Object.keys(call?.request.headers ?? {})).not.toContain('authorization');
    expect(await get()).toEqual(outcome);
    expect(world.calls).toHaveLength(1);
  });

  test('roles and sessions are not mixed up', async () => {
    const { world, signIn, get } = scenario();
    signIn();
    world.expectCalls([role, issued(hourMs)], [role, issued(hourMs)]);
    const one = keyOf(await get({ roleName: 'One' }));
    const other = keyOf(await get({ roleName: 'Other' }));
    expect(one).not.toBe(other);
    expect(keyOf(await get({ roleName: 'One' }))).toBe(one);
  });

  test('an expiry with a fraction of a second is not lengthened', async () => {
    const { world, signIn, get } = scenario();
    signIn();
    const expiration = world.clock.now() + hourMs + 999;
    const roleCredentials = {
      accessKeyId: 'A',
      secretAccessKey: 'b',
      sessionToken: 'c',
      expiration,
    };
    world.expectCalls([role, reply(200, { roleCredentials })]);
    expect(await get()).toMatchObject({ output: { Expiration: expirationAfter(world, hourMs) } });
  });
});

describe('role credentials are renewed', () => {
  test.each([
    { lasts: 12 * hourMs, window: 20 * minuteMs },
    { lasts: hourMs, window: 20 * minuteMs },
    { lasts: 30 * minuteMs, window: 10 * minuteMs },
    { lasts: 15 * minuteMs, window: 5 * minuteMs },
  ])('of $lasts ms with $window ms left, and not before', async ({ lasts, window }) => {
    const { world, get, key } = await withCached(lasts, { expiresAt: Date.UTC(2020, 0, 3) });
    world.clock.advance(lasts - window - 1);
    expect(keyOf(await get())).toBe(key);
    world.expectCalls([role, issued(lasts)]);
    world.clock.advance(1);
    const renewed = keyOf(await get());
    expect(renewed).not.toBe(key);
    expect(keyOf(await get())).toBe(renewed);
  });

  test.each([
    ['AWS refuses the role', [[role, failure(403, 'ForbiddenException')]]],
    [
      'there is no network',
      [
        [role, noConnection],
        [role, noConnection],
      ],
    ],
    ['AWS is silent', [[role, silence]]],
    [
      'AWS is throttling',
      [[role, failure(429, 'TooManyRequestsException', {}, { 'retry-after': '60' })]],
    ],
    [
      'the answer is nonsense',
      [
        [role, reply(200, '<html>')],
        [role, reply(200, '<html>')],
        [role, reply(200, '<html>')],
      ],
    ],
  ] as const)('silently later when %s and over a minute is left', async (_why, answers) => {
    const { world, get, key } = await withCached();
    world.clock.advance(58 * minuteMs);
    world.expectCalls(...answers);
    expect(keyOf(await get())).toBe(key);
    expect(keyOf(await get())).toBe(key);
  });

  test('or it fails when a minute or less is left', async () => {
    const { world, get } = await withCached();
    world.clock.advance(59 * minuteMs);
    world.expectCalls([role, failure(403, 'ForbiddenException')]);
    expect(await get()).toMatchObject({ code: 'RoleRefused' });
  });

  test('by one process: the others take what is still good at once', async () => {
    const { world, store, get, key } = await withCached();
    world.clock.advance(45 * minuteMs);
    const [lock = ''] = [...lockNames(world.traces, store)];
    let outcome: Promise<unknown> = Promise.resolve();
    const work = async () => {
      outcome = get();
      await outcome;
    };
    await ifUnlocked(store, lock, work, world);
    expect(keyOf((await outcome) as Awaited<ReturnType<typeof get>>)).toBe(key);
    expect(world.clock.sleeps).toEqual([]);
    expect(world.calls).toHaveLength(1);
  });

  test('nobody waits longer than 5 s for it', async () => {
    const { world, get, key } = await withCached();
    world.clock.advance(45 * minuteMs);
    const startedAt = world.clock.monotonicMs();
    world.expectCalls([role, silence]);
    expect(keyOf(await get())).toBe(key);
    expect(world.clock.monotonicMs() - startedAt).toBeLessThanOrEqual(5_000);
  });

  test('nobody is asked to sign in for it', async () => {
    const { world, get, key, tokenFile, token, person } = await withCached(hourMs);
    world.clock.advance(45 * minuteMs);
    const { refreshToken: _, ...rest } = token();
    // The same sign-in, now without a way to go on.
    const expired = { ...rest, expiresAt: '2020-01-01T12:30:00Z' };
    writeFileSync(tokenFile, JSON.stringify(expired), { mode: 0o600 });
    const signIn = person(() => Promise.reject(new Error('nobody may be asked')));
    expect(keyOf(await get({ signIn }))).toBe(key);
    expect(world.calls).toHaveLength(1);
  });
});

/** The lock that a role's renewal takes, by the file that its cache trace names. */
function lockNames(traces: readonly string[], { directory }: { directory: string }) {
  return new Set(
    traces
      .map((line) => line.match(/roles\/([0-9a-f]{64})\.json/)?.[1])
      .filter((digest) => digest !== undefined && directory !== '')
      .map((digest) => `role-${digest}`),
  );
}

describe('--refresh', () => {
  test('asks whatever is cached', async () => {
    const { world, get, key } = await withCached();
    world.clock.advance(minuteMs);
    world.expectCalls([role, issued(hourMs)]);
    const renewed = keyOf(await get({ refresh: true }));
    expect(renewed).not.toBe(key);
    expect(keyOf(await get())).toBe(renewed);
  });

  test('asks whatever is remembered', async () => {
    const { world, signIn, get } = scenario();
    signIn();
    world.expectCalls([role, failure(403, 'ForbiddenException')], [role, issued(hourMs)]);
    expect(await get()).toMatchObject({ code: 'RoleRefused' });
    expect(await get()).toMatchObject({ code: 'RoleRefused' });
    keyOf(await get({ refresh: true }));
  });

  test('does not pretend when it fails', async () => {
    const { world, get } = await withCached();
    world.clock.advance(minuteMs);
    world.expectCalls([role, failure(403, 'ForbiddenException')]);
    expect(await get({ refresh: true })).toMatchObject({ code: 'RoleRefused' });
  });
});

describe('what is cached goes with the sign-in', () => {
  test('signed out: nothing is handed out, and nothing is asked', async () => {
    const { world, get, tokenFile } = await withCached();
    unlinkSync(tokenFile);
    expect(await get()).toEqual({
      code: 'SignInNeeded',
      text: 'Not signed in to the session "corp". Run: sso-cred login --profile dev',
      remedy: 'sso-cred login --profile dev',
    });
    expect(world.calls).toHaveLength(1);
  });

  test('a token of another sign-in, perhaps another person’s: the role is asked for anew', async () => {
    const { world, get, signIn, key } = await withCached();
    const { accessToken } = signIn();
    world.expectCalls([role, issued(hourMs)]);
    expect(keyOf(await get())).not.toBe(key);
    expect(world.calls.at(-1)?.request.headers).toMatchObject({
      'x-amz-sso_bearer_token': accessToken,
    });
  });

  test('the same token written again, or refreshed by us: what is cached is still good', async () => {
    const { world, get, key, signIn, token, tokenFile } = await withCached(2 * hourMs);
    const before = fileStamp(tokenFile);
    const { accessToken = '', refreshToken = '', clientSecret = '' } = token();
    const expiresAt = world.clock.now() + hourMs;
    signIn({ accessToken, refreshToken, clientSecret, expiresAt });
    expect(fileStamp(tokenFile)).not.toBe(before);
    expect(keyOf(await get())).toBe(key);

    world.clock.advance(56 * minuteMs);
    world.expectCalls(['CreateToken', refreshed()], [role, issued(hourMs)]);
    await get({ roleName: 'Other' });
    expect(keyOf(await get())).toBe(key);
  });

  test('the next call finds it by the file’s stamp alone', async () => {
    const { get, store, tokenFile, token, key } = await withCached();
    writeFileSync(tokenFile, JSON.stringify(token()), { mode: 0o600 });
    expect(keyOf(await get())).toBe(key);
    const digest = [...lockNames([store.path('roles', 'x')], store)];
    expect(digest).toEqual([]);
    const record = store.read('roles', roleFileOf(store), (text) => JSON.parse(text));
    expect(record).toMatchObject({ tokenStamp: fileStamp(tokenFile) });
  });

  test('a token for another portal counts as no token', async () => {
    const { get, signIn } = await withCached();
    signIn({ startUrl: 'https://other.awsapps.com/start' });
    expect(await get()).toMatchObject({ code: 'SignInNeeded' });
  });
});

function roleFileOf({ directory }: { directory: string }): string {
  const [name = ''] = readdirSync(`${directory}/roles`);
  return name;
}

describe('when AWS no longer takes the token', () => {
  const unauthorized = failure(401, 'UnauthorizedException', {
    message: 'Session token not found',
  });

  test('it is refreshed once and the role asked for again', async () => {
    const { world, signIn, get, token } = scenario();
    const { accessToken } = signIn();
    world.expectCalls([role, unauthorized], ['CreateToken', refreshed()], [role, issued(hourMs)]);
    keyOf(await get());
    const bearers = world.calls.map(({ request }) => request.headers['x-amz-sso_bearer_token']);
    expect(bearers).toEqual([accessToken, undefined, token()['accessToken']]);
  });

  test('and neither the new one, the session has ended, and nobody asks again', async () => {
    const { world, signIn, get } = scenario();
    signIn();
    world.expectCalls([role, unauthorized], ['CreateToken', refreshed()], [role, unauthorized]);
    expect(await get()).toMatchObject({
      code: 'SessionEnded',
      remedy: 'sso-cred login --profile dev',
    });
    world.clock.advance(hourMs);
    expect(await get()).toMatchObject({ code: 'SessionEnded' });
    expect(world.calls).toHaveLength(3);
  });

  test('and it cannot be refreshed, a sign-in is needed', async () => {
    const { world, signIn, get } = scenario();
    signIn({ refreshToken: undefined });
    world.expectCalls([role, unauthorized]);
    expect(await get()).toMatchObject({
      code: 'SessionEnded',
      text: expect.stringContaining('AWS no longer takes its token, and it has no refresh token'),
    });
  });

  test('but another process has replaced it meanwhile, theirs is used', async () => {
    const { world, signIn, get } = scenario();
    signIn();
    world.expectCalls(
      [
        role,
        (call, each) => {
          signIn();
          return unauthorized(call, each);
        },
      ],
      [role, issued(hourMs)],
    );
    keyOf(await get());
  });
});

describe('what AWS answers', () => {
  test.each([
    [403, 'ForbiddenException', 'RoleRefused'],
    [404, 'ResourceNotFoundException', 'RoleRefused'],
    [400, 'InvalidRequestException', 'RoleRefused'],
  ] as const)(
    '%d %s: the role is refused, with its name and account',
    async (status, name, code) => {
      const { world, signIn, get } = scenario();
      signIn();
      world.expectCalls([role, failure(status, name, { message: 'No access' })]);
      expect(await get()).toMatchObject({
        code,
        text: 'AWS refuses the role Developer in account 111122223333: No access.',
      });
    },
  );

  test.each([
    ['no credentials', {}],
    ['no key', { roleCredentials: { secretAccessKey: 's', sessionToken: 't', expiration: 1 } }],
    ['an empty key', credentials({ accessKeyId: '' })],
    ['no expiry', credentials({ expiration: undefined })],
    ['an expiry in seconds', credentials({ expiration: Date.UTC(2020, 0, 1, 13) / 1000 })],
    ['an expiry that is over', credentials({ expiration: Date.UTC(2020, 0, 1, 12) })],
    ['an expiry next year', credentials({ expiration: Date.UTC(2021, 0, 1) })],
    ['HTML', '<html>a proxy</html>'],
    ['torn JSON', '{"roleCredentials":{"accessKeyId":"A'],
    ['nothing', ''],
  ])('%s: a failure of the service, told without its body', async (_what, body) => {
    const { world, signIn, get } = scenario();
    signIn();
    world.serve(reply(200, body));
    const outcome = await get();
    expect(outcome).toMatchObject({ code: 'ServiceFailed' });
    expect(JSON.stringify(outcome)).not.toContain('html');
    expect(world.calls).toHaveLength(3);
  });

  function credentials(changes: object) {
    const roleCredentials = {
      accessKeyId: 'A',
      secretAccessKey: 's',
      sessionToken: 't',
      expiration: Date.UTC(2020, 0, 1, 13),
      ...changes,
    };
    return { roleCredentials };
  }
});

describe('local trouble', () => {
  test('a damaged record is moved aside and the role asked for', async () => {
    const { world, get, store, key } = await withCached();
    const path = store.path('roles', roleFileOf(store));
    writeFileSync(path, readFileSync(path, 'utf8').slice(0, -9), { mode: 0o600 });
    world.expectCalls([role, issued(hourMs)]);
    expect(keyOf(await get())).not.toBe(key);
    unlinkSync(`${path}.bad`);
  });

  test('a folder that others may write in is named, and nothing is asked', async () => {
    const { get, store, world } = await withCached();
    chmodSync(store.directory, 0o777);
    expect(await get()).toMatchObject({
      code: 'StorageFailed',
      remedy: `chmod 700 ${store.directory}`,
    });
    expect(world.calls).toHaveLength(1);
  });

  test('a token that is a link is named, and nothing is asked', async () => {
    const { get, signIn, tokenFile, world } = scenario();
    signIn();
    const content = readFileSync(tokenFile);
    unlinkSync(tokenFile);
    mkdirSync(`${tokenFile}.d.json`);
    writeFileSync(`${tokenFile}.d.json/x`, content, { mode: 0o600 });
    symlinkSync(`${tokenFile}.d.json/x`, tokenFile);
    expect(await get()).toMatchObject({
      code: 'StorageFailed',
      text: expect.stringContaining(tokenFile),
    });
    expect(world.calls).toEqual([]);
  });
});

describe('a person who signs in', () => {
  const finished = new SsoCredError('SignInUnfinished', 'Nobody finished the sign-in');
  const denied = new SsoCredError('SignInDenied', 'The sign-in was denied');

  test('gets credentials by the new token, which is kept', async () => {
    const { world, get, token, person } = scenario();
    const expiresAt = world.clock.now() + hourMs;
    const text = JSON.stringify({ accessToken: 'new', expiresAt: '2020-01-01T13:00:00Z' });
    world.expectCalls([role, issued(hourMs)]);
    const signIn = person(({ keep }) =>
      keep({ bearer: 'new', expiresAt, obtainedAt: world.clock.now(), text }),
    );
    keyOf(await get({ signIn }));
    expect(token()).toMatchObject({ accessToken: 'new' });
    expect(world.calls[0]?.request.headers['x-amz-sso_bearer_token']).toBe('new');
  });

  test.each([
    ['does not finish', finished],
    ['says no', denied],
  ])('or %s is asked twice a night, however often a program asks', async (_how, error) => {
    const { world, get, person } = scenario();
    const asked: number[] = [];
    const startedAt = world.clock.now();
    const signIn = person(async () => {
      asked.push((world.clock.now() - startedAt) / minuteMs);
      throw error;
    });
    for (let minute = 0; minute < 8 * 60; minute += 1) {
      expect(await get({ signIn })).toMatchObject({ code: error.code });
      world.clock.advance(minuteMs);
    }
    expect(asked).toEqual([0, 10]);
    expect(await get({ signIn, roleName: 'Other' })).toMatchObject({ code: error.code });
    expect(asked).toEqual([0, 10]);
  });
});
