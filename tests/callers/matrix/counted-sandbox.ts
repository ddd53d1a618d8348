import { mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { endWorkers } from '../../stand-in/end-workers.ts';
import {
  createSandboxHome,
  type SandboxHome,
  type SandboxHomeOptions,
} from '../../stand-in/sandbox-home.ts';
import type { StandIn } from '../../stand-in/stand-in.ts';

interface CountedSandboxOptions extends SandboxHomeOptions {
  /** How many seconds sso-cred does nothing; 0 by default. */
  readonly delayS?: number;
}

/** A sandbox that knows how often its sso-cred was started. */
export interface CountedSandbox extends SandboxHome {
  readonly standIn: StandIn;
  readonly runs: () => number;
}

/** Opens a sandbox for as long as `use` takes, with the stand-in's calls and faults cleared before. */
export async function inCountedSandbox(
  standIn: StandIn,
  { delayS = 0, ...options }: CountedSandboxOptions,
  use: (sandbox: CountedSandbox) => Promise<void>,
): Promise<void> {
  const sandbox = createSandboxHome(standIn, options);
  const real = join(sandbox.home, 'real');
  const count = join(sandbox.home, 'runs');
  mkdirSync(real);
  renameSync(join(sandbox.bin, 'sso-cred'), join(real, 'sso-cred'));
  const delay = delayS > 0 ? `sleep ${delayS}\n` : '';
  const script = `#!/bin/sh\necho >> '${count}'\n${delay}exec '${real}/sso-cred' "$@"\n`;
  writeFileSync(join(sandbox.bin, 'sso-cred'), script, { mode: 0o755 });
  writeFileSync(count, '');
  standIn.resetCalls();
  standIn.clearFaults();
  try {
    await use({ ...sandbox, standIn, runs: () => readFileSync(count, 'utf8').length });
  } finally {
    await endWorkers(join(sandbox.home, '.aws', 'sso-cred'));
    standIn.clearFaults();
    await sandbox.remove();
  }
}
