import { writeFileSync } from 'node:fs';
import { describe, expect, test } from '@jest/globals';
import { ageFailures, ageRoles, heldMs, holdFailures } from '../support/age-records.ts';
import { builds } from '../support/builds.ts';
import { cliSandboxes } from '../support/cli-sandbox.ts';
import { expectCredentials, expectFailure } from '../support/outcome.ts';

const seconds = 1_000;
const minutes = 60 * seconds;
const refresh = ['--profile', 'dev', '--refresh'];
const down = { status: 500, times: Infinity };
const failed = /^GetRoleCredentials failed with status 500 \(InternalServerException\)/;

describe.each(builds())('$name', (build) => {
  const open = cliSandboxes(build);

  test('what is cached serves silently while it cannot be renewed, and AWS is asked every 30 s', async () => {
    const sandbox = await open();
    await sandbox.run();
    ageRoles(sandbox, 45 * minutes);
    sandbox.standIn.fault('GetRoleCredentials', down);
    sandbox.newCalls();

    const served = await sandbox.run();
    expectCredentials(served);
    expect(sandbox.newCalls()).toEqual({ GetRoleCredentials: 3 });
    expect(await sandbox.run()).toEqual(served);
    ageFailures(sandbox, 28 * seconds);
    expect(await sandbox.run()).toEqual(served);
    expect(sandbox.newCalls()).toEqual({});

    ageFailures(sandbox, 3 * seconds);
    sandbox.standIn.clearFaults();
    expect(expectCredentials(await sandbox.run())).not.toEqual(expectCredentials(served));
    expect(sandbox.newCalls()).toEqual({ GetRoleCredentials: 1 });
  });

  test('what has less than a minute left does not serve, and a failure ends with its pause', async () => {
    const sandbox = await open();
    await sandbox.run();
    ageRoles(sandbox, 59 * minutes + 15 * seconds);
    sandbox.standIn.fault('GetRoleCredentials', down);
    sandbox.newCalls();
    expectFailure(await sandbox.run(), 5, failed);
    expect(sandbox.newCalls()).toEqual({ GetRoleCredentials: 3 });

    ageRoles(sandbox, 10 * minutes);
    holdFailures(sandbox);
    expectFailure(await sandbox.run(), 5, /^GetRoleCredentials failed .*next try in \d+ s/);
    expect(sandbox.newCalls()).toEqual({});
    ageFailures(sandbox, heldMs);
    expectFailure(await sandbox.run(), 5, failed);
    expect(sandbox.newCalls()).toEqual({ GetRoleCredentials: 3 });
    holdFailures(sandbox);
    expectFailure(await sandbox.run(), 5, /next try in \d+ s/);

    ageFailures(sandbox, heldMs);
    sandbox.standIn.clearFaults();
    expectCredentials(await sandbox.run());
    expect(sandbox.newCalls()).toEqual({ GetRoleCredentials: 1 });
  });

  test('--refresh asks whatever is cached or remembered, and fails loudly', async () => {
    const sandbox = await open();
    const first = await sandbox.run();
    const second = await sandbox.run(refresh);
    expect(expectCredentials(second)).not.toEqual(expectCredentials(first));
    expect(await sandbox.run()).toEqual(second);
    expect(sandbox.newCalls()).toEqual({ GetRoleCredentials: 2 });

    sandbox.standIn.fault('GetRoleCredentials', { ...down, times: 6 });
    expectFailure(await sandbox.run(refresh), 5, failed);
    expectFailure(await sandbox.run(refresh), 5, failed);
    expect(await sandbox.run()).toEqual(second);
    expect(sandbox.newCalls()).toEqual({ GetRoleCredentials: 6 });
    const third = await sandbox.run(refresh);
    expect(expectCredentials(third)).not.toEqual(expectCredentials(second));
    expect(sandbox.newCalls()).toEqual({ GetRoleCredentials: 1 });
  });

  test('a failure is forgotten when another token is there', async () => {
    const sandbox = await open();
    sandbox.standIn.fault('GetRoleCredentials', { status: 403 });
    expectFailure(await sandbox.run(), 6, /^AWS refuses the role\b/);
    holdFailures(sandbox);
    expectFailure(await sandbox.run(), 6, /^AWS refuses the role\b.*next try in \d+ s/);
    expect(sandbox.newCalls()).toEqual({ GetRoleCredentials: 1 });
    writeFileSync(sandbox.tokenFile, JSON.stringify(sandbox.standIn.issueToken()));
    expectCredentials(await sandbox.run());
    expect(sandbox.newCalls()).toEqual({ GetRoleCredentials: 1 });
  });

  test('a refusal is remembered also when the token was refreshed on the way', async () => {
    const sandbox = await open({ token: { expiresInS: -1 } });
    sandbox.standIn.fault('GetRoleCredentials', { status: 403 });
    expectFailure(await sandbox.run(), 6, /^AWS refuses the role\b/);
    expect(sandbox.newCalls()).toEqual({ CreateToken: 1, GetRoleCredentials: 1 });
    holdFailures(sandbox);
    expectFailure(await sandbox.run(), 6, /^AWS refuses the role\b.*next try in \d+ s/);
    expect(sandbox.newCalls()).toEqual({});
  });

  test('Retry-After is obeyed when there is time', async () => {
    const sandbox = await open();
    const headers = { 'retry-after': '1' };
    sandbox.standIn.fault('GetRoleCredentials', { status: 429, headers });
    expectCredentials(await sandbox.run());
    const [first, second] = sandbox.standIn.calls('GetRoleCredentials');
    expect(Number(second?.at) - Number(first?.at)).toBeGreaterThanOrEqual(1_000);
  });

  test('a Retry-After beyond the time ends the call at once, and the next callers do not ask', async () => {
    const sandbox = await open();
    const headers = { 'retry-after': '120' };
    sandbox.standIn.fault('GetRoleCredentials', { status: 429, headers });
    const startedAt = Date.now();
    expectFailure(await sandbox.run(), 5, /^GetRoleCredentials is rate limited by AWS\b/);
    expectFailure(
      await sandbox.run(),
      5,
      /^GetRoleCredentials is rate limited .*next try in (2 min|1\d\d s)/,
    );
    expect(Date.now() - startedAt).toBeLessThan(30_000);
    expect(sandbox.newCalls()).toEqual({ GetRoleCredentials: 1 });
  });

  test('two faults of the service in a row are not the end', async () => {
    const sandbox = await open();
    sandbox.standIn.fault('GetRoleCredentials', { status: 503, times: 2 });
    expectCredentials(await sandbox.run());
    expect(sandbox.newCalls()).toEqual({ GetRoleCredentials: 3 });
  });
});
