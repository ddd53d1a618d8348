import { readFileSync, statSync } from 'node:fs';
import { setTimeout as delay } from 'node:timers/promises';
import { describe, expect, test } from '@jest/globals';
import { builds } from '../support/builds.ts';
import { cliSandboxes } from '../support/cli-sandbox.ts';
import { manyAccounts } from '../support/hostile-accounts.ts';
import { expectReadAlike, readByUs } from '../support/read-by-sdks.ts';
import { startProcess } from '../support/run-process.ts';

const accounts = manyAccounts(2_000);
const populate = ['configure', 'populate', '--session', 'corp'];

describe.each(builds())('$name', (build) => {
  const open = cliSandboxes(build);

  test('ten thousand profiles are listed at the pace that AWS allows, and written at once', async () => {
    const sandbox = await open({ aws: { accounts, portalCallsPerS: 300 } });
    const { env, program, configFile, standIn } = sandbox;
    const before = readFileSync(configFile, 'utf8');
    const running = startProcess(program, populate, { env, timeoutMs: 500_000 });
    const sizes = new Set<number>();
    while (running.isRunning()) {
      sizes.add(statSync(configFile).size);
      await delay(20);
    }
    const { exitStatus, stderr } = await running.finished;
    expect([exitStatus, stderr]).toEqual([
      0,
      'Profiles of the session "corp" in ~/.aws/config: 10000 new, 0 there already.\n',
    ]);
    const after = readFileSync(configFile);
    // Never a part of it.
    for (const size of sizes) expect([Buffer.byteLength(before), after.length]).toContain(size);
    expect(after.toString().startsWith(before)).toBe(true);
    expect(Object.keys(readByUs(configFile).profiles)).toHaveLength(10_001);
    await expectReadAlike(configFile);

    const calls = standIn.calls('ListAccountRoles');
    expect(new Set(calls.map(({ input }) => input['accountId'])).size).toBe(2_000);
    const refused = calls.filter(({ status }) => status === 429);
    expect(refused.length).toBeLessThan(calls.length * 0.1);

    const again = startProcess(program, [...populate, '--prune'], { env, timeoutMs: 500_000 });
    expect((await again.finished).stderr).toMatch(/: 0 new, 10000 there already\.\n$/);
    expect(readFileSync(configFile).equals(after)).toBe(true);
  }, 1_200_000);
});
