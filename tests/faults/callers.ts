import { type Build, builds } from '../support/builds.ts';
import type { Finished } from '../support/run-process.ts';
import type { FaultWorld, RunOptions } from './fault-world.ts';

/** What came of many calls. */
export interface Calls {
  /** How many ended with each status, `SIGKILL` and the like for signals: `{ 0: 20 }`. */
  readonly statuses: Readonly<Record<string, number>>;
  /** The access key ids that were printed, each once. */
  readonly accessKeyIds: readonly string[];
  /** What was wrong with them, whatever is expected: see problemsOf. */
  readonly problems: readonly string[];
  /** What was said, each message once. */
  readonly said: string;
  /** How long the slowest took; milliseconds. */
  readonly ms: number;
  /** How long each took, the quickest first. */
  readonly sortedMs: readonly number[];
}

export interface CallOptions extends Omit<RunOptions, 'build'> {
  /** Which build the n-th caller is; the world's own without. */
  readonly buildOf?: (n: number) => Build;
  readonly argsOf?: (n: number) => readonly string[];
}

/**
 * Many wait for each other, but AWS does not: the stand-in, which shares this machine with them and is
 * another in life, goes first.
 */
const nice = ['nice', '-n', '10'];

/** Calls sso-cred many times at once. */
export async function callAtOnce(
  world: FaultWorld,
  count: number,
  { buildOf, argsOf, wrapper = [], ...options }: CallOptions = {},
): Promise<Calls> {
  const sortedMs: number[] = [];
  const finished = await Promise.all(
    Array.from({ length: count }, async (_, n) => {
      const startedAt = performance.now();
      const build = buildOf?.(n) ?? world.build;
      const result = await world.run(argsOf?.(n), {
        ...options,
        build,
        wrapper: [...nice, ...wrapper],
      });
      sortedMs.push(Math.round(performance.now() - startedAt));
      return result;
    }),
  );
  sortedMs.sort((one, other) => one - other);
  return { ...tally(finished), ms: sortedMs.at(-1) ?? 0, sortedMs };
}

export function tally(finished: readonly Finished[]): Omit<Calls, 'ms' | 'sortedMs'> {
  const statuses: Record<string, number> = {};
  const accessKeyIds = new Set<string>();
  for (const { exitStatus, signal, stdout } of finished) {
    const status = String(exitStatus ?? signal);
    statuses[status] = (statuses[status] ?? 0) + 1;
    const [, accessKeyId] = /"AccessKeyId":"(\w+)"/.exec(stdout) ?? [];
    if (accessKeyId !== undefined) accessKeyIds.add(accessKeyId);
  }
  const said = new Set(finished.flatMap(({ stderr }) => (stderr === '' ? [] : [stderr.trimEnd()])));
  const problems = new Set(finished.flatMap(problemsOf));
  return {
    statuses,
    accessKeyIds: [...accessKeyIds],
    problems: [...problems],
    said: [...said].slice(0, 3).join(' / '),
  };
}

/** How a call breaks the contract that holds for every end:. */
export function problemsOf({ exitStatus, stdout, stderr }: Finished): readonly string[] {
  const problems: string[] = [];
  const isAnswer = /^\{"Version":1,[^\n]*\}\n$/.test(stdout);
  if (exitStatus === 0 && !isAnswer) problems.push(`status 0 with ${JSON.stringify(stdout)}`);
  if (exitStatus === 0 && stderr !== '') problems.push(`status 0, and said: ${stderr}`);
  if (exitStatus !== 0 && stdout !== '' && !isAnswer) problems.push('half an answer');
  if (exitStatus === 1) problems.push(`a bug: ${stderr}`);
  if (/\bat .+\.[jt]s:\d+:\d+|node:internal/.test(stderr)) problems.push(`a stack: ${stderr}`);
  return problems;
}

/**
 * Which build each of many callers is. The executable shares all files with the Node build and starts
 * in a fraction of the time, so that it makes up most of them unless all is to be tried.
 */
export function mixOfBuilds(own: Build, full: boolean): (n: number) => Build {
  const quick = builds().find(({ name }) => name === 'executable');
  return (n) => (full || quick === undefined || n % 5 === 0 ? own : quick);
}
