import type { Case } from './case.ts';

/** A case of so many runs of another at once, from the first start to the last end; by a POSIX shell. */
export function crowdOf(single: Case, count: number): Case {
  const words = single.command.map((word) => `'${word.replaceAll("'", "'\\''")}'`).join(' ');
  const { source } = single.expected;
  return {
    name: `${single.name}, ${count} at once`,
    command: [
      '/bin/sh',
      '-c',
      `n=${count}; while [ $n -gt 0 ]; do ${words} & n=$((n - 1)); done; wait`,
    ],
    env: single.env,
    // All print the same, one after the other.
    expected:
      source === '^$'
        ? single.expected
        : new RegExp(`^(?:${source.replace(/^\^/, '').replace(/\$$/, '')}){${count}}$`),
  };
}
