import { constants } from 'node:os';
import { applyRoleEnvironment } from '../model/role-environment.ts';
import { findProgram } from '../system/find-program.ts';
import type { ProgramEnd } from '../system/run-program.ts';
import type { World } from '../world.ts';
import type { RoleOptions } from './obtain-role.ts';
import { obtainRoleEnvironment } from './obtain-role-environment.ts';

/** What `sso-cred exec` may say. */
export interface ExecOptions extends RoleOptions {
  /** The command and its arguments. */
  readonly words: readonly [name: string, ...args: string[]];
}

/**
 * Runs a command with the credentials of a role in its environment; gives its exit status, or 128 + n
 * when signal n ended it.
 * @param endGuard called when the command is about to run: it takes as long as it likes
 * @throws SsoCredError
 */
export async function runExec(
  options: ExecOptions,
  world: World,
  endGuard: () => void,
): Promise<number> {
  // As it is now: a browser that is opened for a sign-in may have variables of ours.
  const caller = { ...world.env };
  const { words } = options;
  // First, so that nobody signs in for a typing error.
  const path = findProgram(words[0], caller, world.platform);
  const role = await obtainRoleEnvironment(options, world);
  const env = applyRoleEnvironment(role, caller, world.platform);
  world.trace('command', `${path}, with ${Object.keys(role.set).join(', ')}`);
  endGuard();
  const takeSignalsBack = world.signals.suspend();
  try {
    return exitStatusOf(await world.runProgram({ path, words, env }));
  } finally {
    takeSignalsBack();
  }
}

/** As a shell tells it. */
function exitStatusOf(end: ProgramEnd): number {
  return end.kind === 'exited' ? end.status : 128 + (constants.signals[end.signal] ?? 0);
}
