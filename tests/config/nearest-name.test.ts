import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { nearestName } from '../../src/config/nearest-name.ts';

describe('nearestName', () => {
  test.each([
    ['stagin', ['production', 'staging'], 'staging'],
    ['Staging', ['production', 'staging'], 'staging'],
    ['satging', ['production', 'staging'], 'staging'],
    ['dve', ['dev', 'test'], 'dev'],
    ['dew', ['dev', 'dex'], 'dev'],
    ['--acount-id', ['--account-id', '--role-name'], '--account-id'],
    ['logn', ['login', 'logout'], 'login'],
    ['prod-admin', ['prod-admins', 'prod-admin2', 'prod-admin'], 'prod-admin'],
    ['dev', ['prod', 'staging'], undefined],
    ['a', ['b', 'c'], undefined],
    ['', ['a'], undefined],
    ['dev', [], undefined],
    ['__proto_', ['constructor', '__proto__'], '__proto__'],
  ])('for %s out of %j is %s', (name, candidates, expected) => {
    expect(nearestName(name, candidates)).toBe(expected);
  });

  test('a name with one typing error is found among others', () => {
    const names = ['Payments.AdministratorAccess', 'Analytics.ReadOnlyAccess', 'Sandbox.Developer'];
    fc.assert(
      fc.property(
        fc.constantFrom(...names),
        fc.nat(),
        fc.string({ minLength: 1, maxLength: 1 }),
        fc.constantFrom(0, 1),
        (name, place, typed, dropped) => {
          const at = place % name.length;
          const mistyped = name.slice(0, at) + typed + name.slice(at + dropped);
          expect(nearestName(mistyped, names)).toBe(name);
        },
      ),
    );
  });

  test('ten thousand long names that all begin alike take well under a second', () => {
    const names = Array.from(
      { length: 10_000 },
      (_, n) => `${'account.'.repeat(20)}${n}.Developer`,
    );
    const start = performance.now();
    nearestName(`${'account.'.repeat(20)}x.y.Develoepr`, names);
    expect(performance.now() - start).toBeLessThan(1000);
  });
});
