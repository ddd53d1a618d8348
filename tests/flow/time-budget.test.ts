import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { refreshBudgetMs } from '../../src/flow/spend-refresh-token.ts';
import { type ErrorCode, exitStatuses, SsoCredError } from '../../src/model/errors.ts';
import { idempotent, retrying, singleUse } from '../../src/services/retry.ts';
import {
  type Answer,
  delayed,
  failure,
  fakeWorld,
  noConnection,
  reply,
  silence,
} from '../support/fake-world.ts';
import { hourMs, issued, keyOf, minuteMs, refreshed, scenario } from './scenario.ts';

const throttled = failure(429, 'TooManyRequestsException');
const broken = failure(500, 'InternalServerException');

describe('a call that fails for no fault of ours is repeated', () => {
  test.each<[string, Answer, number, string]>([
    ['no connection', noConnection, 2, 'NetworkFailed'],
    ['500', broken, 3, 'ServiceFailed'],
    ['503', failure(503, 'ServiceUnavailable'), 3, 'ServiceFailed'],
    ['429', throttled, 12, 'Throttled'],
    ['nonsense', reply(200, '<html>'), 3, 'ServiceFailed'],
    ['403', failure(403, 'ForbiddenException'), 1, 'RoleRefused'],
    ['404', failure(404, 'ResourceNotFoundException'), 1, 'RoleRefused'],
    ['400', failure(400, 'InvalidRequestException'), 1, 'RoleRefused'],
  ])('for a role: %s', async (_what, answer, times, code) => {
    const { world, signIn, get } = scenario();
    signIn();
    world.serve(answer);
    expect(await get({ budgetMs: 60_000 })).toMatchObject({ code });
    expect(world.calls).toHaveLength(times);
    expect(world.clock.sleeps).toHaveLength(times - 1);
  });

  test.each<[string, Answer, number]>([
    ['no connection', noConnection, 2],
    ['500', broken, 2],
    ['429', failure(429, 'TooManyRequestsException', { error: 'slow_down' }), 3],
    ['400', failure(400, 'InvalidGrantException', { error: 'invalid_grant' }), 1],
  ])('for a token: %s', async (_what, answer, times) => {
    const { world, signIn, get } = scenario();
    signIn({ expiresAt: world.clock.now() - 1 });
    world.serve(answer);
    expect(await get()).not.toHaveProperty('output');
    expect(world.calls).toHaveLength(times);
  });

  test('and succeeds as if nothing had been', async () => {
    const { world, signIn, get } = scenario();
    signIn();
    world.expectCalls(
      ['GetRoleCredentials', throttled],
      ['GetRoleCredentials', broken],
      ['GetRoleCredentials', issued(hourMs)],
    );
    keyOf(await get());
  });

  test.each<[ErrorCode, readonly number[]]>([
    ['ServiceFailed', [200, 400]],
    ['Throttled', [500, 1_000, 2_000, 4_000, ...Array<number>(7).fill(5_000)]],
  ])('after pauses with full jitter: %s', async (code, bounds) => {
    const pauses: number[][] = bounds.map(() => []);
    for (let round = 0; round < 300; round += 1) {
      const world = fakeWorld();
      const fail = () => Promise.reject(new SsoCredError(code, 'Slowly'));
      await expect(retrying(idempotent, fail, 1e9, world)).rejects.toMatchObject({ code });
      for (const [at, ms] of world.clock.sleeps.entries()) pauses[at]?.push(ms);
    }
    pauses.forEach((each, at) => {
      const bound = bounds[at] ?? 0;
      expect(each).toHaveLength(300);
      expect(Math.min(...each)).toBeGreaterThanOrEqual(0);
      expect(Math.min(...each)).toBeLessThan(bound / 5);
      expect(Math.max(...each)).toBeLessThanOrEqual(bound);
      expect(Math.max(...each)).toBeGreaterThan(bound * 0.8);
    });
  });

  test.each([
    ['asking', idempotent],
    ['spending', singleUse],
  ])('never beyond its deadline, nor more often than allowed (%s)', async (_what, attempts) => {
    const codes = Object.keys(exitStatuses) as ErrorCode[];
    await fc.assert(
      fc.asyncProperty(
        fc.array(
          fc.record({
            code: fc.constantFrom(...codes),
            retryAfterMs: fc.option(fc.nat(20_000), { nil: undefined }),
          }),
          { minLength: 6, maxLength: 6 },
        ),
        fc.nat(30_000),
        async (failures, budgetMs) => {
          const world = fakeWorld();
          const deadline = world.clock.monotonicMs() + budgetMs;
          let calls = 0;
          const fail = async () => {
            const { code, retryAfterMs } = failures[calls] ?? { code: 'InternalError' };
            calls += 1;
            throw new SsoCredError(code, 'No', retryAfterMs === undefined ? {} : { retryAfterMs });
          };
          await retrying(attempts, fail, deadline, world).catch(() => undefined);
          expect(world.clock.monotonicMs()).toBeLessThanOrEqual(deadline);
          const last = failures[calls - 1];
          const most = Math.max(...Object.values(attempts));
          expect(calls).toBeLessThanOrEqual(most);
          if (last !== undefined && attempts[last.code] === undefined) {
            expect(world.clock.sleeps).toHaveLength(calls - 1);
          }
        },
      ),
      { numRuns: 200 },
    );
  });

  test('but never what is not ours to explain', async () => {
    const world = fakeWorld();
    let calls = 0;
    const fail = async () => {
      calls += 1;
      throw new TypeError('a bug');
    };
    await expect(retrying(idempotent, fail, 1e9, world)).rejects.toThrow('a bug');
    expect(calls).toBe(1);
  });
});

describe('a call ends within its budget', () => {
  test('however long AWS takes, and whatever it says', async () => {
    const answer = fc.oneof(
      fc.constant<Answer>(silence),
      fc
        .tuple(
          fc.nat(12_000),
          fc.constantFrom<Answer>(
            throttled,
            broken,
            failure(503, 'ServiceUnavailable', {}, { 'retry-after': '9' }),
            failure(401, 'UnauthorizedException'),
            noConnection,
            reply(200, ''),
          ),
        )
        .map(([ms, late]) => delayed(ms, late)),
      fc.nat(12_000).map(
        (ms): Answer =>
          (call, world) => {
            const good = call.operation === 'CreateToken' ? refreshed() : issued(hourMs);
            return delayed(ms, good)(call, world);
          },
      ),
    );
    await fc.assert(
      fc.asyncProperty(
        fc.array(answer, { minLength: 12, maxLength: 12 }),
        fc.constantFrom(1_000, 5_000, 15_000, 45_000),
        fc.boolean(),
        async (answers, budgetMs, isExpired) => {
          const { world, signIn, get } = scenario();
          signIn({ expiresAt: world.clock.now() + (isExpired ? -1 : hourMs) });
          let calls = 0;
          let refreshes = 0;
          world.serve((call, each) => {
            calls += 1;
            if (call.operation === 'CreateToken') refreshes += 1;
            return (answers[calls - 1] ?? silence)(call, each);
          });
          const startedAt = world.clock.monotonicMs();
          await get({ budgetMs });
          // A request that is begun at the last moment has a millisecond; a token that is spent is
          // waited for, whatever is left.
          const allowedMs = budgetMs + 5 + refreshes * refreshBudgetMs;
          expect(world.clock.monotonicMs() - startedAt).toBeLessThanOrEqual(allowedMs);
        },
      ),
      { numRuns: 60 },
    );
  });

  test('which is that of a refresh when something cached still serves and the token has expired', async () => {
    const { world, signIn, get } = scenario();
    signIn({ expiresAt: world.clock.now() + 30 * minuteMs });
    world.expectCalls(['GetRoleCredentials', issued(hourMs)]);
    const key = keyOf(await get());
    world.clock.advance(45 * minuteMs);
    world.serve(silence);
    const startedAt = world.clock.monotonicMs();
    expect(keyOf(await get())).toBe(key);
    expect(world.clock.monotonicMs() - startedAt).toBeLessThanOrEqual(refreshBudgetMs);
  });

  test('no request is given more than 10 s, nor more than what is left', async () => {
    const { world, signIn, get } = scenario();
    signIn();
    world.serve(silence);
    expect(await get({ budgetMs: 15_000 })).toMatchObject({ code: 'NetworkFailed' });
    const [first, second] = world.calls;
    expect(first?.timeoutMs).toBe(10_000);
    expect(second?.timeoutMs).toBeLessThanOrEqual(5_000);
  });
});
