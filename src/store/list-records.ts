import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { hasCode } from '../model/errors.ts';
import { storageError } from './storage-error.ts';
import type { Folder, Store } from './store.ts';

/** A record and its file's name. */
export interface NamedRecord<T> {
  readonly name: string;
  readonly record: T;
}

/** All records of a folder that can be read, in no order. @throws StorageFailed */
export function listRecords<T>(
  store: Store,
  folder: Folder,
  decode: (text: string) => T | undefined,
): readonly NamedRecord<T>[] {
  const records: NamedRecord<T>[] = [];
  for (const name of fileNames(join(store.directory, folder))) {
    if (!name.endsWith('.json')) continue;
    const record = store.read(folder, name, decode);
    if (record !== undefined) records.push({ name, record });
  }
  return records;
}

/** The names in a folder; none when it is absent. @throws StorageFailed */
function fileNames(folder: string): readonly string[] {
  try {
    return readdirSync(folder);
  } catch (error) {
    if (hasCode(error, 'ENOENT', 'ENOTDIR')) return [];
    throw storageError('read', folder, error);
  }
}
