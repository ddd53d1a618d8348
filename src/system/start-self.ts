import { spawn } from 'node:child_process';
import type { Environment } from '../world.ts';
import { withClosedDescriptors } from './closed-descriptors.ts';
import { notInherited } from './not-inherited.ts';

/** A process that we have started and do not wait for. */
export interface StartedProcess {
  readonly hasEnded: () => boolean;
}

/**
 * Starts this program once more, in a session of its own that outlives us: with the environment that
 * we have, but no terminal, no descriptor and no directory of ours. Undefined when it cannot be
 * started.
 * @param words its command line; whoever lists processes sees it
 */
export async function startSelf(
  words: readonly string[],
  env: Environment,
): Promise<StartedProcess | undefined> {
  const inherited = Object.fromEntries(
    Object.entries(env).filter(([name]) => !notInherited.includes(name)),
  );
  // An executable is its own program; Node is told ours first.
  const program = process.versions['bun'] === undefined ? process.argv.slice(1, 2) : [];
  const umask = process.umask(0o077);
  try {
    const child = withClosedDescriptors((stdio) =>
      spawn(process.execPath, [...program, ...words], {
        cwd: '/',
        env: inherited,
        stdio,
        detached: true,
        windowsHide: true,
      }),
    );
    child.unref();
    let isOver = false;
    child.once('exit', () => {
      isOver = true;
    });
    return await new Promise((resolve) => {
      child.once('error', () => resolve(undefined));
      child.once('spawn', () => resolve({ hasEnded: () => isOver }));
    });
  } catch {
    return undefined;
  } finally {
    process.umask(umask);
  }
}
