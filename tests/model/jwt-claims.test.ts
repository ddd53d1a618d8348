import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import {
  jwtAlgorithm,
  jwtPayload,
  roleSessionName,
  shownClaims,
} from '../../src/model/jwt-claims.ts';

/** A token with this payload, and a signature that nobody looks at here. */
function jwt(payload: unknown, header: unknown = { alg: 'RS256' }): string {
  const part = (value: unknown) => Buffer.from(JSON.stringify(value)).toString('base64url');
  return `${part(header)}.${part(payload)}.c2lnbmF0dXJl`;
}

const claimName = fc.constantFrom(
  'iss',
  'sub',
  'aud',
  'azp',
  'amr',
  'email',
  'preferred_username',
  'https://aws.amazon.com/tags',
  '__proto__',
);
const nasty = fc.oneof(
  fc.jsonValue(),
  fc.string({ unit: 'binary' }),
  fc.constant([{ toString: null, valueOf: 1 }]),
  fc.constant({ principal_tags: { Department: ['x'] } }),
  fc.constant({ principal_tags: null }),
);
const token = fc.oneof(
  fc.array(fc.tuple(claimName, nasty)).map((claims) => jwt(Object.fromEntries(claims))),
  fc.jsonValue().map((payload) => jwt(payload, payload)),
  fc.array(fc.base64String()).map((parts) => parts.join('.')),
  fc.string({ unit: 'binary' }),
);

test('whatever a token holds, reading it never fails', () => {
  fc.assert(
    fc.property(token, (text) => {
      jwtPayload(text);
      jwtAlgorithm(text);
      for (const value of Object.values(shownClaims(text))) expect(typeof value).toBe('string');
    }),
    { numRuns: 500 },
  );
});

describe('the name of a role session', () => {
  test('is one that STS takes, whatever the token and the template', () => {
    const template = fc.option(
      fc.oneof(
        fc.string({ unit: 'binary' }),
        fc.constantFrom('{email}', '{sub}-{x}', '{__proto__}'),
      ),
      { nil: undefined },
    );
    fc.assert(
      fc.property(token, template, (text, form) => {
        expect(roleSessionName(text, form)).toMatch(/^[\w+=,.@-]{2,64}$/);
      }),
      { numRuns: 500 },
    );
  });

  test.each<[object, string | undefined, string]>([
    [{ email: 'me@example.com', sub: 'x1' }, undefined, 'me@example.com'],
    [{ preferred_username: 'me', sub: 'x1' }, undefined, 'me'],
    [{ sub: 'auth0|5f7c' }, undefined, 'auth0-5f7c'],
    [{}, undefined, 'sso-cred'],
    [{ sub: 'x' }, undefined, 'sso-cred'],
    [{ email: 'me@example.com', team: 'core' }, '{team}.{email}', 'core.me@example.com'],
    [{ email: 'me@example.com' }, '{nothing}', 'sso-cred'],
    [{ email: 'Jürgen Müller@x' }, undefined, 'J-rgen-M-ller@x'],
    [{ email: 'x'.repeat(80) }, undefined, 'x'.repeat(64)],
  ])('of %j by %p is %s', (claims, template, name) => {
    expect(roleSessionName(jwt(claims), template)).toBe(name);
  });
});

test('shown are the claims that an administrator needs, and the names of tags only', () => {
  const claims = {
    iss: 'https://acme.eu.auth0.com/',
    sub: 'auth0|1',
    aud: ['a', 'b'],
    azp: 'a',
    amr: ['mfa'],
    email: 'me@example.com',
    'https://aws.amazon.com/tags': { principal_tags: { Team: ['secret'] } },
  };
  expect(shownClaims(jwt(claims))).toEqual({
    iss: 'https://acme.eu.auth0.com/',
    sub: 'auth0|1',
    aud: 'a b',
    azp: 'a',
    amr: 'mfa',
    tags: 'Team',
  });
});
