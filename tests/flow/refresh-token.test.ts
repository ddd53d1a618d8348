import { readdirSync, unlinkSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { describe, expect, test } from '@jest/globals';
import { formatTimestamp } from '../../src/model/role-credentials.ts';
import { sha256 } from '../../src/store/digest.ts';
import { ifUnlocked } from '../../src/store/lock.ts';
import { failure, noConnection, reply, silence } from '../support/fake-world.ts';
import { testWithMounts, withDisk } from '../support/mount.ts';
import {
  dayMs,
  hourMs,
  issued,
  keyOf,
  minuteMs,
  refreshed,
  type Scenario,
  scenario,
} from './scenario.ts';

const role = 'GetRoleCredentials';
const token = 'CreateToken';
const invalidGrant = failure(400, 'InvalidGrantException', {
  error: 'invalid_grant',
  error_description: 'Invalid refresh token provided',
});

/** A token that another tool obtained an hour ago, and that has so much left. */
function withLeft(leftMs: number, changes: Parameters<Scenario['signIn']>[0] = {}) {
  const made = scenario();
  const { clock } = made.world;
  const signedIn = made.signIn({ expiresAt: clock.now() + hourMs, ...changes });
  clock.advance(hourMs - leftMs);
  return { ...made, signedIn };
}

describe('a token is refreshed', () => {
  test('when it has expired: the refresh token is sent once, and the new one is kept', async () => {
    const made = withLeft(0);
    const { world, get, signedIn } = made;
    world.expectCalls([token, refreshed({ expiresIn: 3_600 })], [role, issued(hourMs)]);
    keyOf(await get());
    expect(world.calls[0]?.request.url.href).toBe('https://oidc.eu-west-1.amazonaws.com/token');
    expect(world.calls[0]?.input).toEqual({
      grantType: 'refresh_token',
      clientId: signedIn.clientId,
      clientSecret: signedIn.clientSecret,
      refreshToken: signedIn.refreshToken,
    });
    const kept = made.token();
    expect(Object.keys(kept)).toEqual([
      'startUrl',
      'region',
      'accessToken',
      'expiresAt',
      'clientId',
      'clientSecret',
      'registrationExpiresAt',
      'refreshToken',
    ]);
    expect(kept['expiresAt']).toBe(formatTimestamp(world.clock.now() + hourMs));
    expect(kept['refreshToken']).not.toBe(signedIn.refreshToken);
    expect(kept['accessToken']).toBe(world.calls[1]?.request.headers['x-amz-sso_bearer_token']);
  });

  test('ahead, with 5 min left, and not before', async () => {
    const { world, get } = withLeft(5 * minuteMs + 1);
    world.expectCalls([role, issued(hourMs)]);
    await get({ roleName: 'One' });
    world.clock.advance(1);
    world.expectCalls([token, refreshed()], [role, issued(hourMs)]);
    await get({ roleName: 'Two' });
  });

  test('and on disk before the role is asked for', async () => {
    const made = withLeft(0);
    const { world, get, signedIn } = made;
    world.expectCalls(
      [token, refreshed()],
      [
        role,
        (call, each) => {
          expect(made.token()['refreshToken']).not.toBe(signedIn.refreshToken);
          return issued(hourMs)(call, each);
        },
      ],
    );
    keyOf(await get());
  });

  test.each([
    ['is left out', undefined],
    ['is empty', ''],
    ['is null', null],
  ])('and the old refresh token stays when the new one %s', async (_how, refreshToken) => {
    const made = withLeft(0);
    made.world.expectCalls([token, refreshed({ refreshToken })], [role, issued(hourMs)]);
    keyOf(await made.get());
    expect(made.token()).toMatchObject({ refreshToken: made.signedIn.refreshToken });
  });

  test('of files with the old four keys and a registration, too', async () => {
    const { world, get } = withLeft(0, { registrationExpiresAt: undefined, startUrl: undefined });
    world.expectCalls([token, refreshed()], [role, issued(hourMs)]);
    keyOf(await get());
  });

  test('for at most a day, whatever the service says', async () => {
    const made = withLeft(0);
    const { world } = made;
    world.expectCalls([token, refreshed({ expiresIn: 1e9 })], [role, issued(hourMs)]);
    keyOf(await made.get());
    expect(made.token()['expiresAt']).toBe(formatTimestamp(world.clock.now() + dayMs));
  });

  test('again and again for months, one call each time', async () => {
    const made = withLeft(0);
    const { world, get, newCalls } = made;
    for (let count = 0; count < 20; count += 1) {
      world.expectCalls([token, refreshed({ expiresIn: 3_600 })], [role, issued(hourMs)]);
      keyOf(await get());
      expect(newCalls()).toEqual({ CreateToken: 1, GetRoleCredentials: 1 });
      world.clock.advance(2 * hourMs);
    }
  });
});

describe('a token that is nearly over is still used', () => {
  test.each([
    [
      'AWS is silent',
      [
        [token, silence],
        [token, silence],
      ],
    ],
    [
      'AWS fails',
      [
        [token, failure(500, 'InternalServerException')],
        [token, failure(500, 'InternalServerException')],
      ],
    ],
    ['its refresh token is refused', [[token, invalidGrant]]],
  ] as const)('when %s', async (_why, answers) => {
    const { world, get } = withLeft(4 * minuteMs);
    world.expectCalls(...answers, [role, issued(hourMs)]);
    keyOf(await get());
  });

  test('and nobody sends a refresh token again that was refused', async () => {
    const { world, get } = withLeft(4 * minuteMs);
    world.expectCalls([token, invalidGrant], [role, issued(hourMs)], [role, issued(hourMs)]);
    keyOf(await get({ roleName: 'One' }));
    world.clock.advance(2 * minuteMs);
    keyOf(await get({ roleName: 'Two' }));
  });

  test('when it has no refresh token', async () => {
    const { world, get } = withLeft(1_000, { refreshToken: undefined });
    world.expectCalls([role, issued(hourMs)]);
    keyOf(await get());
  });

  test('when another process is refreshing it', async () => {
    const { world, get, store, tokenFile } = withLeft(4 * minuteMs);
    world.expectCalls([role, issued(hourMs)]);
    let outcome: ReturnType<Scenario['get']> | undefined;
    const work = async () => {
      outcome = get();
      await outcome;
    };
    await ifUnlocked(store, `session-${sha256(tokenFile)}`, work, world);
    if (outcome !== undefined) keyOf(await outcome);
    expect(world.clock.sleeps).toEqual([]);
  });
});

describe('a session has ended', () => {
  test.each<[string, Parameters<Scenario['signIn']>[0], string]>([
    ['without a refresh token', { refreshToken: undefined }, 'it has no refresh token'],
    [
      'without a client registration',
      { clientSecret: undefined },
      'its client registration is not in the token file',
    ],
    [
      'with a registration that is over',
      { registrationExpiresAt: Date.UTC(2020, 0, 1, 12, 30) },
      'its client registration expired at 2020-01-01T12:30:00Z',
    ],
  ])('%s, once its token has expired, and nothing is asked', async (_how, changes, reason) => {
    const { get, world } = withLeft(0, changes);
    expect(await get()).toEqual({
      code: 'SessionEnded',
      text: `The session "corp" has ended: its token has expired, and ${reason}. Run: sso-cred login --profile dev`,
      remedy: 'sso-cred login --profile dev',
    });
    expect(world.calls).toEqual([]);
  });

  test.each([
    ['InvalidGrantException', 'invalid_grant'],
    ['ExpiredTokenException', 'expired_token'],
    ['InvalidClientException', 'invalid_client'],
    ['UnauthorizedClientException', 'unauthorized_client'],
  ])('when AWS says %s; nobody asks again until there is another token', async (name, error) => {
    const { world, get, signIn } = withLeft(0);
    world.expectCalls([token, failure(400, name, { error, error_description: 'Over' })]);
    expect(await get()).toMatchObject({
      code: 'SessionEnded',
      text: expect.stringContaining('its refresh token is refused (Over)'),
    });
    for (const passing of [0, minuteMs, hourMs, 30 * dayMs]) {
      world.clock.advance(passing);
      expect(await get()).toMatchObject({ code: 'SessionEnded' });
      expect(await get({ roleName: 'Other' })).toMatchObject({ code: 'SessionEnded' });
    }
    expect(world.calls).toHaveLength(1);
    signIn();
    world.expectCalls([role, issued(hourMs)]);
    keyOf(await get());
  });

  test('unless another tool has spent the refresh token meanwhile: theirs is used', async () => {
    const made = withLeft(0);
    const { world, get } = made;
    world.expectCalls(
      [
        token,
        (call, each) => {
          made.signIn();
          return invalidGrant(call, each);
        },
      ],
      [role, issued(hourMs)],
    );
    keyOf(await get());
    expect(world.calls[1]?.request.headers).toMatchObject({
      'x-amz-sso_bearer_token': made.token()['accessToken'],
    });
  });
});

describe('a reply that makes no sense', () => {
  test.each([
    ['no lifetime', { expiresIn: undefined }],
    ['a lifetime of nothing', { expiresIn: 0 }],
    ['a negative lifetime', { expiresIn: -1 }],
    ['no token', { accessToken: undefined }],
    ['an empty token', { accessToken: '' }],
  ])(
    '(%s) is a failure, but its refresh token is kept: it may be the only good one',
    async (_what, changes) => {
      const made = withLeft(0);
      const { world, get, signedIn, newCalls } = made;
      world.expectCalls([token, refreshed(changes)]);
      expect(await get()).toMatchObject({
        code: 'ServiceFailed',
        text: expect.stringContaining('The reply to CreateToken holds no usable token'),
      });
      const { refreshToken } = made.token();
      expect(refreshToken).not.toBe(signedIn.refreshToken);
      newCalls();

      expect(await get()).toMatchObject({ code: 'ServiceFailed' });
      expect(await get({ roleName: 'Other' })).toMatchObject({ code: 'ServiceFailed' });
      expect(newCalls()).toEqual({});

      world.clock.advance(minuteMs);
      world.expectCalls([token, refreshed()], [role, issued(hourMs)]);
      keyOf(await get());
      expect(world.calls.at(-2)?.input).toMatchObject({ refreshToken });
    },
  );

  test.each(['<html>', '{"accessToken":', ''])(
    '(%j) is asked for once more, then a failure',
    async (body) => {
      const { world, get, signedIn } = withLeft(0);
      world.serve(reply(200, body));
      expect(await get()).toMatchObject({ code: 'ServiceFailed' });
      expect(world.calls.map(({ input }) => input['refreshToken'])).toEqual(
        Array(world.calls.length).fill(signedIn.refreshToken),
      );
      expect(world.calls.length).toBeLessThanOrEqual(2);
    },
  );
});

describe('a lost reply', () => {
  test('is asked for once more with the same refresh token', async () => {
    const { world, get, signedIn } = withLeft(0);
    world.expectCalls([token, silence], [token, refreshed()], [role, issued(hourMs)]);
    keyOf(await get());
    const sent = world.calls.slice(0, 2).map(({ input }) => input['refreshToken']);
    expect(sent).toEqual([signedIn.refreshToken, signedIn.refreshToken]);
  });

  test('and another loses nothing: the token stays as it was', async () => {
    const made = withLeft(0);
    made.world.expectCalls([token, noConnection], [token, noConnection]);
    expect(await made.get()).toMatchObject({ code: 'NetworkFailed' });
    expect(made.token()).toMatchObject({ refreshToken: made.signedIn.refreshToken });
    expect(readdirSync(dirname(made.tokenFile))).toHaveLength(1);
  });
});

test('a refresh token is not sent while another process may send it', async () => {
  const { world, get, store, tokenFile } = withLeft(0);
  let outcome: ReturnType<Scenario['get']> | undefined;
  const work = async () => {
    outcome = get({ budgetMs: 5_000 });
    await outcome;
  };
  await ifUnlocked(store, `session-${sha256(tokenFile)}`, work, world);
  expect(await outcome).toMatchObject({ code: 'LockBusy' });
  expect(world.calls).toEqual([]);
});

test.each([
  [4 * minuteMs, 'the present one is used while it is good'],
  [0, 'the call ends in time'],
])('with %d ms left, and a process that is stopped at each look: %s', async (leftMs) => {
  const { world, get, place } = withLeft(leftMs);
  const { read } = place.session;
  const session = {
    ...place.session,
    async read() {
      world.clock.advance(3_000);
      return await read();
    },
  };
  if (leftMs > 0) world.expectCalls([role, issued(hourMs)]);
  const startedAt = world.clock.monotonicMs();
  const outcome = await get({ session });
  if (leftMs > 0) keyOf(outcome);
  else expect(outcome).toMatchObject({ code: 'BudgetExhausted' });
  expect(world.clock.monotonicMs() - startedAt).toBeLessThan(60_000);
});

test('what a service says is shown on one line, without what it was sent', async () => {
  const { world, get, signedIn } = withLeft(0);
  world.expectCalls([
    token,
    failure(400, 'InvalidGrantException', {
      error_description: `No\u001b[31m\n${signedIn.refreshToken}\u202e`,
    }),
  ]);
  expect(await get()).toMatchObject({
    code: 'SessionEnded',
    text: expect.not.stringMatching(/[\p{Cc}\u202e]/u),
  });
});

describe('a refresh token is not spent when its successor cannot be kept:', () => {
  testWithMounts.each(['full', 'read-only'])('the disk is %s', (state) =>
    withDisk(64, async (disk, remountReadOnly) => {
      const made = withLeft(0);
      const content = JSON.stringify(made.token());
      const tokenFile = `${disk}/token.json`;
      writeFileSync(tokenFile, content, { mode: 0o600 });
      if (state === 'read-only') remountReadOnly();
      else fill(disk);
      const { ssoSessionKind } = await import('../../src/flow/sso-session-kind.ts');
      const { ssoRole } = await import('../../src/flow/sso-role.ts');
      const { session, world } = made;
      const profile = { kind: 'sso', session, accountId: '111122223333', roleName: 'X' } as const;
      const outcome = await made.get({
        session: ssoSessionKind(session, tokenFile, world),
        role: ssoRole(profile, tokenFile, world),
      });
      expect(outcome).toMatchObject({
        code: 'StorageFailed',
        text: expect.stringMatching(/\((ENOSPC|EROFS)\)/),
      });
      expect(world.calls).toEqual([]);
      expect(readdirSync(disk).filter((name) => name.startsWith('.'))).toEqual([]);
    }),
  );

  function fill(disk: string): void {
    try {
      for (let count = 0; ; count += 1)
        writeFileSync(`${disk}/fill${count}`, Buffer.alloc(4096, 1));
    } catch {
      // Full; what was written in part takes no space.
      unlinkSync(`${disk}/fill0`);
    }
  }
});
