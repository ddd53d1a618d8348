import { describe, expect, test } from '@jest/globals';
import { failureMemory } from '../../src/flow/failure-memory.ts';
import { SsoCredError } from '../../src/model/errors.ts';
import { openStore } from '../../src/store/store.ts';
import { type FakeWorld, failure, fakeWorld, reply } from '../support/fake-world.ts';
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

const refused = failure(403, 'ForbiddenException', { message: 'No access' });

/** Asks every second for so long; gives when AWS was asked, in seconds. */
async function whenAsked(
  { world, get }: Scenario,
  seconds: number,
  ask: () => Promise<unknown> = get,
): Promise<readonly number[]> {
  const startedAt = world.clock.now();
  const before = world.calls.length;
  for (let second = 0; second < seconds; second += 1) {
    await ask();
    world.clock.set(startedAt + (second + 1) * 1_000 - world.clock.now());
  }
  return world.calls.slice(before).map(({ at }) => Math.round((at - startedAt) / 1000));
}

describe('a role that AWS refuses', () => {
  test('is asked for after 2 s doubling to 15 s with nothing cached', async () => {
    const made = scenario();
    made.signIn();
    made.world.serve(refused);
    expect(await whenAsked(made, 75)).toEqual([0, 2, 6, 14, 29, 44, 59, 74]);
  });

  test('is asked for after 30 s doubling to 5 min with something cached', async () => {
    const made = scenario();
    made.signIn();
    made.world.expectCalls(['GetRoleCredentials', issued(hourMs)]);
    const key = keyOf(await made.get());
    made.world.clock.advance(40 * minuteMs);
    made.world.serve(refused);
    const ask = async () => expect(keyOf(await made.get())).toBe(key);
    expect(await whenAsked(made, 1_100, ask)).toEqual([0, 30, 90, 210, 450, 750, 1050]);
  });

  test('is told meanwhile as it was told first, with the time of the next try', async () => {
    const { world, signIn, get } = scenario();
    signIn();
    world.expectCalls(['GetRoleCredentials', refused]);
    const told = 'AWS refuses the role Developer in account 111122223333: No access';
    expect(await get()).toMatchObject({ code: 'RoleRefused', text: `${told}.` });
    world.clock.advance(500);
    for (let count = 0; count < 3; count += 1) {
      expect(await get()).toMatchObject({
        code: 'RoleRefused',
        text: `${told} (not asked again; next try in 2 s).`,
      });
    }
  });

  test('does not stand in the way of another', async () => {
    const { world, signIn, get } = scenario();
    signIn();
    world.expectCalls(['GetRoleCredentials', refused], ['GetRoleCredentials', issued(hourMs)]);
    expect(await get()).toMatchObject({ code: 'RoleRefused' });
    keyOf(await get({ roleName: 'Other' }));
  });

  test('is asked for again at once with another token', async () => {
    const { world, signIn, get } = scenario();
    signIn();
    world.expectCalls(['GetRoleCredentials', refused], ['GetRoleCredentials', issued(hourMs)]);
    expect(await get()).toMatchObject({ code: 'RoleRefused' });
    signIn();
    keyOf(await get());
  });

  test('is not asked for again at once because its token was refreshed for it', async () => {
    const { world, signIn, get, newCalls } = scenario();
    signIn({ expiresAt: world.clock.now() - 1 });
    world.expectCalls(['CreateToken', refreshed()], ['GetRoleCredentials', refused]);
    expect(await get()).toMatchObject({ code: 'RoleRefused' });
    newCalls();
    expect(await get()).toMatchObject({ code: 'RoleRefused' });
    expect(newCalls()).toEqual({});
  });

  test('begins anew after a success', async () => {
    const made = scenario();
    made.signIn();
    made.world.serve(refused);
    await whenAsked(made, 40);
    made.world.serve(issued(hourMs));
    keyOf(await made.get({ refresh: true }));
    made.world.clock.advance(2 * hourMs);
    made.world.serve(refused);
    expect(await whenAsked(made, 15)).toEqual([0, 2, 6, 14]);
  });
});

describe('a session that cannot be refreshed', () => {
  const broken = failure(500, 'InternalServerException', { message: 'Broken' });

  test('is not asked for by each role anew', async () => {
    const { world, signIn, get, newCalls } = scenario();
    signIn({ expiresAt: world.clock.now() - 1 });
    world.serve(broken);
    const first = await get();
    expect(newCalls()).toEqual({ CreateToken: 2 });
    for (const roleName of ['One', 'Two', 'Three', 'Four']) {
      expect(await get({ roleName })).toMatchObject({ code: 'ServiceFailed' });
    }
    expect(newCalls()).toEqual({});
    expect(first).toMatchObject({ text: expect.not.stringContaining('next try') });
  });

  test('is told once, however many remember it', async () => {
    const { world, signIn, get } = scenario();
    signIn({ expiresAt: world.clock.now() - 1 });
    world.serve(broken);
    await get();
    for (const roleName of ['Other', 'Other', 'Developer', 'Other']) {
      world.clock.advance(100);
      const outcome = await get({ roleName });
      expect(outcome).toMatchObject({ text: expect.stringContaining('next try in 2 s') });
      expect(JSON.stringify(outcome).match(/next try/g)).toHaveLength(1);
    }
  });

  test('is asked for by one role after the other at the pace of the session', async () => {
    const made = scenario();
    made.signIn({ expiresAt: made.world.clock.now() - 1 });
    made.world.serve(broken);
    let count = 0;
    const ask = () => {
      count += 1;
      return made.get({ roleName: `Role${count % 7}` });
    };
    const asked = new Set(await whenAsked(made, 60, ask));
    expect(asked.size).toBeLessThanOrEqual(7);
    expect(asked.size).toBeGreaterThanOrEqual(5);
  });

  test('is asked for seldom while its token still serves', async () => {
    const made = scenario();
    const { world, get, signIn } = made;
    signIn({ expiresAt: world.clock.now() + hourMs });
    world.clock.advance(55 * minuteMs);
    const roleAnswer = issued(hourMs);
    world.serve((call, each) =>
      (call.operation === 'CreateToken' ? broken : roleAnswer)(call, each),
    );
    let count = 0;
    const ask = async () => {
      count += 1;
      keyOf(await get({ roleName: `Role${count}` }));
    };
    await whenAsked(made, 240, ask);
    const asked = world.calls.filter(({ operation }) => operation === 'CreateToken');
    // Two tries each: at 0, 30, 90 and 210 s.
    expect(asked).toHaveLength(8);
  });

  test('is seldom asked for while the cached role still serves', async () => {
    const made = scenario();
    const { world, get, signIn } = made;
    signIn({ expiresAt: world.clock.now() + 30 * minuteMs });
    world.expectCalls(['GetRoleCredentials', issued(hourMs)]);
    const key = keyOf(await get());
    world.clock.advance(45 * minuteMs);
    world.serve(broken);
    const asked = await whenAsked(made, 240, async () => expect(keyOf(await get())).toBe(key));
    // Two tries each: at 0, 30, 90 and 210 s.
    expect(asked).toHaveLength(8);
  });
});

/** At least as long as the service asked for, and at most a second longer: not all at the same moment. */
function expectPauses({ clock }: FakeWorld, asked: readonly number[]): void {
  expect(clock.sleeps).toHaveLength(asked.length);
  asked.forEach((ms, index) => {
    const pause = clock.sleeps[index];
    expect(pause).toBeGreaterThanOrEqual(ms);
    expect(pause).toBeLessThan(ms + 1_000);
  });
}

describe('Retry-After', () => {
  const throttled = (retryAfter: string) =>
    failure(429, 'TooManyRequestsException', {}, { 'retry-after': retryAfter });

  test('is waited for when the time allows', async () => {
    const { world, signIn, get } = scenario();
    signIn();
    world.expectCalls(
      ['GetRoleCredentials', throttled('7')],
      ['GetRoleCredentials', throttled('3')],
      ['GetRoleCredentials', issued(hourMs)],
    );
    keyOf(await get());
    expectPauses(world, [7_000, 3_000]);
  });

  test.each([
    ['10 min ahead', 10 * minuteMs],
    ['10 min behind', -10 * minuteMs],
    ['a day ahead', dayMs],
    ['right', 0],
  ])('may be a date, by the clock of the server that is %s', async (_what, skewMs) => {
    const { world, signIn, get } = scenario();
    world.serverSkewMs = skewMs;
    signIn();
    const date = new Date(world.clock.now() + skewMs + 4_000).toUTCString();
    world.expectCalls(
      ['GetRoleCredentials', throttled(date)],
      ['GetRoleCredentials', issued(hourMs)],
    );
    keyOf(await get());
    expectPauses(world, [4_000]);
  });

  test('beyond the budget ends the call at once, and nobody asks before it is over', async () => {
    const made = scenario();
    made.signIn();
    made.world.serve(throttled('120'));
    expect(await made.get()).toMatchObject({
      code: 'Throttled',
      text: expect.stringContaining('rate limited'),
    });
    expect(made.world.clock.sleeps).toEqual([]);
    const asked = await whenAsked(made, 250);
    expect(asked).toEqual([120, 240]);
  });

  test('of the token service is obeyed by all roles, and the token is kept', async () => {
    const made = scenario();
    const { refreshToken } = made.signIn({ expiresAt: made.world.clock.now() - 1 });
    made.world.serve(
      failure(429, 'SlowDownException', { error: 'slow_down' }, { 'retry-after': '60' }),
    );
    expect(await made.get()).toMatchObject({ code: 'Throttled' });
    const ask = () => made.get({ roleName: 'Other' });
    expect(await whenAsked(made, 70, ask)).toEqual([60]);
    expect(made.token()).toMatchObject({ refreshToken });
  });

  test('of the network’s nonsense does not lock anybody out for days', async () => {
    const made = scenario();
    made.signIn();
    made.world.serve(failure(503, 'ServiceUnavailable', {}, { 'retry-after': '999999999' }));
    expect(await made.get()).toMatchObject({ code: 'ServiceFailed' });
    made.world.clock.advance(5 * minuteMs);
    made.world.serve(issued(hourMs));
    keyOf(await made.get());
  });

  test.each(['', 'soon', '-5', '1.5', '1e9', 'Infinity'])('of %j is none', async (value) => {
    const { world, signIn, get } = scenario();
    signIn();
    world.expectCalls(
      ['GetRoleCredentials', throttled(value)],
      ['GetRoleCredentials', issued(hourMs)],
    );
    keyOf(await get());
    expect(world.clock.sleeps[0]).toBeLessThanOrEqual(2_000);
  });
});

test('when our clock is set back, AWS is asked again at once', async () => {
  const made = scenario();
  made.signIn();
  made.world.clock.advance(hourMs);
  made.world.serve(refused);
  await whenAsked(made, 60);
  made.world.clock.set(-30 * minuteMs);
  expect(await whenAsked(made, 20)).toEqual([0, 15]);
});

test('a failure of which the record is damaged is forgotten', async () => {
  const made = scenario();
  made.signIn();
  made.world.serve(refused);
  await made.get();
  for (const name of ['a', 'b']) made.store.write('failures', `${name}.json`, 'damaged');
  made.world.serve(reply(200, ''));
  expect(await made.get()).toMatchObject({ code: 'RoleRefused' });
});

describe('a memory that cannot be written', () => {
  const error = new SsoCredError('NetworkFailed', 'No network');

  testWithMounts('is no reason to fail: neither to remember nor to forget', () =>
    withDisk(64, (disk, remountReadOnly) => {
      const world = fakeWorld();
      const memory = failureMemory(openStore(`${disk}/sso-cred`, world), 'role', world);
      memory.remember(error, 'stamp');
      expect(memory.standing('stamp', false)).toMatchObject({ code: 'NetworkFailed' });
      remountReadOnly();
      memory.remember(error, 'stamp');
      memory.forget();
      world.clock.advance(minuteMs);
      expect(memory.standing('stamp', false)).toBeUndefined();
    }),
  );
});
