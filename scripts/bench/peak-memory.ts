import { spawnSync } from 'node:child_process';
import type { Case } from './case.ts';

/**
 * Starts a program from a small process, since the peak of a process is counted from that of its
 * parent on.
 */
const script = `
import os, sys
sink = os.open(os.devnull, os.O_WRONLY)
child = os.posix_spawn(sys.argv[1], sys.argv[1:], os.environ,
                       file_actions=[(os.POSIX_SPAWN_DUP2, sink, 1)])
print(os.wait4(child, 0)[2].ru_maxrss)
`;

/** The most memory that a case needs, in MB; undefined where this cannot be seen. */
export function peakMemory({ command, env }: Case): number | undefined {
  const { status, stdout } = spawnSync('python3', ['-c', script, ...command], {
    env: { ...process.env, ...env },
    encoding: 'utf8',
  });
  if (status !== 0) return undefined;
  // In KiB, but for macOS.
  const unit = process.platform === 'darwin' ? 1 : 1024;
  return (Number(stdout) * unit) / 1e6;
}
