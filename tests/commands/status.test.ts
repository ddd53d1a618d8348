import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from '@jest/globals';
import { run } from '../../src/cli.ts';
import { encodeFailureRecord } from '../../src/model/failure-record.ts';
import { encodePendingRecord } from '../../src/model/pending-record.ts';
import { encodeRoleRecord, makeRoleRecord } from '../../src/model/role-record.ts';
import { encodeSsoToken } from '../../src/model/sso-token.ts';
import { sha256 } from '../../src/store/digest.ts';
import { ssoTokenFile } from '../../src/store/sso-token-cache.ts';
import type { World } from '../../src/world.ts';
import { type FakeWorld, fakeWorld } from '../support/fake-world.ts';
import { freshDirectory } from '../support/fresh-directory.ts';
import { expectGolden } from '../support/golden.ts';

const hourMs = 3_600_000;
const startUrl = 'https://corp.awsapps.com/start';
const region = 'eu-west-1';

const config = `[profile dev]
credential_process = sso-cred --profile dev
sso_cred_session = corp
sso_cred_account_id = 111122223333
sso_cred_role_name = Developer

[sso-session corp]
sso_start_url = ${startUrl}
sso_region = ${region}

[sso-session old]
sso_start_url = ${startUrl}
sso_region = ${region}

[sso-session waiting]
sso_start_url = ${startUrl}
sso_region = ${region}

[oidc-session acme]
issuer = https://acme.eu.auth0.com/
client_id = abc123
`;

/** A home with sessions in all states, a cached role, a failure and an error. */
function busyWorld(): { readonly world: FakeWorld; readonly home: string } {
  const home = freshDirectory();
  const world = fakeWorld({ HOME: home, TERM: 'xterm' });
  const now = world.clock.now();
  const tokens = join(home, '.aws', 'sso', 'cache');
  const records = join(home, '.aws', 'sso-cred');
  const write = (folder: string, name: string, text: string) => {
    mkdirSync(folder, { recursive: true, mode: 0o700 });
    writeFileSync(join(folder, name), text, { mode: 0o600 });
  };
  write(join(home, '.aws'), 'config', config);
  const fileOf = (name: string) => ssoTokenFile(tokens, { name, startUrl });
  const token = { startUrl, region, accessToken: 'a-secret', expiresAt: now + hourMs };
  const client = { clientId: 'id', clientSecret: 'a-secret', refreshToken: 'a-secret' };
  const nameOf = (name: string) => fileOf(name).slice(tokens.length + 1);
  write(tokens, nameOf('corp'), encodeSsoToken({ ...token, ...client }));
  write(tokens, nameOf('old'), encodeSsoToken({ ...token, expiresAt: now - hourMs }));
  const keys = {
    accessKeyId: 'ASIAEXAMPLE',
    secretAccessKey: 'a-secret',
    sessionToken: 'a-secret',
  };
  const role = makeRoleRecord(
    { ...keys, expiration: now + 1.5 * hourMs, accountId: '111122223333' },
    {
      roleFile: `${'0'.repeat(64)}.json`,
      obtainedAt: now,
      skewMs: 0,
      roleName: 'Developer',
      signIn: 'x',
      tokenFile: fileOf('corp'),
      tokenStamp: 'x',
    },
  );
  write(join(records, 'roles'), role.roleFile, encodeRoleRecord(role));
  const failure = {
    code: 'RoleRefused',
    message: 'AWS refuses the role Admin in account 111122223333: No access',
    count: 2,
    failedAt: now,
    notBefore: now + 120_000,
    tokenStamp: 'x',
  } as const;
  write(join(records, 'failures'), 'role-x.json', encodeFailureRecord(failure));
  const owner = { ...world.processes.self(), socket: '', since: now };
  const pending = {
    id: 'x',
    task: 'sign-in',
    owner,
    startedAt: now - 60_000,
    starts: 1,
    flow: 'device',
    shown: {
      kind: 'device',
      verificationUri: `${startUrl}/device`,
      verificationUriComplete: `${startUrl}/device?user_code=ABCD-EFGH`,
      userCode: 'ABCD-EFGH',
      isOpened: false,
      deviceCode: 'a-secret',
      intervalMs: 5_000,
      expiresAt: now + 600_000,
    },
  } as const;
  const name = `${sha256(fileOf('waiting'))}.json`;
  write(join(records, 'pending'), name, encodePendingRecord(pending));
  const error = {
    time: '2020-01-01T11:58:00Z',
    profile: 'admin',
    message: 'AWS refuses the role Admin in account 111122223333: No access.',
  };
  write(records, 'last-errors.jsonl', `${JSON.stringify(error)}\n`);
  return { world, home };
}

/** Runs status, and gives what it prints as in one home and one time zone. */
async function shown(
  args: readonly string[],
  change: Partial<World> = {},
  exitStatus = 0,
): Promise<string> {
  const { world, home } = busyWorld();
  expect(await run(['status', ...args], { ...world, ...change })).toBe(exitStatus);
  expect(world.printed.err).toBe('');
  expect(world.printed.out).not.toContain('a-secret');
  expect(world.deviations()).toEqual([]);
  const offsetMs = new Date(world.clock.now()).getTimezoneOffset() * 60_000;
  const inUtc = (time: string) => {
    const [hours = 0, minutes = 0] = time.split(':').map(Number);
    const ms = (hours * 60 + minutes) * 60_000 + offsetMs;
    return new Date(((ms % (24 * hourMs)) + 24 * hourMs) % (24 * hourMs))
      .toISOString()
      .slice(11, 16);
  };
  return world.printed.out
    .replaceAll(home, '/home/jane')
    .replace(/(?<=until |since |^|NEXT TRY.*\n\S+ {2})\d\d:\d\d(?=[ .])/gm, inUtc);
}

describe('what is shown', () => {
  test('of all sessions', async () => {
    expectGolden('status.txt', await shown([]));
  });

  test('of all sessions, as JSON', async () => {
    expectGolden('status.json', await shown(['--json']));
  });

  test.each(['corp', 'old', 'waiting', 'acme'])('of the session %s alone', async (session) => {
    const exitStatus = session === 'corp' ? 0 : 3;
    expectGolden(`status-${session}.txt`, await shown(['--session', session], {}, exitStatus));
  });

  test('on a terminal, in colours and in lines that fit', async () => {
    const change = { isTerminal: () => true, columns: () => 80 };
    const text = await shown([], change);
    expectGolden('status-terminal.txt', text);
    // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is looked for
    const lines = text.replace(/\u001b\[\d+m/g, '').split('\n');
    expect(Math.max(...lines.map((line) => line.length))).toBeLessThanOrEqual(80);
  });
});
