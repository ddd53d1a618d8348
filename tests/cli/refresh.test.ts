import { readFileSync } from 'node:fs';
import { describe, expect, test } from '@jest/globals';
import type { Fields } from '../stand-in/wire.ts';
import { ageFailures, ageRoles, ageToken, heldMs, holdFailures } from '../support/age-records.ts';
import { builds } from '../support/builds.ts';
import { type CliSandbox, cliSandboxes } from '../support/cli-sandbox.ts';
import { expectCredentials, expectFailure } from '../support/outcome.ts';

const minutes = 60_000;
const expired = { token: { expiresInS: -1 } };

function tokenOf({ tokenFile }: CliSandbox): Readonly<Record<string, string>> {
  return JSON.parse(readFileSync(tokenFile, 'utf8'));
}

/** The refresh tokens that were sent, in their order. */
function sentTokens({ standIn }: CliSandbox): readonly unknown[] {
  return standIn.calls('CreateToken').map(({ input }) => input['refreshToken']);
}

describe.each(builds())('$name', (build) => {
  const open = cliSandboxes(build);

  test.each([{ refreshToken: null }, { refreshToken: undefined }, { refreshToken: '' }])(
    'keeps the old refresh token when the reply has $refreshToken for it',
    async (changes) => {
      const sandbox = await open({ ...expired, aws: { refreshTokenRotation: false } });
      const before = tokenOf(sandbox);
      sandbox.standIn.fault('CreateToken', { transform: (reply) => ({ ...reply, ...changes }) });
      expectCredentials(await sandbox.run());
      const { accessToken, expiresAt, ...rest } = tokenOf(sandbox);
      expect(before).toMatchObject(rest);
      expect(rest['refreshToken']).toBe(before['refreshToken']);
      expect(accessToken).not.toBe(before['accessToken']);
      expect(Date.parse(expiresAt ?? '')).toBeGreaterThan(Date.now());
    },
  );

  test.each<{ name: string; changes: Fields }>([
    { name: 'a lifetime of 0', changes: { expiresIn: 0 } },
    { name: 'a lifetime below 0', changes: { expiresIn: -3600 } },
    { name: 'a lifetime that is a text', changes: { expiresIn: 'soon' } },
    { name: 'no lifetime', changes: { expiresIn: null } },
    { name: 'no access token', changes: { accessToken: null } },
  ])(
    'keeps the new refresh token of a reply with $name, which is status 5',
    async ({ changes }) => {
      const sandbox = await open(expired);
      const before = tokenOf(sandbox);
      sandbox.standIn.fault('CreateToken', { transform: (reply) => ({ ...reply, ...changes }) });
      expectFailure(await sandbox.run(), 5, /\bCreateToken\b/);
      expect(tokenOf(sandbox)['refreshToken']).not.toBe(before['refreshToken']);
      holdFailures(sandbox);
      expectFailure(await sandbox.run(), 5, /\bCreateToken\b.*next try in \d+ s/);
      expect(sandbox.newCalls()).toEqual({ CreateToken: 1 });

      expectCredentials(await sandbox.run(['--profile', 'dev', '--refresh']));
      expect(sandbox.newCalls()).toEqual({ CreateToken: 1, GetRoleCredentials: 1 });
      expect(sandbox.standIn.refreshReuseCount()).toBe(0);
    },
  );

  test('never takes a lifetime for longer than a token can have', async () => {
    const sandbox = await open(expired);
    sandbox.standIn.fault('CreateToken', {
      transform: (reply) => ({ ...reply, expiresIn: 1_000_000_000 }),
    });
    expectCredentials(await sandbox.run());
    const expiresAt = Date.parse(tokenOf(sandbox)['expiresAt'] ?? '');
    expect(expiresAt).toBeLessThanOrEqual(Date.now() + 24 * 60 * minutes);
  });

  test('sends the same refresh token once more after a fault of the service', async () => {
    const sandbox = await open(expired);
    const { refreshToken } = tokenOf(sandbox);
    sandbox.standIn.fault('CreateToken', { status: 500 });
    expectCredentials(await sandbox.run());
    expect(sentTokens(sandbox)).toEqual([refreshToken, refreshToken]);
  });

  test('sends the same refresh token once more when the reply is lost', async () => {
    const sandbox = await open({ ...expired, aws: { reuseLeewayS: 30 } });
    const { refreshToken } = tokenOf(sandbox);
    sandbox.standIn.fault('CreateToken', { commit: true, dropConnection: true });
    expectCredentials(await sandbox.run());
    expect(sentTokens(sandbox)).toEqual([refreshToken, refreshToken]);
    expect(sandbox.standIn.refreshReuseCount()).toBe(0);
  });

  test('gives up after the second fault, loses no token, and does not ask again at once', async () => {
    const sandbox = await open(expired);
    const before = tokenOf(sandbox);
    sandbox.standIn.fault('CreateToken', { status: 500, times: Infinity });
    expectFailure(await sandbox.run(), 5, /^CreateToken failed with status 500\b/);
    holdFailures(sandbox);
    expectFailure(
      await sandbox.run(),
      5,
      /^CreateToken failed with status 500 .*next try in \d+ s/,
    );
    expect(sentTokens(sandbox)).toEqual([before['refreshToken'], before['refreshToken']]);
    expect(tokenOf(sandbox)).toEqual(before);

    sandbox.standIn.clearFaults();
    ageFailures(sandbox, heldMs);
    expectCredentials(await sandbox.run());
  });

  test('never shows a page that comes in place of a token', async () => {
    const sandbox = await open(expired);
    const before = tokenOf(sandbox);
    sandbox.standIn.fault('CreateToken', { body: '<html>odd-page</html>', times: Infinity });
    const finished = await sandbox.run();
    expectFailure(finished, 5, /^CreateToken\b/);
    expect(finished.stderr).not.toContain('odd-page');
    expect(tokenOf(sandbox)).toEqual(before);
  });

  test('uses a token that is still good when it cannot be refreshed ahead of its end', async () => {
    const sandbox = await open();
    ageToken(sandbox, 57 * minutes);
    sandbox.standIn.fault('CreateToken', { status: 500, times: Infinity });
    expectCredentials(await sandbox.run());
    expect(sandbox.newCalls()).toEqual({ CreateToken: 2, GetRoleCredentials: 1 });
    ageRoles(sandbox, 120 * minutes);
    expectCredentials(await sandbox.run());
    expect(sandbox.newCalls()).toEqual({ GetRoleCredentials: 1 });
  });

  test('hands out what is cached while the session cannot be refreshed, also when it has ended', async () => {
    const sandbox = await open();
    await sandbox.run();
    ageRoles(sandbox, 45 * minutes);
    ageToken(sandbox, 120 * minutes);
    sandbox.standIn.endSession();
    sandbox.newCalls();
    const served = await sandbox.run();
    expectCredentials(served);
    expect(sandbox.newCalls()).toEqual({ CreateToken: 1 });
    expect(await sandbox.run()).toEqual(served);
    ageRoles(sandbox, 15 * minutes);
    expectFailure(await sandbox.run(), 3, /^The session "corp" has ended\b/);
    expect(sandbox.newCalls()).toEqual({});
  });
});
