import { lstatSync } from 'node:fs';
import { join } from 'node:path';
import { hasCode, isSsoCredError, SsoCredError } from '../model/errors.ts';
import type { World } from '../world.ts';
import { storageError } from './storage-error.ts';
import type { Store } from './store.ts';

/** A lock's holder touches it this often, and a lock untouched for staleMs is taken over. */
const updateMs = 2_000;
const staleMs = 10_000;

/** What a look at the cache found: the result, or what there is to do. */
export type Look<Result, Todo> = { readonly done: Result } | { readonly todo: Todo };

/** A piece of work that one process at a time may do. */
export interface LockRequest<Result, Todo> {
  readonly name: string;
  /** What the work is about, in the words of a message: `the session "corp"`. */
  readonly purpose: string;
  /** When to give up, by the monotonic clock; milliseconds. */
  readonly deadline: number;
  /**
   * Made before each try and once more under the lock: another process may have done the work
   * meanwhile.
   */
  readonly look: () => Promise<Look<Result, Todo>>;
  /** What to give instead of waiting for another process; undefined to wait. */
  readonly insteadOfWaiting?: (todo: Todo) => Result | undefined;
  /** Whether the work may be done without a lock where none can be made (a read-only disk, say). */
  readonly evenUnlocked: boolean;
  /** The work, under the lock. */
  readonly work: (todo: Todo) => Promise<Result>;
}

/**
 * Does a piece of work at most once among all processes that ask for it: waits for the lock, but
 * leaves without it as soon as the result is there.
 * @throws LockBusy at the deadline; StorageFailed when locks cannot be made; what look and work throw
 */
export async function withLock<Result, Todo>(
  store: Store,
  request: LockRequest<Result, Todo>,
  world: Pick<World, 'clock' | 'trace'>,
): Promise<Result> {
  const { clock, trace } = world;
  const { purpose } = request;
  const startedAt = clock.monotonicMs();
  for (;;) {
    const before = await request.look();
    if ('done' in before) return before.done;
    const release = await tryLock(store, request.name).catch((error: unknown) => {
      if (!request.evenUnlocked || !isUnwritable(error)) throw error;
      trace('lock', `${error.message}; going on without`);
      return async () => undefined;
    });
    const waitedMs = Math.round(clock.monotonicMs() - startedAt);
    if (release !== undefined) {
      trace('lock', `${purpose}: taken after ${waitedMs} ms`);
      try {
        const inside = await request.look();
        return 'done' in inside ? inside.done : await request.work(inside.todo);
      } finally {
        await release();
      }
    }
    const instead = request.insteadOfWaiting?.(before.todo);
    if (instead !== undefined) {
      trace('lock', `${purpose}: another process is at it, and what is there is still good`);
      return instead;
    }
    trace('lock', `${purpose}: another process is at it; waiting`);
    if (clock.monotonicMs() >= request.deadline) {
      const waited = Math.round(waitedMs / 1000);
      throw new SsoCredError(
        'LockBusy',
        `Another sso-cred process has been busy with ${purpose} for ${waited} s; try again, or give it longer with --timeout`,
      );
    }
    // Jitter, so that waiters do not try in step.
    await clock.sleep(25 + Math.random() * 50);
  }
}

/** Does a piece of work if no other process holds the lock; else leaves it. */
export async function ifUnlocked(
  store: Store,
  name: string,
  work: () => void | Promise<void>,
): Promise<void> {
  const release = await tryLock(store, name);
  if (release === undefined) return;
  try {
    await work();
  } finally {
    await release();
  }
}

/** Whether the system refused to write; distrust of what is there is another matter. */
function isUnwritable(error: unknown): error is SsoCredError {
  return (
    isSsoCredError(error) && hasCode(error.cause, 'EROFS', 'EACCES', 'EPERM', 'ENOSPC', 'EDQUOT')
  );
}

/** Takes the lock and returns its release; undefined when another process holds it. */
async function tryLock(store: Store, name: string): Promise<(() => Promise<void>) | undefined> {
  const folder = store.folder('locks');
  const lockPath = join(folder, `${name}.lock`);
  const { lock } = await loadLockfile();
  try {
    // The library knows a lock by its first argument: two locks of one process need two.
    const release = await lock(lockPath, {
      lockfilePath: lockPath,
      realpath: false,
      retries: 0,
      stale: staleMs,
      update: updateMs,
      // Losing the lock must not end the process: what it publishes is checked where it matters.
      onCompromised: () => undefined,
    });
    return async () => {
      try {
        await release();
      } catch {
        // Lost meanwhile, or not to be removed: it goes stale, and what was got under it counts.
      }
    };
  } catch (error) {
    refuseWhatIsNoLock(lockPath, error);
    // A lock that vanishes or changes hands while it is looked at is a busy lock.
    if (hasCode(error, 'ELOCKED', 'ENOENT', 'EEXIST', 'ECOMPROMISED')) return undefined;
    throw storageError('make the lock', lockPath, error);
  }
}

/** A lock is an empty directory; anything else in its place would look like a busy one for ever. */
function refuseWhatIsNoLock(lockPath: string, cause: unknown): void {
  const refuse = (what: string, remedy: string) => {
    throw new SsoCredError('StorageFailed', `${lockPath} is in the way: ${what}`, {
      remedy,
      cause,
    });
  };
  if (hasCode(cause, 'ENOTEMPTY')) refuse('it is not empty', `rm -r ${lockPath}`);
  const isDirectory = lstatSync(lockPath, { throwIfNoEntry: false })?.isDirectory();
  if (isDirectory === false) refuse('it is not a directory', `rm ${lockPath}`);
}

async function loadLockfile(): Promise<typeof import('proper-lockfile')> {
  const loaded = await import('proper-lockfile');
  return loaded.default ?? loaded;
}
