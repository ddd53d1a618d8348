import { unlinkSync } from 'node:fs';
import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { type Answer, failure, noConnection, reply, silence } from '../support/fake-world.ts';
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

/** What may go wrong with one request. */
type Fault = 'none' | 'silence' | 'lost reply' | 'no connection' | '500' | '429' | 'nonsense';

/** What may happen between two calls, or a call. */
type Step =
  | { readonly kind: 'time passes'; readonly ms: number }
  | { readonly kind: 'another tool'; readonly does: 'signs in' | 'signs out' | 'writes it again' }
  | { readonly kind: 'AWS ends the session' }
  | { readonly kind: 'AWS refuses the role'; readonly until: boolean }
  | {
      readonly kind: 'ask';
      readonly role: string;
      readonly refresh: boolean;
      readonly faults: readonly Fault[];
    };

/** Identity Center with refresh tokens that are good once, and a memory of whom it gave what. */
function identityCenter(made: Scenario) {
  const { world } = made;
  const personOf = new Map<string, number>();
  const keys = new Map<string, { person: number; expiration: number }>();
  const spent = new Set<string>();
  const ended = new Set<number>();
  const problems: string[] = [];
  let faults: Fault[] = [];
  let isRefusing = false;
  let lost: string | undefined;

  const refresh: Answer = (call, each) => {
    const sent = String(call.input['refreshToken']);
    const person = personOf.get(sent);
    if (person === undefined) problems.push('a refresh token that nobody has');
    if (person === undefined || ended.has(person)) {
      return failure(400, 'InvalidGrantException', { error: 'invalid_grant' })(call, each);
    }
    if (spent.has(sent) && sent !== lost) problems.push('a refresh token was sent twice');
    spent.add(sent);
    const answer = refreshed({ expiresIn: 3_600 })(call, each);
    const { accessToken, refreshToken } = JSON.parse(answer.body.toString());
    personOf.set(accessToken, person);
    personOf.set(refreshToken, person);
    return answer;
  };

  const role: Answer = (call, each) => {
    const person = personOf.get(call.request.headers['x-amz-sso_bearer_token'] ?? '');
    if (person === undefined || ended.has(person)) {
      return failure(401, 'UnauthorizedException')(call, each);
    }
    if (isRefusing) return failure(403, 'ForbiddenException')(call, each);
    const answer = issued(hourMs)(call, each);
    const { accessKeyId, expiration } = JSON.parse(answer.body.toString()).roleCredentials;
    keys.set(accessKeyId, { person, expiration });
    return answer;
  };

  world.serve((call, each) => {
    const handle = call.operation === 'CreateToken' ? refresh : role;
    switch (faults.shift() ?? 'none') {
      case 'none':
        return handle(call, each);
      case 'silence':
        return silence(call, each);
      case 'lost reply':
        if (call.operation === 'CreateToken') {
          lost = String(call.input['refreshToken']);
          spent.add(lost);
        }
        return silence(call, each);
      case 'no connection':
        return noConnection(call, each);
      case '500':
        return failure(500, 'InternalServerException')(call, each);
      case '429':
        return failure(429, 'TooManyRequestsException')(call, each);
      case 'nonsense':
        return reply(200, '<html>')(call, each);
    }
  });

  return {
    problems,
    keys,
    /** Somebody else signs in; gives who. */
    signIn(): number {
      const person = personOf.size + 1;
      const { accessToken, refreshToken = '' } = made.signIn({
        expiresAt: world.clock.now() + hourMs,
      });
      personOf.set(accessToken, person);
      personOf.set(refreshToken, person);
      return person;
    },
    end: (person: number) => ended.add(person),
    refuse(until: boolean) {
      isRefusing = until;
    },
    fail(next: readonly Fault[]) {
      faults = [...next];
    },
  };
}

const fault = fc.constantFrom<Fault>(
  'none',
  'none',
  'silence',
  'lost reply',
  'no connection',
  '500',
  '429',
  'nonsense',
);
const ask: fc.Arbitrary<Step> = fc.record({
  kind: fc.constant('ask'),
  role: fc.constantFrom('One', 'One', 'Two'),
  refresh: fc.constantFrom(false, false, false, true),
  faults: fc.oneof(fc.constant([]), fc.array(fault, { maxLength: 8 })),
});
const step: fc.Arbitrary<Step> = fc.oneof(
  { weight: 8, arbitrary: ask },
  {
    weight: 6,
    arbitrary: fc.record({
      kind: fc.constant('time passes'),
      ms: fc.oneof(fc.nat(minuteMs), fc.nat(20 * minuteMs), fc.nat(2 * hourMs)),
    }),
  },
  {
    weight: 2,
    arbitrary: fc.record({
      kind: fc.constant('another tool'),
      does: fc.constantFrom('signs in', 'signs out', 'writes it again'),
    }),
  },
  { weight: 1, arbitrary: fc.constant({ kind: 'AWS ends the session' }) },
  {
    weight: 1,
    arbitrary: fc.record({ kind: fc.constant('AWS refuses the role'), until: fc.boolean() }),
  },
);

test('whatever happens, nobody gets what is expired or another person’s, and no refresh token is sent twice', async () => {
  let answers = 0;
  await fc.assert(
    fc.asyncProperty(
      fc.array(step, { minLength: 5, maxLength: 30 }),
      fc.constantFrom(0, 0, 10 * minuteMs, -10 * minuteMs, dayMs, -dayMs),
      async (steps, skewMs) => {
        const made = scenario();
        const { world, get, tokenFile, token } = made;
        world.serverSkewMs = skewMs;
        const aws = identityCenter(made);
        let person: number | undefined = aws.signIn();
        for (const each of steps) {
          switch (each.kind) {
            case 'time passes':
              world.clock.advance(each.ms);
              break;
            case 'another tool':
              if (each.does === 'signs in') person = aws.signIn();
              else if (person !== undefined && each.does === 'signs out') {
                unlinkSync(tokenFile);
                person = undefined;
              } else if (person !== undefined) {
                const { accessToken = '', refreshToken = '', expiresAt = '' } = token();
                made.signIn({ accessToken, refreshToken, expiresAt: Date.parse(expiresAt) });
              }
              break;
            case 'AWS ends the session':
              if (person !== undefined) aws.end(person);
              break;
            case 'AWS refuses the role':
              aws.refuse(each.until);
              break;
            case 'ask': {
              aws.fail(each.faults);
              const outcome = await get({ roleName: each.role, refresh: each.refresh });
              if (!('output' in outcome)) {
                expect([
                  'SignInNeeded',
                  'SessionEnded',
                  'RoleRefused',
                  'NetworkFailed',
                  'ServiceFailed',
                  'Throttled',
                ]).toContain(outcome.code);
                if (person === undefined) expect(outcome.code).toBe('SignInNeeded');
                break;
              }
              answers += 1;
              const given = aws.keys.get(keyOf(outcome));
              expect(given?.person).toBe(person);
              expect(given?.expiration).toBeGreaterThan(world.clock.now() + skewMs);
              expect(Date.parse(outcome.output.Expiration)).toBeLessThanOrEqual(
                given?.expiration ?? 0,
              );
              break;
            }
          }
        }
        expect(aws.problems).toEqual([]);
      },
    ),
    { numRuns: 60 },
  );
  expect(answers).toBeGreaterThan(80);
});
