import { spawn } from 'node:child_process';
import type { Environment } from '../world.ts';
import { withClosedDescriptors } from './closed-descriptors.ts';
import { notInherited } from './not-inherited.ts';

/**
 * Starts this program once more, in a session of its own that outlives us: with the environment that
 * we have, but no terminal, no descriptor and no directory of ours. Gives whether it could be started.
 * @param words its command line; whoever lists processes sees it
 */
export async function startSelf(words: readonly string[], env: Environment): Promise<boolean> {
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
    return await new Promise((resolve) => {
      child.once('error', () => resolve(false));
      child.once('spawn', () => resolve(true));
    });
  } catch {
    return false;
  } finally {
    process.umask(umask);
  }
}
