import { describe, expect, test } from '@jest/globals';
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

/** Serves whatever is asked: tokens for a day, roles for an hour. */
function served(skewMs: number): Scenario {
  const made = scenario();
  made.world.serverSkewMs = skewMs;
  made.signIn({ expiresAt: made.world.clock.now() + dayMs });
  const [token, credentials] = [refreshed(), issued(hourMs)];
  made.world.serve((call, world) =>
    (call.operation === 'CreateToken' ? token : credentials)(call, world),
  );
  return made;
}

/** Asks once in a while for so long; checks each answer by the clock of the server. */
async function useFor(made: Scenario, ms: number, everyMs: number): Promise<number> {
  const { world, get } = made;
  const before = world.calls.length;
  for (let passed = 0; passed < ms; passed += everyMs) {
    const outcome = await get();
    if (!('output' in outcome)) throw new Error(outcome.text);
    const serverNow = world.clock.now() + world.serverSkewMs;
    expect(Date.parse(outcome.output.Expiration)).toBeGreaterThan(serverNow);
    world.clock.advance(everyMs);
  }
  return world.calls.length - before;
}

describe('with a clock that differs from the server’s', () => {
  test.each([
    { clock: 'right', skewMs: 0, calls: 6 },
    { clock: '1 s ahead', skewMs: -1_000, calls: 6 },
    { clock: '10 min behind', skewMs: 10 * minuteMs, calls: 6 },
    { clock: 'a day behind', skewMs: dayMs, calls: 6 },
    { clock: '10 min ahead', skewMs: -10 * minuteMs, calls: 8 },
  ])('($clock) no answer has expired, and AWS is asked $calls times in 4 h', async (each) => {
    expect(await useFor(served(each.skewMs), 4 * hourMs, minuteMs)).toBe(each.calls);
  });

  test('that is a day ahead AWS is asked twice a minute at most: what it gives looks expired', async () => {
    const made = served(-dayMs);
    expect(await useFor(made, 10 * minuteMs, 1_000)).toBeLessThanOrEqual(20);
  });

  test.each([10 * minuteMs, -10 * minuteMs, dayMs, -dayMs])(
    'by %d ms, `Expiration` is what AWS gave',
    async (skewMs) => {
      const { world, get } = served(skewMs);
      const expiration = world.clock.now() + skewMs + hourMs;
      expect(await get()).toMatchObject({
        output: { Expiration: new Date(expiration).toISOString().replace('.000', '') },
      });
    },
  );
});

describe('when our clock is set', () => {
  test('back by a few minutes, nothing happens', async () => {
    const made = served(0);
    const key = keyOf(await made.get());
    made.world.clock.advance(minuteMs);
    made.world.clock.set(-5 * minuteMs);
    expect(keyOf(await made.get())).toBe(key);
  });

  test('back by an hour, the role is asked for once and then served', async () => {
    const made = served(0);
    made.world.clock.advance(2 * hourMs);
    const key = keyOf(await made.get());
    made.newCalls();
    made.world.clock.set(-hourMs);
    made.world.serverSkewMs = hourMs;
    const next = keyOf(await made.get());
    expect(next).not.toBe(key);
    expect(keyOf(await made.get())).toBe(next);
    expect(made.newCalls()).toEqual({ GetRoleCredentials: 1 });
  });

  test('back by a day, beyond the time of the sign-in, the token is refreshed once', async () => {
    const made = served(0);
    made.world.clock.advance(2 * hourMs);
    await made.get();
    made.newCalls();
    made.world.clock.set(-dayMs);
    made.world.serverSkewMs = dayMs;
    for (let count = 0; count < 5; count += 1) {
      keyOf(await made.get());
      made.world.clock.advance(minuteMs);
    }
    expect(made.newCalls()).toEqual({ CreateToken: 1, GetRoleCredentials: 1 });
  });

  test('forward by two hours, the role is asked for once and then served', async () => {
    const made = served(0);
    keyOf(await made.get());
    made.newCalls();
    made.world.clock.set(2 * hourMs);
    made.world.serverSkewMs = -2 * hourMs;
    keyOf(await made.get());
    expect(made.newCalls()).toEqual({ GetRoleCredentials: 1 });
  });

  test('right again after it was ahead, what was obtained meanwhile is not trusted', async () => {
    const made = served(-dayMs);
    keyOf(await made.get());
    made.newCalls();
    made.world.clock.set(-dayMs);
    made.world.serverSkewMs = 0;
    made.world.expectCalls(['CreateToken', refreshed()], [role, issued(hourMs)]);
    made.world.serve(undefined);
    const key = keyOf(await made.get());
    made.world.clock.advance(30 * minuteMs);
    expect(keyOf(await made.get())).toBe(key);
  });
});

test('after the machine slept through the night, AWS is asked anew', async () => {
  const made = served(0);
  const key = keyOf(await made.get());
  // The wall clock runs on while the machine sleeps, the monotonic one does not.
  made.world.clock.set(10 * hourMs);
  made.world.serverSkewMs = 0;
  const next = keyOf(await made.get());
  expect(next).not.toBe(key);
});
