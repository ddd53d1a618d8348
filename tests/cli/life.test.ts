import { readFileSync, statSync, writeFileSync } from 'node:fs';
import { describe, expect, test } from '@jest/globals';
import { ageRoles, ageToken } from '../support/age-records.ts';
import { builds } from '../support/builds.ts';
import { cliSandboxes } from '../support/cli-sandbox.ts';
import { expectCredentials, expectFailure } from '../support/outcome.ts';

const minutes = 60_000;
const hasEnded = /^The session "corp" has ended: .*\. Run: .*\blogin\b/;

describe.each(builds())('$name', (build) => {
  const open = cliSandboxes(build);

  test('a session lives from the sign-in of another tool to its end, and to the next', async () => {
    const sandbox = await open();
    const tokenAtFirst = JSON.parse(readFileSync(sandbox.tokenFile, 'utf8'));

    const cold = await sandbox.run();
    expect(expectCredentials(cold).AccountId).toBe('111122223333');
    expect(sandbox.newCalls()).toEqual({ GetRoleCredentials: 1 });

    expect(await sandbox.run()).toEqual(cold);
    expect(sandbox.newCalls()).toEqual({});

    ageRoles(sandbox, 45 * minutes);
    const renewed = await sandbox.run();
    expect(expectCredentials(renewed).AccessKeyId).not.toBe(expectCredentials(cold).AccessKeyId);
    expect(sandbox.newCalls()).toEqual({ GetRoleCredentials: 1 });
    expect(await sandbox.run()).toEqual(renewed);

    ageRoles(sandbox, 120 * minutes);
    ageToken(sandbox, 120 * minutes);
    expectCredentials(await sandbox.run());
    expect(sandbox.newCalls()).toEqual({ CreateToken: 1, GetRoleCredentials: 1 });

    const refreshed = JSON.parse(readFileSync(sandbox.tokenFile, 'utf8'));
    expect(Object.keys(refreshed)).toEqual([
      'startUrl',
      'region',
      'accessToken',
      'expiresAt',
      'clientId',
      'clientSecret',
      'registrationExpiresAt',
      'refreshToken',
    ]);
    const { accessToken, expiresAt, refreshToken, ...lasting } = refreshed;
    expect(tokenAtFirst).toMatchObject(lasting);
    expect(accessToken).not.toBe(tokenAtFirst.accessToken);
    expect(refreshToken).not.toBe(tokenAtFirst.refreshToken);
    expect(expiresAt).toMatch(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/);
    expect(Date.parse(expiresAt)).toBeGreaterThan(Date.now() + 59 * minutes);
    expect(statSync(sandbox.tokenFile).mode & 0o777).toBe(0o600);

    sandbox.standIn.endSession();
    ageRoles(sandbox, 120 * minutes);
    ageToken(sandbox, 120 * minutes);
    expectFailure(await sandbox.run(), 3, hasEnded);
    expect(sandbox.newCalls()).toEqual({ CreateToken: 1 });
    expectFailure(await sandbox.run(), 3, hasEnded);
    expect(sandbox.newCalls()).toEqual({});

    writeFileSync(sandbox.tokenFile, JSON.stringify(sandbox.standIn.issueToken()));
    expectCredentials(await sandbox.run());
    expect(sandbox.newCalls()).toEqual({ GetRoleCredentials: 1 });
    expect(sandbox.standIn.refreshReuseCount()).toBe(0);
  });
});
