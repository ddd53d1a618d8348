import { dirname } from 'node:path';
import { SsoCredError } from '../model/errors.ts';
import type { World } from '../world.ts';
import { sha256 } from './digest.ts';
import { fileStamp } from './file-stamp.ts';
import { type LockWorld, withLock } from './lock.ts';
import { makeDirectory } from './private-directory.ts';
import type { Store } from './store.ts';
import { sweepTemporary } from './sweep.ts';
import { readUserFile, throughLinks } from './user-file.ts';
import { isSuperseded, reserveFile, writeFileAtomically } from './write-file.ts';

type Effects = LockWorld & Pick<World, 'user'>;

/** An edit of a file that is the person's own, and that others read and write too. */
export interface UserFileEdit {
  readonly path: string;
  /** The path as a message names it. */
  readonly shownPath: string;
  /** When to give up, by the monotonic clock; milliseconds. */
  readonly deadline: number;
  /** Where what was there before is kept (mode 0600), if anything changes. */
  readonly backup?: string;
  /**
   * The text as it is to be; the same for no change. May be called more than once: again where another
   * program changed the file meanwhile.
   */
  readonly edit: (text: string) => string;
}

/** How often a file may change under us; nobody changes one so often by hand. */
const maxAttempts = 5;

/**
 * Edits a file: under a lock among us, read again inside, replaced as a whole through links, with its
 * mode and group, and not if another program changed it meanwhile. Gives whether it changed.
 * @throws StorageFailed, InvalidConfig, LockBusy; what `edit` throws
 */
export async function editUserFile(
  store: Store,
  request: UserFileEdit,
  world: Effects,
): Promise<boolean> {
  const target = throughLinks(request.path);
  const work = async () => {
    for (let attempt = 1; attempt <= maxAttempts; attempt += 1) {
      const isChanged = editOnce(target, request, world);
      if (isChanged !== undefined) return isChanged;
      world.trace('config', `${request.shownPath} was changed meanwhile; it is read again`);
    }
    throw new SsoCredError(
      'LockBusy',
      `Another program is changing ${request.shownPath} just now; nothing was written`,
    );
  };
  const name = `file-${sha256(target)}`;
  const look = async () => ({ todo: undefined });
  const { deadline, shownPath: purpose } = request;
  const lock = { name, purpose, deadline, look, evenUnlocked: false, work };
  const isChanged = await withLock(store, lock, world);
  sweepTemporary(dirname(target), world.clock.now());
  return isChanged;
}

/** Whether the file changed; undefined if another program changed it meanwhile. */
function editOnce(target: string, request: UserFileEdit, world: Effects): boolean | undefined {
  const { shownPath, edit, backup } = request;
  const stamp = fileStamp(target);
  const present = readUserFile(target, world.user);
  const text = edit(present.text);
  if (text === present.text) return false;
  const bytes = present.encode(text);
  if (bytes === undefined) {
    throw new SsoCredError(
      'InvalidConfig',
      `${shownPath} is not in UTF-8, and what is to be written has characters that its encoding lacks`,
    );
  }
  makeDirectory(dirname(target), world.user);
  if (backup !== undefined && present.exists) writeFileAtomically(backup, present.bytes, world);
  const { mode, group } = present;
  const reserved = reserveFile(target, 0, world, { mode, group });
  try {
    const isStill = () => fileStamp(target) === stamp;
    return reserved.commit(bytes, isStill) === undefined ? undefined : true;
  } catch (error) {
    if (isSuperseded(error)) return undefined;
    throw error;
  }
}
