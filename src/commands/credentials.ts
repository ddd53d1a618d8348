import { SsoCredError } from '../model/errors.ts';
import type { World } from '../world.ts';
import { obtainRole, type RoleOptions, resolveAsked } from './obtain-role.ts';
import { renewAhead } from './renew-ahead.ts';

/** What `sso-cred --profile NAME` and its profile-less forms may say. */
export type CredentialsOptions = RoleOptions;

/**
 * Prints role credentials: argv → settings → role cache → session token → role credentials → role
 * cache → stdout.
 * @throws SsoCredError
 */
export async function runCredentials(options: CredentialsOptions, world: World): Promise<void> {
  const role = await obtainRole(options, resolveAsked, world);
  printAnswer(role.record.output, options.explain, world);
  await renewAhead(role, options, world);
}

/** One write, so that a caller that reads in pieces sees the whole line. */
function printAnswer(output: string, explain: boolean, world: World): void {
  const isWatched = explain && world.isTerminal(1);
  try {
    world.print(1, `${isWatched ? masked(output) : output}\n`);
  } catch (cause) {
    // As on the path of a cached answer: status 1, whatever else is well.
    throw new SsoCredError('InternalError', 'Nobody reads the answer: stdout is closed', { cause });
  }
}

/** A person who looks on needs to see that there is an answer, not the secrets in it. */
function masked(output: string): string {
  const answer: Record<string, unknown> = JSON.parse(output);
  return JSON.stringify({ ...answer, SecretAccessKey: '(hidden)', SessionToken: '(hidden)' });
}
