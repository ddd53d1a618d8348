import { version } from '../src/model/version.ts';
import { checkHostileDirectory, type HostileRun } from './check-hostile-directory.ts';
import { prepareAnswer } from './prepare-answer.ts';

/** What is tried out: cold, cold with an error, and from the cache. */
const runs: readonly HostileRun[] = [
  {
    name: '--version',
    args: ['--version'],
    expected: { status: 0, stdout: new RegExp(version.replaceAll('.', '\\.')), stderr: /^$/ },
  },
  {
    name: '--profile nosuch',
    args: ['--profile', 'nosuch'],
    expected: { status: 2, stdout: /^$/, stderr: /^[^\n]*"nosuch"/ },
  },
  {
    name: '--profile cached',
    args: ['--profile', 'cached'],
    prepare: (home) => void prepareAnswer(home, 'cached'),
    expected: { status: 0, stdout: /^\{"Version":1,[^\n]*\}\n$/, stderr: /^$/ },
  },
];

/** Runs an executable in a directory that would mislead it; gives what went wrong. */
export function tryExecutable(executable: string): readonly string[] {
  return checkHostileDirectory(executable, runs);
}
