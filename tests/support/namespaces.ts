import { spawnSync } from 'node:child_process';
import { test } from '@jest/globals';
import type { Runtime } from './run-typescript.ts';

const unshare = ['unshare', '--pid', '--fork', '--mount-proc', '--kill-child'] as const;
const canUnshare = spawnSync(unshare[0], [...unshare.slice(1), 'true']).status === 0;

/** A test that needs pid namespaces, as containers have them; says so where it is left out. */
export const testInNamespaces: typeof test | typeof test.skip = canUnshare ? test : test.skip;

if (!canUnshare) {
  process.stderr.write(
    'SKIPPED: containers that share a directory are tested as root on Linux only\n',
  );
}

/** The same runtime, each process in a pid namespace of its own; killed with the one that is started. */
export function inPidNamespace(runtime: Runtime): Runtime {
  return { ...runtime, command: [...unshare, ...runtime.command] };
}
