import type { Case } from './case.ts';
import type { Times } from './timing.ts';

/** One thing that is claimed: how long one case takes, compared with another. */
export interface Claim {
  readonly what: string;
  readonly of: Case;
  readonly to: Case;
  /** The most that is wanted, as a ratio or in milliseconds; undefined where it is only reported. */
  readonly wanted?: { readonly ratio: number } | { readonly overMs: number };
}

/** One line of the table of claims. */
export interface Finding {
  readonly what: string;
  readonly found: string;
  readonly spread: string;
  readonly wanted: string;
  readonly verdict: 'met' | 'NOT MET' | '–';
}

/**
 * Judges a claim by the median of what was found in pairs: two runs shortly after each other were
 * slowed down by the same.
 */
export function judge({ what, of, to, wanted }: Claim, times: Times): Finding {
  const compare =
    wanted !== undefined && 'overMs' in wanted
      ? { of: (a: number, b: number) => a - b, limit: wanted.overMs, show: milliseconds }
      : { of: (a: number, b: number) => a / b, limit: wanted?.ratio, show: ratio };
  const pairs = pair(times.get(of), times.get(to)).map(([a, b]) => compare.of(a, b));
  const [low, median, high] = quartiles(pairs);
  const verdict = compare.limit === undefined ? '–' : median <= compare.limit ? 'met' : 'NOT MET';
  return {
    what,
    found: compare.show(median),
    spread: `${compare.show(low)} to ${compare.show(high)}`,
    wanted: compare.limit === undefined ? '–' : `≤ ${compare.show(compare.limit)}`,
    verdict,
  };
}

/** Prints how long each case took. */
export function showTimes(times: Times): void {
  const rows = [...times].map(([{ name }, values]) => {
    const [low, median, high] = quartiles(values).map((value) => value.toFixed(1));
    return [name, `${median} ms`, `${low} to ${high}`, String(values.length)];
  });
  print(['What was run', 'median', 'quartiles', 'runs'], rows);
}

/** Prints the table of claims. */
export function showFindings(findings: readonly Finding[]): void {
  print(
    ['What is claimed', 'median', 'quartiles', 'wanted', ''],
    findings.map(({ what, found, spread, wanted, verdict }) => [
      what,
      found,
      spread,
      wanted,
      verdict,
    ]),
  );
}

function milliseconds(value: number): string {
  return `${value.toFixed(1)} ms`;
}

function ratio(value: number): string {
  return `${value.toFixed(2)} ×`;
}

function pair(
  left: readonly number[] = [],
  right: readonly number[] = [],
): readonly (readonly [number, number])[] {
  return left.flatMap((value, index) => {
    const other = right[index];
    return other === undefined ? [] : [[value, other] as const];
  });
}

/** The first quartile, the median and the third. */
function quartiles(values: readonly number[]): readonly [number, number, number] {
  const sorted = values.toSorted((a, b) => a - b);
  const at = (share: number): number => {
    const place = share * (sorted.length - 1);
    const [low = Number.NaN, high = low] = sorted.slice(Math.floor(place));
    return low + (high - low) * (place % 1);
  };
  return [at(0.25), at(0.5), at(0.75)];
}

function print(header: readonly string[], rows: readonly (readonly string[])[]): void {
  const widths = header.map((_, column) =>
    Math.max(...[header, ...rows].map((row) => row[column]?.length ?? 0)),
  );
  for (const row of [header, ...rows]) {
    const [name = '', ...figures] = row.map((text, column) =>
      column === 0 ? text.padEnd(widths[0] ?? 0) : text.padStart(widths[column] ?? 0),
    );
    console.log([name, ...figures].join('  ').trimEnd());
  }
  console.log('');
}
