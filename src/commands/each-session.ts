import type { ResolvedAnySession } from '../config/resolve-profile.ts';
import { describeError, isSsoCredError, type SsoCredError } from '../model/errors.ts';
import type { World } from '../world.ts';

/**
 * Does a piece of work with each session: one that fails is no reason to leave the others.
 * @throws SsoCredError the first failure, when all is done; the others are told before
 */
export async function withEachSession(
  resolvers: readonly (() => ResolvedAnySession)[],
  work: (resolved: ResolvedAnySession) => Promise<void>,
  world: World,
): Promise<void> {
  const failures: SsoCredError[] = [];
  for (const resolve of resolvers) {
    try {
      await work(resolve());
    } catch (error) {
      if (!isSsoCredError(error)) throw error;
      failures.push(error);
    }
  }
  const [first, ...others] = failures;
  for (const failure of others) world.print(2, `${describeError(failure)}\n`);
  if (first !== undefined) throw first;
}
