import { chmodSync, renameSync, unlinkSync } from 'node:fs';
import { join } from 'node:path';
import { hasCode, SsoCredError } from '../model/errors.ts';
import type { World } from '../world.ts';
import { type Ownership, openOwnership } from './ownership.ts';
import { ensurePrivateDirectory, requireTrusted } from './private-directory.ts';
import { type PrivateRead, readPrivateFile } from './private-file.ts';
import { storageError } from './storage-error.ts';
import { createFile, removeDrafts, writeFileAtomically } from './write-file.ts';

/** The folders below the cache directory. */
export type Folder =
  | 'roles'
  | 'profiles'
  | 'sessions'
  | 'failures'
  | 'registrations'
  | 'listings'
  | 'tokens'
  | 'locks'
  | 'claims'
  | 'clocks'
  | 'pending';

/** Our own records on disk: one small file each. */
export interface Store extends Ownership {
  readonly directory: string;
  path(folder: Folder, name: string): string;
  /**
   * The record that a file holds; undefined when it is absent or not of our version. One that is no
   * JSON at all is moved aside to `NAME.bad`.
   * @throws StorageFailed when the file or its folder is foreign, a link or not readable
   */
  read<T>(folder: Folder, name: string, decode: (text: string) => T | undefined): T | undefined;
  /**
   * Writes a record, all or nothing; gives whether it was wanted to the end (see ReservedFile).
   * @throws StorageFailed
   */
  write(folder: Folder, name: string, text: string, isWanted?: () => boolean): boolean;
  /** Makes a record that must not be there yet; gives whether it was made. @throws StorageFailed */
  create(folder: Folder, name: string, text: string): boolean;
  /** Removes a record; nothing happens when there is none. */
  remove(folder: Folder, name: string): void;
  /** Makes a folder if need be and returns its path. @throws StorageFailed */
  folder(folder: Folder): string;
}

/** What a store needs of the world. */
export type StoreWorld = Pick<
  World,
  'platform' | 'user' | 'randomHex' | 'trace' | 'clock' | 'processes' | 'signals'
>;

/** The store below a cache directory. Nothing is made on disk before the first write. */
export function openStore(directory: string, world: StoreWorld): Store {
  const { user, trace } = world;

  const ensureFolder = (folder: Folder): string => {
    ensurePrivateDirectory(directory, user);
    const path = join(directory, folder);
    ensurePrivateDirectory(path, user);
    return path;
  };

  const path = (folder: Folder, name: string) => join(directory, folder, name);

  return {
    directory,
    path,
    ...openOwnership(join(directory, 'locks'), () => ensureFolder('locks'), world),
    folder: ensureFolder,
    read(folder, name, decode) {
      requireTrusted(directory, user);
      requireTrusted(join(directory, folder), user);
      const file = path(folder, name);
      const found = readRecord(file, user);
      switch (found.kind) {
        case 'absent':
          return undefined;
        case 'refused':
          throw new SsoCredError('StorageFailed', `Will not use ${file}: ${found.reason}`, {
            remedy: `rm ${file}`,
          });
        case 'damaged':
          trace('cache', `${file}: ${found.reason}; moved aside`);
          moveAside(file);
          return undefined;
        case 'read': {
          if (found.loose) tighten(file, trace);
          const record = decode(found.text);
          if (record === undefined && !isJson(found.text)) {
            trace('cache', `${file}: damaged; moved aside`);
            moveAside(file);
          }
          return record;
        }
      }
    },
    write(folder, name, text, isWanted) {
      ensureFolder(folder);
      return writeFileAtomically(path(folder, name), text, world, isWanted);
    },
    create(folder, name, text) {
      ensureFolder(folder);
      return createFile(path(folder, name), text, world);
    },
    remove(folder, name) {
      const file = path(folder, name);
      try {
        unlinkSync(file);
      } catch (error) {
        if (!hasCode(error, 'ENOENT', 'ENOTDIR')) throw storageError('remove', file, error);
      }
    },
  };
}

function readRecord(file: string, user: number | undefined): PrivateRead {
  const found = readPrivateFile(file, user);
  if (found.kind !== 'refused' || found.hasOtherName !== true) return found;
  // Its maker is about to take the other name away, or was killed before it could (createFile).
  removeDrafts(file);
  return readPrivateFile(file, user);
}

function isJson(text: string): boolean {
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
}

function moveAside(file: string): void {
  try {
    renameSync(file, `${file}.bad`);
  } catch {
    // It counts as absent all the same, and the next write replaces it.
  }
}

function tighten(file: string, trace: World['trace']): void {
  try {
    chmodSync(file, 0o600);
    trace('cache', `${file}: others could read it; permissions set to 0600`);
  } catch {
    // On a file system without modes there is nothing to tighten.
  }
}
