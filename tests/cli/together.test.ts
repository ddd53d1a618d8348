import { describe, expect, test } from '@jest/globals';
import { builds } from '../support/builds.ts';
import { cliSandboxes } from '../support/cli-sandbox.ts';
import { expectCredentials } from '../support/outcome.ts';

const count = 30;
const expired = { expiresInS: -1 };

describe.each(builds())('$name', (build) => {
  const open = cliSandboxes(build);

  test('many at once on an expired token refresh it once and ask for the role once', async () => {
    const sandbox = await open({ token: expired });
    const all = await Promise.all(Array.from({ length: count }, () => sandbox.run()));
    const answers = new Set(all.map((finished) => expectCredentials(finished).AccessKeyId));
    expect(answers.size).toBe(1);
    expect(sandbox.newCalls()).toEqual({ CreateToken: 1, GetRoleCredentials: 1 });
    expect(sandbox.standIn.refreshReuseCount()).toBe(0);
  });

  test('many at once on several roles refresh once and ask for each role once', async () => {
    const accounts = ['111122223333', '444455556666', '777788889999'].map((accountId) => ({
      accountId,
      accountName: accountId,
      emailAddress: `${accountId}@example.com`,
      roles: ['Developer', 'ReadOnly'],
    }));
    const sandbox = await open({ aws: { accounts }, extraProfiles: 5, token: expired });
    const profiles = ['dev', 'role-1', 'role-2', 'role-3', 'role-4', 'role-5'];
    const all = await Promise.all(
      Array.from({ length: count }, async (_, index) => {
        const profile = profiles[index % profiles.length] ?? 'dev';
        const finished = await sandbox.run(['--profile', profile]);
        return `${profile} ${expectCredentials(finished).AccessKeyId}`;
      }),
    );
    expect(new Set(all).size).toBe(profiles.length);
    expect(sandbox.newCalls()).toEqual({ CreateToken: 1, GetRoleCredentials: profiles.length });
    expect(sandbox.standIn.refreshReuseCount()).toBe(0);
  });
});
