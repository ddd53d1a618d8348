import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Build } from '../support/builds.ts';
import type { Finished } from '../support/run-process.ts';
import { problemsOf } from './callers.ts';
import { expectSame, expectThat } from './expect.ts';
import { type FaultWorld, inWorld, type Kind, kinds, type WorldOptions } from './fault-world.ts';
import { inParallel } from './in-parallel.ts';
import type { PartReport } from './report.ts';

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

/** Tries each of them with each kind of session; a few at a time. */
export async function tryFaults(
  report: PartReport,
  build: Build,
  faults: readonly SingleFault[],
): Promise<void> {
  const cases = faults.flatMap((fault) =>
    (fault.kind === undefined ? kinds : [fault.kind]).map((kind) => ({ fault, kind })),
  );
  await inParallel(cases, 6, async ({ fault, kind }) => {
    const { name, token, world, isOut, run } = fault;
    const what = `${name} (${kind})`;
    const reason = isOut?.(build);
    if (reason !== undefined) report.skip(what, reason);
    else await report.check(what, () => inWorld({ kind, build, token, ...world }, run));
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
