import { setTimeout as delay } from 'node:timers/promises';

/** Runs one check; it has passed unless `run` throws. Gives whether it did. */
export type Check = (name: string, run: () => Promise<void>) => Promise<boolean>;

/** A check that is still to be made. */
export interface PlannedCheck {
  readonly name: string;
  readonly run: () => Promise<void>;
}

/** What a part of the tests is given to tell what came of it. */
export interface PartReport {
  readonly check: Check;
  /** A check that cannot be made here, and why. */
  readonly skip: (name: string, reason: string) => void;
  /** Something that was measured, and is not judged. */
  readonly note: (text: string) => void;
}

/** Counts checks over all parts, and prints what failed and how long each part took. */
export interface Report {
  readonly part: (name: string, run: (report: PartReport) => Promise<void>) => Promise<void>;
  /** What keeps the tests from their end. */
  readonly abort: (reason: string) => void;
  /** Prints the last line; gives the exit status. */
  readonly finish: () => number;
}

export interface ReportOptions {
  /** Also prints what has passed. */
  readonly verbose: boolean;
  /** Only parts that have one of these in their name; all without any. */
  readonly only: readonly string[];
  /** Only checks that have all of these in their name. */
  readonly checks: readonly string[];
  /** Epoch milliseconds: checks that have not ended by then fail, and no more are begun. */
  readonly deadline: number;
}

/** No check takes longer, whatever hangs. */
const checkTimeoutMs = 240_000;

export function createReport({ verbose, only, checks, deadline }: ReportOptions): Report {
  const totals = { passed: 0, failed: 0, skipped: 0 };

  return {
    part: async (name, run) => {
      if (only.length > 0 && !only.some((text) => name.includes(text))) return;
      const startedAt = Date.now();
      const before = { ...totals };
      console.log(`\n── ${name}`);
      const fail = (what: string, error: unknown) => {
        totals.failed += 1;
        console.log(`FAIL ${what}: ${messageOf(error)}`);
      };
      const report: PartReport = {
        check: async (what, check) => {
          if (!checks.every((text) => what.includes(text))) return true;
          try {
            await bounded(check, Math.min(checkTimeoutMs, deadline - Date.now()));
          } catch (error) {
            fail(what, error);
            return false;
          }
          totals.passed += 1;
          if (verbose) console.log(`ok   ${what}`);
          return true;
        },
        skip: (what, reason) => {
          totals.skipped += 1;
          console.log(`SKIPPED ${what}: ${reason}`);
        },
        note: (text) => console.log(`     ${text}`),
      };
      try {
        await run(report);
      } catch (error) {
        fail('the part itself', error);
      }
      const counts = (['passed', 'failed', 'skipped'] as const)
        .map((kind) => [kind, totals[kind] - before[kind]] as const)
        .filter(([kind, count]) => kind !== 'skipped' || count > 0)
        .map(([kind, count]) => `${count} ${kind}`);
      const seconds = Math.round((Date.now() - startedAt) / 1000);
      const mark = totals.failed === before.failed ? '✓' : '✗';
      console.log(`${mark} ${name}: ${counts.join(', ')} (${seconds} s)`);
    },
    abort: (reason) => {
      totals.failed += 1;
      console.log(`FAIL ${reason}`);
    },
    finish: () => {
      const { passed, failed, skipped } = totals;
      console.log(
        `\n${passed} passed, ${failed} failed${skipped > 0 ? `, ${skipped} skipped` : ''}`,
      );
      return failed === 0 && passed > 0 ? 0 : 1;
    },
  };
}

async function bounded(run: () => Promise<void>, ms: number): Promise<void> {
  if (ms <= 0) throw new Error('not begun: the time for all is over');
  const timer = new AbortController();
  const overdue = delay(ms, undefined, { signal: timer.signal }).then(() => {
    throw new Error(`did not end within ${Math.round(ms / 1000)} s`);
  });
  try {
    await Promise.race([run(), overdue]);
  } finally {
    timer.abort();
    await overdue.catch(() => undefined);
  }
}

function messageOf(error: unknown): string {
  return (error instanceof Error ? error.message : String(error)).replaceAll('\n', '\n       ');
}
