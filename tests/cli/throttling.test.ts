import { describe, expect, test } from '@jest/globals';
import { ageRoles } from '../support/age-records.ts';
import { builds } from '../support/builds.ts';
import { cliSandboxes } from '../support/cli-sandbox.ts';
import { expectCredentials, expectFailure } from '../support/outcome.ts';

const quota = 20;

describe.each(builds())('$name', (build) => {
  const open = cliSandboxes(build);
  // So many starts of Node at once would keep two cores busy for a minute.
  const callers = build.name === 'executable' ? 50 : 25;

  test(`${callers} callers of as many roles against a quota of 20 a second are all served`, async () => {
    const accounts = [
      {
        accountId: '111122223333',
        accountName: 'one',
        emailAddress: 'one@example.com',
        roles: Array.from({ length: callers }, (_, index) => `Role${index}`),
      },
    ];
    const sandbox = await open({
      aws: { accounts },
      extraProfiles: callers - 1,
      token: { expiresInS: -60 },
    });
    let second = 0;
    let taken = 0;
    let throttled = 0;
    sandbox.standIn.fault('GetRoleCredentials', {
      status: 429,
      times: Infinity,
      when: () => {
        const now = Math.floor(Date.now() / 1_000);
        if (now !== second) [second, taken] = [now, 0];
        taken += 1;
        // On a slow machine they might not come fast enough: so many are over the quota anyhow.
        const isOver = throttled < callers - quota || taken > quota;
        if (isOver) throttled += 1;
        return isOver;
      },
    });
    const profiles = ['dev', ...Array.from({ length: callers - 1 }, (_, n) => `role-${n + 1}`)];
    const all = await Promise.all(
      profiles.map((profile) => sandbox.run(['--profile', profile, '--timeout', '120'])),
    );
    const keys = new Set(all.map((finished) => expectCredentials(finished).AccessKeyId));
    expect(keys.size).toBe(callers);
    expect(throttled).toBeGreaterThanOrEqual(callers - quota);
    expect(sandbox.newCalls()).toEqual({
      CreateToken: 1,
      GetRoleCredentials: callers + throttled,
    });
  });

  test('who is told to come back later than there is time does not ask again', async () => {
    const sandbox = await open();
    const headers = { 'retry-after': '120' };
    sandbox.standIn.fault('GetRoleCredentials', { status: 429, headers, times: Infinity });
    expectFailure(await sandbox.run(), 5, /^GetRoleCredentials is rate limited by AWS just now\.$/);
    expectFailure(
      await sandbox.run(),
      5,
      /^GetRoleCredentials is rate limited by AWS just now \(not asked again; next try in 2 min\)\.$/,
    );
    expect(sandbox.newCalls()).toEqual({ GetRoleCredentials: 1 });
  });

  test('a renewal that is throttled serves what is still good, and keeps the token', async () => {
    const sandbox = await open();
    const before = await sandbox.run();
    ageRoles(sandbox, 45 * 60_000);
    sandbox.newCalls();
    sandbox.standIn.fault('GetRoleCredentials', { status: 429, times: Infinity });
    const served = expectCredentials(await sandbox.run());
    expect(served.AccessKeyId).toBe(expectCredentials(before).AccessKeyId);
    expect(sandbox.newCalls()).toEqual({ GetRoleCredentials: expect.any(Number) });
  });
});
