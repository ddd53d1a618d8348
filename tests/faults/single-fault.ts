import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Build } from '../support/builds.ts';
import type { Finished } from '../support/run-process.ts';
import { problemsOf } from './callers.ts';
import { expectSame, expectThat } from './expect.ts';
import { type FaultWorld, inWorld, type Kind, kinds, type WorldOptions } from './fault-world.ts';
import type { PartReport, PlannedCheck } from './report.ts';

/** One thing that goes wrong, and what is expected then. */
export interface SingleFault {
  readonly name: string;
  /** Both kinds of session without. */
  readonly kind?: Kind;
  readonly token: WorldOptions['token'];
  readonly world?: Partial<WorldOptions>;
  /** Why it cannot be tried here; undefined where it can. */
  readonly isOut?: (build: Build) => string | undefined;
  readonly run: (world: FaultWorld) => Promise<void>;
}

/** Each of them with each kind of session; what cannot be tried here is left out, and told. */
export function planFaults(
  report: PartReport,
  build: Build,
  faults: readonly SingleFault[],
): readonly PlannedCheck[] {
  return faults.flatMap(({ name, kind: only, token, world, isOut, run }) => {
    const reason = isOut?.(build);
    return (only === undefined ? kinds : [only]).flatMap((kind) => {
      const what = `${name} (${kind})`;
      if (reason === undefined)
        return [{ name: what, run: () => inWorld({ kind, build, token, ...world }, run) }];
      report.skip(what, reason);
      return [];
    });
  });
}

/** Holds a failed call against its status, the contract of a failure, and what it says. */
export function expectFailure(
  finished: Finished,
  status: number,
  ...says: readonly RegExp[]
): void {
  const { exitStatus, stdout, stderr } = finished;
  expectSame(`status, said "${stderr.trimEnd()}"`, exitStatus, status);
  expectSame('stdout', stdout, '');
  expectThat(/^[^\n]{1,1023}\n$/.test(stderr), `not one line of under 1 KiB: ${stderr}`);
  expectSame('problems', problemsOf(finished), []);
  for (const pattern of says) expectThat(pattern.test(stderr), `"${stderr}" has no ${pattern}`);
}

/** Holds a call that must have printed credentials, and nothing else, against that. */
export function expectCredentials(finished: Finished): string {
  expectSame(`status, said "${finished.stderr.trimEnd()}"`, finished.exitStatus, 0);
  expectSame('problems', problemsOf(finished), []);
  const [, accessKeyId = ''] = /"AccessKeyId":"(\w+)"/.exec(finished.stdout) ?? [];
  return accessKeyId;
}

/** How often the issuer and AWS were asked. */
export function expectCalls(world: FaultWorld, refreshes: number, roleCalls: number): void {
  const asked = { refreshes: world.refreshes().length, roleCalls: world.roleCalls().length };
  expectSame('calls', asked, { refreshes, roleCalls });
}

/** Whether the record of errors has what was said. */
export function expectRecorded({ cacheDirectory }: FaultWorld, { stderr }: Finished): void {
  const text = readFileSync(join(cacheDirectory, 'last-errors.jsonl'), 'utf8');
  const last: { message?: string } = JSON.parse(text.trimEnd().split('\n').at(-1) ?? '{}');
  expectSame('the last error', last.message, stderr.trimEnd());
}
