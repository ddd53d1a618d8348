import { afterEach, describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import {
  type ClientRegistration,
  decodeClientRegistration,
  encodeClientRegistration,
} from '../../src/model/client-registration.ts';
import {
  decodeFailureRecord,
  encodeFailureRecord,
  type FailureRecord,
} from '../../src/model/failure-record.ts';
import { decodeOidcToken, encodeOidcToken, type OidcToken } from '../../src/model/oidc-token.ts';
import { decodeOwner, encodeOwner, type Owner } from '../../src/model/owner.ts';
import {
  decodePendingRecord,
  encodePendingRecord,
  type PendingRecord,
  type SignInShown,
} from '../../src/model/pending-record.ts';
import {
  decodeProfileIndex,
  encodeProfileIndex,
  type ProfileIndex,
} from '../../src/model/profile-index.ts';
import { toProcessOutput } from '../../src/model/role-credentials.ts';
import {
  decodeRoleRecord,
  encodeRoleRecord,
  type RoleRecord,
} from '../../src/model/role-record.ts';
import {
  decodeSessionRecord,
  encodeSessionRecord,
  type SessionRecord,
} from '../../src/model/session-record.ts';
import { decodeSsoToken, encodeSsoToken, type SsoToken } from '../../src/model/sso-token.ts';

/** A kind of record, its values never looked into by the tests that all kinds share. */
interface RecordKind {
  readonly name: string;
  readonly decode: (text: string) => object | undefined;
  readonly encode: (record: object) => string;
  readonly valid: fc.Arbitrary<object>;
}

function kind<T extends object>(
  name: string,
  decode: (text: string) => T | undefined,
  encode: (record: T) => string,
  valid: fc.Arbitrary<T>,
): RecordKind {
  return { name, decode, encode: (record) => encode(record as T), valid };
}

const text = fc.string({ unit: 'binary', minLength: 1, maxLength: 40 });
const number = fc.double({ noNaN: true, noDefaultInfinity: true }).map((value) => value + 0);
const epochMs = fc.integer({ min: 0, max: Date.UTC(9999, 0) });
/** Token files hold whole seconds. */
const wholeSecond = epochMs.map((ms) => Math.floor(ms / 1000) * 1000);

const ssoToken: fc.Arbitrary<SsoToken> = fc.record(
  {
    accessToken: text,
    expiresAt: wholeSecond,
    startUrl: text,
    region: text,
    refreshToken: text,
    clientId: text,
    clientSecret: text,
    registrationExpiresAt: wholeSecond,
  },
  { requiredKeys: ['accessToken', 'expiresAt'] },
);

const roleMembers = {
  output: fc
    .record({
      accessKeyId: text,
      secretAccessKey: text,
      sessionToken: text,
      expiration: epochMs,
      accountId: text,
    })
    .map(toProcessOutput),
  roleFile: text,
  expiresAt: number,
  obtainedAt: number,
  skewMs: number,
  roleName: text,
  signIn: text,
  tokenFile: text,
  tokenStamp: text,
};
const roleRecord: fc.Arbitrary<RoleRecord> = fc.oneof(
  fc.record(roleMembers),
  fc.record({ ...roleMembers, cappedDurationS: number }),
);

const oidcToken: fc.Arbitrary<OidcToken> = fc.record(
  {
    issuer: text,
    clientId: text,
    request: text,
    webIdentityToken: text,
    expiresAt: number,
    obtainedAt: number,
    refreshToken: text,
  },
  {
    requiredKeys: ['issuer', 'clientId', 'request', 'webIdentityToken', 'expiresAt', 'obtainedAt'],
  },
);

const sessionRecord: fc.Arbitrary<SessionRecord> = fc.record({
  generation: text,
  current: fc.option(fc.record({ signIn: text, tokenDigest: text, obtainedAt: number }), {
    nil: undefined,
  }),
});

const failureRecord: fc.Arbitrary<FailureRecord> = fc.record(
  {
    code: fc.constantFrom(
      'NetworkFailed',
      'ServiceFailed',
      'Throttled',
      'RoleRefused',
      'SessionEnded',
      'SignInUnfinished',
      'SignInDenied',
      'SignInRefused',
    ),
    message: text,
    remedy: text,
    count: fc.integer({ min: 1 }),
    failedAt: number,
    notBefore: number,
    tokenStamp: text,
  },
  { requiredKeys: ['code', 'message', 'count', 'failedAt', 'notBefore', 'tokenStamp'] },
);

const clientRegistration: fc.Arbitrary<ClientRegistration> = fc.record({
  clientId: text,
  clientSecret: text,
  expiresAt: number,
});

const fingerprint = fc.record({ path: text, stamp: text });
const profileIndex: fc.Arbitrary<ProfileIndex> = fc.record({
  profile: text,
  writtenBy: text,
  configFile: fingerprint,
  credentialsFile: fingerprint,
  roleFile: fc
    .string({ unit: fc.constantFrom(...'0123456789abcdef'), minLength: 64, maxLength: 64 })
    .map((digest) => `${digest}.json`),
  renewAhead: fc.boolean(),
});

const owner: fc.Arbitrary<Owner> = fc.record({
  pid: number,
  startTime: fc.oneof(fc.constant(''), text),
  kernel: fc.oneof(fc.constant(''), text),
  pidNamespace: fc.oneof(fc.constant(''), text),
  socket: fc.constantFrom('', '0a1b2c3d-4e5f6071.sock'),
  since: number,
});

const shown: fc.Arbitrary<SignInShown> = fc.oneof(
  fc.record({ kind: fc.constant('browser'), url: text, isOpened: fc.boolean() }),
  fc.record({
    kind: fc.constant('device'),
    verificationUri: text,
    verificationUriComplete: text,
    userCode: text,
    isOpened: fc.boolean(),
    deviceCode: text,
    intervalMs: number,
    expiresAt: number,
  }),
);

const pendingRecord: fc.Arbitrary<PendingRecord> = fc.record(
  {
    id: text,
    task: fc.constantFrom('refresh', 'sign-in'),
    owner,
    startedAt: number,
    starts: number,
    flow: fc.constantFrom('browser', 'device'),
    shown,
  },
  { requiredKeys: ['id', 'task', 'owner', 'startedAt', 'starts'] },
);

const kinds = [
  kind('a token file', decodeSsoToken, encodeSsoToken, ssoToken),
  kind('a role record', decodeRoleRecord, encodeRoleRecord, roleRecord),
  kind('an OpenID token record', decodeOidcToken, encodeOidcToken, oidcToken),
  kind('a session record', decodeSessionRecord, encodeSessionRecord, sessionRecord),
  kind('a failure record', decodeFailureRecord, encodeFailureRecord, failureRecord),
  kind(
    'a client registration',
    decodeClientRegistration,
    encodeClientRegistration,
    clientRegistration,
  ),
  kind('an owner', decodeOwner, encodeOwner, owner),
  kind('a pending record', decodePendingRecord, encodePendingRecord, pendingRecord),
  kind('a profile index', decodeProfileIndex, encodeProfileIndex, profileIndex),
];

afterEach(() => {
  expect(Object.keys(Object.prototype)).toEqual([]);
  expect({}).not.toHaveProperty('polluted');
});

/** What a decoder gives is a whole record: written down and read again, it is the same. */
function expectWholeOrNothing({ decode, encode }: RecordKind, content: string): void {
  const record = decode(content);
  if (record === undefined) return;
  expect(Object.getPrototypeOf(record)).toBe(Object.prototype);
  const again = decode(encode(record));
  expect(again).toBeDefined();
  expect(decode(encode(again ?? {}))).toEqual(again);
}

describe.each(kinds)('$name', (each) => {
  const { decode, encode, valid } = each;

  test('is read as it was written', () => {
    fc.assert(
      fc.property(valid, (record) => {
        expect(decode(encode(record))).toEqual(record);
      }),
    );
  });

  test('comes from no text but its own kind, whatever the bytes', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 200 }), (bytes) => {
        expect(decode(Buffer.from(bytes).toString('utf8'))).toBeUndefined();
      }),
    );
  });

  test('comes from no other JSON', () => {
    fc.assert(
      fc.property(fc.json(), (content) => {
        expectWholeOrNothing(each, content);
      }),
    );
  });

  test('never comes out in part, wherever its text is cut', () => {
    fc.assert(
      fc.property(valid, fc.nat(), (record, seed) => {
        const content = encode(record);
        expect(decode(content.slice(0, seed % content.length))).toBeUndefined();
      }),
    );
  });

  test('comes out whole or not at all when a byte of it is wrong', () => {
    fc.assert(
      fc.property(valid, fc.nat(), fc.integer({ min: 1, max: 255 }), (record, seed, flip) => {
        const bytes = Buffer.from(encode(record));
        const at = seed % bytes.length;
        bytes[at] = (bytes[at] ?? 0) ^ flip;
        expectWholeOrNothing(each, bytes.toString('utf8'));
      }),
    );
  });

  test('comes out whole or not at all when a member is missing or something else', () => {
    fc.assert(
      fc.property(valid, fc.nat(), fc.option(fc.jsonValue()), (record, seed, value) => {
        const members = Object.entries(JSON.parse(encode(record)));
        const at = seed % members.length;
        const name = members[at]?.[0] ?? '';
        if (value === null) members.splice(at, 1);
        else members[at] = [name, value];
        expectWholeOrNothing(each, JSON.stringify(Object.fromEntries(members)));
      }),
    );
  });

  test('has no members but its own, and leaves prototypes alone', () => {
    const strange = fc.constantFrom('__proto__', 'constructor', 'prototype', 'toString', 'x');
    fc.assert(
      fc.property(valid, strange, (record, name) => {
        const content = encode(record);
        const extended = `{"${name}":{"polluted":true},${content.slice(1)}`;
        expect(decode(extended)).toEqual(record);
      }),
    );
  });

  test('is not put together from inherited members', () => {
    fc.assert(
      fc.property(valid, (record) => {
        const content = encode(record);
        expect(decode(`{"__proto__":${content}}`)).toBeUndefined();
        expect(decode(`{"constructor":{"prototype":${content}}}`)).toBeUndefined();
        expect(decode(`[${content}]`)).toBeUndefined();
        expect(decode(JSON.stringify(content))).toBeUndefined();
      }),
    );
  });

  test('is not completed by what somebody put on a prototype', () => {
    fc.assert(
      fc.property(valid, fc.nat(), (record, seed) => {
        const members = Object.entries(JSON.parse(encode(record)));
        const [[name, value] = ['', undefined]] = members.splice(seed % members.length, 1);
        const content = JSON.stringify(Object.fromEntries(members));
        const without = decode(content);
        Object.defineProperty(Object.prototype, name, { value, configurable: true });
        try {
          expect(decode(content)).toEqual(without);
        } finally {
          Reflect.deleteProperty(Object.prototype, name);
        }
      }),
    );
  });

  test('is not read from text that is nested without end', () => {
    expect(decode('['.repeat(500_000))).toBeUndefined();
    expect(decode('{"a":'.repeat(200_000))).toBeUndefined();
  });
});

test.each(kinds.slice(1))('$name of another version counts as absent', (each) => {
  fc.assert(
    fc.property(each.valid, fc.jsonValue(), (record, version) => {
      fc.pre(version !== 1);
      const members = JSON.parse(each.encode(record));
      expect(each.decode(JSON.stringify({ ...members, version }))).toBeUndefined();
    }),
  );
});

test('a token file has only the eight keys of the AWS CLI, all of them texts that are not empty', () => {
  fc.assert(
    fc.property(ssoToken, (token) => {
      const file: Record<string, unknown> = JSON.parse(encodeSsoToken(token));
      expect(Object.keys(token).sort()).toEqual(Object.keys(file).sort());
      for (const value of Object.values(file)) expect(value).toMatch(/./su);
      expect(file['expiresAt']).toMatch(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/);
    }),
  );
});

describe('a token file of another tool', () => {
  const file = { accessToken: 'a', expiresAt: '2026-01-02T03:04:05Z' };
  const expiresAt = Date.UTC(2026, 0, 2, 3, 4, 5);

  test.each([
    '2026-01-02T03:04:05Z',
    '2026-01-02T03:04:05UTC',
    '2026-01-02T03:04:05z',
    '2026-01-02T03:04:05+00:00',
    '2026-01-02T04:04:05+01:00',
    '2026-01-01T22:04:05-0500',
  ])('may write its expiry as %s', (written) => {
    expect(decodeSsoToken(JSON.stringify({ ...file, expiresAt: written }))).toEqual({
      accessToken: 'a',
      expiresAt,
    });
  });

  test('may write fractions of a second', () => {
    const written = '2026-01-02T03:04:05.123456789Z';
    const token = decodeSsoToken(JSON.stringify({ ...file, expiresAt: written }));
    expect(token?.expiresAt).toBe(expiresAt + 123);
  });

  test.each([
    '2026-01-02T03:04:05',
    '2026-01-02',
    'tomorrow',
    '2026-13-02T03:04:05Z',
    '2026-01-02T25:04:05Z',
    '2026-01-02T03:04:05+99:00',
    1_767_323_045,
    '',
    null,
  ])('is no token when it says %p for its expiry', (written) => {
    expect(decodeSsoToken(JSON.stringify({ ...file, expiresAt: written }))).toBeUndefined();
  });

  test('loses members that are empty or no texts, and stays a token', () => {
    const odd = { ...file, refreshToken: '', clientId: 7, clientSecret: null, region: ['x'] };
    expect(decodeSsoToken(JSON.stringify(odd))).toEqual({ accessToken: 'a', expiresAt });
  });

  test('is no token when it holds a client registration only', () => {
    const registration = { clientId: 'c', clientSecret: 's', expiresAt: '2026-01-02T03:04:05Z' };
    expect(decodeSsoToken(JSON.stringify(registration))).toBeUndefined();
  });
});

test.each(['../a.sock', '/a.sock', 'a/b.sock', '.', '..', 'a.json', 'a.sock/..', 'a.sock\n'])(
  'an owner whose socket would be %j is none: the name is joined to a folder of ours',
  (socket) => {
    const valid = { version: 1, pid: 1, since: 1 };
    expect(decodeOwner(JSON.stringify({ ...valid, socket: 'a.sock' }))).toBeDefined();
    expect(decodeOwner(JSON.stringify({ ...valid, socket }))).toBeUndefined();
  },
);

describe('the answer in a role record', () => {
  const credentials = {
    accessKeyId: 'ASIA',
    secretAccessKey: 's',
    sessionToken: 't',
    expiration: 0,
    accountId: '111122223333',
  };
  const record: RoleRecord = {
    output: toProcessOutput(credentials),
    roleFile: 'r',
    expiresAt: 0,
    obtainedAt: 0,
    skewMs: 0,
    roleName: 'Developer',
    signIn: 'i',
    tokenFile: '/t',
    tokenStamp: 's',
  };
  const withOutput = (output: string) => decodeRoleRecord(encodeRoleRecord({ ...record, output }));

  test.each(Object.keys(JSON.parse(record.output)))('must have %s', (name) => {
    const { [name]: _, ...rest } = JSON.parse(record.output);
    expect(withOutput(record.output)).toEqual(record);
    expect(withOutput(JSON.stringify(rest))).toBeUndefined();
    expect(withOutput(JSON.stringify({ ...rest, [name]: '' }))).toBeUndefined();
  });

  test('is one line', () => {
    expect(withOutput(JSON.stringify(JSON.parse(record.output), null, 1))).toBeUndefined();
    expect(withOutput(`${record.output}\n`)).toBeUndefined();
  });

  test('is of Version 1', () => {
    expect(withOutput(record.output.replace('"Version":1', '"Version":2'))).toBeUndefined();
    expect(withOutput(record.output.replace('"Version":1', '"Version":"1"'))).toBeUndefined();
  });
});
