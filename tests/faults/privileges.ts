import { spawnSync } from 'node:child_process';
import type { Build } from '../support/builds.ts';

const isRoot = process.geteuid?.() === 0;

/** Why nothing can be given to another user; undefined where it can. */
export function notRoot(): string | undefined {
  return isRoot ? undefined : 'only root can give files to others';
}

/** Words that run a program as another user, who may be in no list of users. */
export function asUser(uid: number): readonly string[] {
  return ['setpriv', `--reuid=${uid}`, `--regid=${uid}`, '--clear-groups'];
}

/** Why a build cannot be run as another user; undefined where it can. */
export function notAsUser({ path }: Build): string | undefined {
  if (!isRoot) return notRoot();
  const program = path.endsWith('.js') ? [process.execPath, path] : [path];
  const [command = '', ...args] = [...asUser(54_321), ...program, '--version'];
  const { status } = spawnSync(command, args, { env: {}, timeout: 20_000 });
  return status === 0 ? undefined : `other users cannot run ${path}`;
}
