import { chmodSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from '@jest/globals';
import { run } from '../../src/cli.ts';
import type { World } from '../../src/world.ts';
import { type FakeWorld, fakeWorld } from '../support/fake-world.ts';
import { freshDirectory } from '../support/fresh-directory.ts';
import { expectGolden } from '../support/golden.ts';

const config = `[profile dev]
credential_process = sso-cred --profile dev
sso_cred_session = corp
sso_cred_account_id = 111122223333
sso_cred_role_name = Developer

[profile old]
credential_process = sso-cred --profile old # mine
sso_session = corp
sso_account_id = 111122223333
sso_role_name = Developer

[profile copy]
credential_process = sso-cred --profile dev
sso_cred_session = corp
sso_cred_acount_id = 444455556666

[profile keys]
credential_process = sso-cred --profile keys
aws_access_key_id = AKIAEXAMPLE
aws_secret_access_key = example

[sso-session corp]
sso_start_url = https://corp.awsapps.com/start
sso_region = eu-west-1

[oidc-session acme]
issuer = https://acme.eu.auth0.com/
  client_id = abc123

[sso-session corp]
sso_registration_scopes = sso:account:access
region: eu-west-1
`;

const lastError = {
  time: '2020-01-01T11:58:00Z',
  code: 'SignInNeeded',
  exitStatus: 3,
  profile: 'dev',
  message: 'Not signed in to the session "corp". Run: sso-cred login --profile dev',
};

/** A home with many things that are wrong. */
function sickWorld(): { readonly world: FakeWorld; readonly home: string } {
  const home = freshDirectory();
  const bin = join(home, 'bin');
  const records = join(home, '.aws', 'sso-cred');
  mkdirSync(bin);
  mkdirSync(join(records, 'roles'), { recursive: true, mode: 0o700 });
  writeFileSync(join(home, '.aws', 'config'), config, { mode: 0o600 });
  writeFileSync(join(bin, 'sso-cred'), '#!/bin/sh\n', { mode: 0o755 });
  writeFileSync(join(records, 'last-errors.jsonl'), `${JSON.stringify(lastError)}\n`, {
    mode: 0o600,
  });
  writeFileSync(join(records, 'roles', 'x.json.bad'), 'x', { mode: 0o600 });
  chmodSync(join(records, 'roles'), 0o755);
  return { world: fakeWorld({ HOME: home, PATH: bin, TERM: 'xterm' }), home };
}

/** Runs doctor, and gives what it prints without what differs between machines. */
async function examined(
  args: readonly string[],
  change: (world: FakeWorld) => Partial<World> = () => ({}),
): Promise<string> {
  const { world, home } = sickWorld();
  const another = { askVersion: async () => 'sso-cred 0.0.1 (another build)' };
  const status = await run(['doctor', '--offline', ...args], {
    ...world,
    ...another,
    ...change(world),
  });
  expect(status).toBe(2);
  expect(world.printed.err).toBe('');
  return world.printed.out
    .replaceAll(home, '/home/jane')
    .replace(/sso-cred \d+\.\d+\.\d+ \([^)]*\)(?=[\n"])/, 'sso-cred VERSION');
}

describe('what is shown', () => {
  test('to a pipe or a file', async () => {
    expectGolden('doctor.txt', await examined([]));
  });

  test('as JSON', async () => {
    expectGolden('doctor.json', await examined(['--json']));
  });

  test('on a terminal, in colours and in lines that fit', async () => {
    const text = await examined([], () => ({ isTerminal: () => true, columns: () => 72 }));
    expectGolden('doctor-terminal.txt', text);
    const widths = text
      // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is looked for
      .replace(/\u001b\[\d+m/g, '')
      .split('\n')
      // What can be copied stays in one piece.
      .filter((line) => !line.includes('Run: '))
      .map((line) => line.length);
    expect(Math.max(...widths)).toBeLessThanOrEqual(72);
  });
});

test('without a home it looks at what there is', async () => {
  const world = fakeWorld({ AWS_PROFILE: 'dev' });
  expect(await run(['doctor', '--offline', '--json'], world)).toBe(2);
  const { checks } = JSON.parse(world.printed.out);
  const codes = checks.flatMap(({ findings }: { findings: readonly { code: string }[] }) =>
    findings.map(({ code }) => code),
  );
  expect(codes).toEqual(['profile-variable', 'no-home']);
  expect(world.deviations()).toEqual([]);
});

describe('colours', () => {
  const withEnv =
    (env: Readonly<Record<string, string>>, isTerminal: boolean) => (world: World) => ({
      env: { ...world.env, ...env },
      isTerminal: () => isTerminal,
    });

  test.each([
    { env: {}, isTerminal: true, expected: true },
    { env: {}, isTerminal: false, expected: false },
    { env: { NO_COLOR: '1' }, isTerminal: true, expected: false },
    { env: { NO_COLOR: '' }, isTerminal: true, expected: true },
    { env: { TERM: 'dumb' }, isTerminal: true, expected: false },
    { env: { FORCE_COLOR: '1' }, isTerminal: false, expected: true },
    { env: { FORCE_COLOR: '0' }, isTerminal: true, expected: false },
    { env: { FORCE_COLOR: '1', NO_COLOR: '1' }, isTerminal: true, expected: false },
  ])('$env, terminal: $isTerminal', async ({ env, isTerminal, expected }) => {
    const text = await examined([], withEnv(env, isTerminal));
    expect(text.includes('\u001b[')).toBe(expected);
  });
});
