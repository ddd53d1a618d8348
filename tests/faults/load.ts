import { spawnSync } from 'node:child_process';
import { closeSync, openSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import type { Build } from '../support/builds.ts';
import { runProcess } from '../support/run-process.ts';
import { type CallOptions, type Calls, callAtOnce } from './callers.ts';
import { findDamage } from './damage.ts';
import { expectSame, expectThat } from './expect.ts';
import { type FaultWorld, inWorld, type WorldOptions } from './fault-world.ts';
import type { PartReport } from './report.ts';

interface Load {
  readonly name: string;
  readonly world: Omit<WorldOptions, 'build'>;
  readonly callers: number;
  readonly roles?: number;
  readonly expected: { readonly refreshes: number; readonly roleCalls: number };
  readonly prepare?: (world: FaultWorld) => Promise<void>;
  readonly call?: typeof callAtOnce;
  /** Held against what was measured, beside all else; milliseconds, and generous. */
  readonly judge?: (calls: Calls, report: PartReport) => Promise<void>;
  /** Whether a role may be asked for more than once: where AWS said to come again. */
  readonly isThrottled?: boolean;
}

const many = 200;
const expired = { kind: 'Identity Center', token: 'expired' } as const;

/** Table 4.2 of the test plan, but for what is about signing in. */
const loads: readonly Load[] = [
  {
    name: '200 processes, everything cached',
    world: { kind: 'Identity Center', token: 'fresh' },
    callers: many,
    expected: { refreshes: 0, roleCalls: 1 },
    // The index of a config that has just been written is not trusted, so it is not kept.
    prepare: async (world) => {
      await delay(2_500);
      await world.run();
    },
    judge: async ({ ms }, report) => {
      const bareMs = await bareNodes(many);
      const ratio = (ms / bareMs).toFixed(2);
      report.note(`   ${ratio} times as long as ${many} bare processes of Node.js (${bareMs} ms)`);
    },
  },
  {
    name: '200 processes, token expired, one role',
    world: expired,
    callers: many,
    expected: { refreshes: 1, roleCalls: 1 },
  },
  {
    name: '200 processes, token expired, 20 roles',
    world: expired,
    callers: many,
    roles: 20,
    expected: { refreshes: 1, roleCalls: 20 },
  },
  {
    name: '100 processes released at once, 20 roles, a token takes 300 ms, a role 80 ms',
    world: expired,
    callers: 100,
    roles: 20,
    expected: { refreshes: 1, roleCalls: 20 },
    prepare: async ({ standIn }) => {
      standIn.fault('CreateToken', { delayMs: 300, times: Infinity });
      standIn.fault('GetRoleCredentials', { delayMs: 80, times: Infinity });
    },
    call: callTogether,
  },
  {
    name: '200 processes, token expired, web identity',
    world: { kind: 'OpenID Connect', token: 'expired' },
    callers: many,
    expected: { refreshes: 1, roleCalls: 1 },
  },
  {
    name: '50 processes, 40 roles, AWS takes 20 calls a second and says Retry-After: 1',
    world: expired,
    callers: 50,
    roles: 40,
    expected: { refreshes: 1, roleCalls: 40 },
    prepare: async ({ standIn }) => {
      const take = bucket(20);
      standIn.fault('*', {
        status: 429,
        headers: { 'retry-after': '1' },
        times: Infinity,
        when: () => !take(),
      });
    },
    isThrottled: true,
    judge: async ({ ms }) => expectThat(ms < 60_000, `took ${ms} ms`),
  },
];

/** Many processes at once: one refresh, one call for each role, no failure. */
export async function loadTests(report: PartReport, build: Build): Promise<void> {
  for (const load of loads) {
    const { name, callers, roles = 1, expected, prepare, call = callAtOnce, judge } = load;
    const accounts = [
      {
        accountId: '111122223333',
        accountName: 'Acme',
        emailAddress: 'aws@example.com',
        roles: Array.from({ length: roles }, (_, n) => `Role${n}`),
      },
    ];
    const options = { ...load.world, build, extraProfiles: roles - 1, aws: { accounts } };
    await report.check(name, () =>
      inWorld(options, async (world) => {
        await prepare?.(world);
        const profileOf = (n: number) => (n % roles === 0 ? world.profile : `role-${n % roles}`);
        const calls = await call(world, callers, { argsOf: (n) => ['--profile', profileOf(n)] });
        const [p50, p90, p99] = [0.5, 0.9, 0.99].map(
          (part) => calls.sortedMs[Math.ceil(part * callers) - 1],
        );
        report.note(`${name}: p50 ${p50}, p90 ${p90}, p99 ${p99}, last ${calls.ms} ms`);
        expectSame(`statuses; one said "${calls.said}"`, calls.statuses, { 0: callers });
        expectSame('problems', calls.problems, []);
        expectSame('different answers', calls.accessKeyIds.length, roles);
        const answered = ({ status }: { readonly status?: number }) => status === 200;
        const count = load.isThrottled === true ? answered : () => true;
        expectSame('refreshes', world.refreshes().filter(count).length, expected.refreshes);
        expectSame('role calls', world.roleCalls().filter(count).length, expected.roleCalls);
        expectSame('reuses', world.reuses(), 0);
        expectSame('damage', findDamage(world), []);
        await judge?.(calls, report);
      }),
    );
  }
}

/** Lets all processes wait in front of a pipe that nobody writes to, and then opens it. */
async function callTogether(
  world: FaultWorld,
  count: number,
  options: CallOptions = {},
): Promise<Calls> {
  const gate = join(world.home, 'gate');
  spawnSync('mkfifo', [gate]);
  const wrapper = ['sh', '-c', ': < "$0"; exec "$@"', gate];
  const calling = callAtOnce(world, count, { ...options, wrapper });
  await delay(2_000);
  const open = openSync(gate, 'r+');
  try {
    return await calling;
  } finally {
    closeSync(open);
  }
}

/** How long so many processes take that do nothing; milliseconds. */
async function bareNodes(count: number): Promise<number> {
  const startedAt = performance.now();
  await Promise.all(
    Array.from({ length: count }, () => runProcess(process.execPath, ['-e', ''], { env: {} })),
  );
  return Math.round(performance.now() - startedAt);
}

/** Gives whether one more may pass: so many in each second. */
function bucket(perSecond: number): () => boolean {
  let second = 0;
  let taken = 0;
  return () => {
    const now = Math.floor(Date.now() / 1000);
    if (now !== second) {
      second = now;
      taken = 0;
    }
    taken += 1;
    return taken <= perSecond;
  };
}
