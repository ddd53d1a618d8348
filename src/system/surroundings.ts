import { existsSync, readFileSync } from 'node:fs';
import type { Surroundings } from '../model/sign-in-policy.ts';

/** What of the surroundings is not in the environment. */
export function readSurroundings(platform: NodeJS.Platform): Surroundings {
  return {
    platform,
    isWsl: platform === 'linux' && isWsl(),
    isContainer: existsSync('/.dockerenv') || existsSync('/run/.containerenv'),
  };
}

/** Whether this Linux is the Windows Subsystem for Linux. */
export function isWsl(): boolean {
  try {
    return /microsoft|wsl/i.test(readFileSync('/proc/sys/kernel/osrelease', 'utf8'));
  } catch {
    return false;
  }
}
