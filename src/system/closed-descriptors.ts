import type { StdioOptions } from 'node:child_process';
import { closeSync, openSync, readdirSync, readFileSync } from 'node:fs';

const ownDescriptors = '/proc/self/fdinfo';

/** O_CLOEXEC as Linux has it. */
const closeOnExec = 0o2000000;

/** Whoever leaves descriptors open has few of them. */
const maxDescriptor = 1024;

/**
 * Starts a program that gets no descriptor of ours: whoever waits for the end of a pipe would wait
 * for the end of that program. Bun sees to it; Node.js does so for the first few only, and a shell's
 * `> >(tee log)` is number 63.
 * @param start gets what `spawn` takes for `stdio`
 */
export function withClosedDescriptors<T>(start: (stdio: StdioOptions) => T): T {
  const inherited = process.versions['bun'] === undefined ? inheritedDescriptors() : [];
  if (inherited.length === 0) return start('ignore');
  const nothing = openSync('/dev/null', 'r+');
  try {
    const length = Math.max(...inherited) + 1;
    return start(
      Array.from({ length }, (_, each) => (inherited.includes(each) ? nothing : 'ignore')),
    );
  } finally {
    closeSync(nothing);
  }
}

/** Descriptors that go on to what we start, as far as the system tells (proc_pid_fdinfo(5)). */
function inheritedDescriptors(): readonly number[] {
  try {
    return readdirSync(ownDescriptors)
      .map(Number)
      .filter((each) => each >= 3 && each <= maxDescriptor && isInherited(each));
  } catch {
    return []; // Not on this system.
  }
}

function isInherited(descriptor: number): boolean {
  try {
    const text = readFileSync(`${ownDescriptors}/${descriptor}`, 'utf8');
    const flags = Number.parseInt(/^flags:\s*(\d+)$/m.exec(text)?.[1] ?? '', 8);
    return (flags & closeOnExec) === 0;
  } catch {
    return false; // The one with which the others were listed.
  }
}
