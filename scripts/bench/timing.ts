import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { type Case, run } from './case.ts';

/** Times of each case, in milliseconds; those with one index were taken shortly after each other. */
export type Times = ReadonlyMap<Case, readonly number[]>;

/** Takes some times of a case. */
export type Timer = (measured: Case) => readonly number[];

/** How many runs in a row hyperfine makes of a case before the next one has its turn. */
const hyperfineRuns = 10;
const warmUps = 3;

/**
 * Takes the times of all cases in turns, so that a machine that slows down slows all of them, and
 * in changing order: a program that ran just before starts faster.
 * @param count how many times of each
 */
export function timesOf(cases: readonly Case[], count: number, time: Timer = timeOnce): Times {
  const times = new Map<Case, number[]>(cases.map((measured) => [measured, []]));
  for (let round = 0; round < warmUps; round += 1) for (const measured of cases) run(measured);
  for (let taken = 0; taken < count; ) {
    let added = 0;
    for (const measured of shuffled(cases)) {
      const some = time(measured);
      times.get(measured)?.push(...some);
      added = some.length;
    }
    taken += added;
  }
  return times;
}

/** How often timesOf runs a case for so many times. */
export function runsOf(count: number): number {
  return warmUps + count;
}

function timeOnce(measured: Case): readonly number[] {
  return [run(measured)];
}

/** Times by hyperfine, which starts programs faster than Node.js does. */
export function hyperfineTimer(hyperfine: string, scratch: string): Timer {
  const report = join(scratch, 'hyperfine.json');
  return ({ name, command, env }) => {
    const line = command.map((word) => `'${word.replaceAll("'", "'\\''")}'`).join(' ');
    const options = ['--shell=none', '--style=none', '--warmup=2', `--runs=${hyperfineRuns}`];
    const { status, stderr } = spawnSync(hyperfine, [...options, `--export-json=${report}`, line], {
      env,
      encoding: 'utf8',
      timeout: 60_000,
    });
    if (status !== 0) throw new Error(`${name}: ${stderr}`);
    const { results } = JSON.parse(readFileSync(report, 'utf8')) as {
      results: readonly { times: readonly number[] }[];
    };
    return (results[0]?.times ?? []).map((seconds) => seconds * 1000);
  };
}

function shuffled(cases: readonly Case[]): readonly Case[] {
  const keys = new Map(cases.map((measured) => [measured, Math.random()]));
  return cases.toSorted((a, b) => (keys.get(a) ?? 0) - (keys.get(b) ?? 0));
}
