import {
  lstatSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmdirSync,
  rmSync,
  type Stats,
  statSync,
  unlinkSync,
  utimes,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { hasCode } from '../model/errors.ts';
import { decodeOwner, encodeOwner, type Owner } from '../model/owner.ts';
import { saysTargetIsThere } from '../system/platform.ts';

/** The file in a lock's directory that says whose it is. */
export interface LockHolder {
  readonly file: string;
  /** Undefined when the file does not tell, or no longer. */
  readonly owner: Owner | undefined;
  /** When the holder last touched the lock; epoch milliseconds by its clock. */
  readonly touchedAt: number;
}

/** What lies where a lock would be. */
export type LockState =
  | { readonly kind: 'free' }
  | { readonly kind: 'held'; readonly holder: LockHolder }
  /** Nothing of ours: `reason` is the end of a sentence. */
  | { readonly kind: 'squatted'; readonly reason: string; readonly remedy: string };

const holderFile = /^[0-9a-f]{16}\.json$/;

/** @throws what the system says, but for what is not there, or no directory */
export function readLock(path: string): LockState {
  const stats = lstatSync(path, { throwIfNoEntry: false });
  if (stats === undefined) return { kind: 'free' };
  if (!stats.isDirectory()) {
    return { kind: 'squatted', reason: 'it is not a directory', remedy: `rm ${path}` };
  }
  try {
    const names = readdirSync(path);
    const file = names.find((name) => holderFile.test(name));
    if (file === undefined) {
      if (names.length === 0) return { kind: 'free' };
      return { kind: 'squatted', reason: 'it is not empty', remedy: `rm -r ${path}` };
    }
    const owner = decodeOwner(readFileSync(join(path, file), 'utf8'));
    return { kind: 'held', holder: { file, owner, touchedAt: stats.mtimeMs } };
  } catch (error) {
    if (hasCode(error, 'ENOENT', 'ENOTDIR')) return { kind: 'free' };
    throw error;
  }
}

/** Ends the hold of a process that is gone, or that lost it: of this one only, never of a later one. */
export function breakHold(path: string, file: string): void {
  removeQuietly(() => unlinkSync(join(path, file)));
  // Fails where another process holds it by now; an empty directory is free in any case.
  removeQuietly(() => rmdirSync(path));
}

function removeQuietly(remove: () => void): void {
  try {
    remove();
  } catch (error) {
    if (!hasCode(error, 'ENOENT', 'ENOTEMPTY', 'EEXIST', 'ENOTDIR')) throw error;
  }
}

type Callback<T = void> = (error: Error | null, value?: T) => void;

/**
 * File operations for proper-lockfile which keep it from what it gets wrong when a holder is killed
 * or stopped. A lock is a directory with one file in it, whose name no other hold ever has: the
 * directory comes into being with the file by one rename, which fails where a file is in it already.
 * So two processes never both get it, whoever breaks a dead hold breaks no other, and a holder that
 * lost the lock releases nobody else's.
 */
export class LockDirectory {
  readonly #path: string;
  readonly #file: string;
  readonly #owner: Owner;
  readonly #platform: NodeJS.Platform;
  #isHeld = false;

  /** @param nonce 16 hex digits that were never used before */
  constructor(path: string, nonce: string, owner: Owner, platform: NodeJS.Platform) {
    this.#path = path;
    this.#file = `${nonce}.json`;
    this.#owner = owner;
    this.#platform = platform;
  }

  /** Lets the lock go at once, if it is still ours. */
  release(): void {
    if (!this.#isHeld) return;
    this.#isHeld = false;
    breakHold(this.#path, this.#file);
  }

  /** What proper-lockfile takes for `fs`. */
  readonly fs = {
    mkdir: (_path: string, callback: Callback) => answer(callback, () => this.#take()),
    // Whether a lock may be taken over is decided before this is called: here, none is ever stale.
    stat: (path: string, callback: Callback<Stats>) => answer(callback, () => statSync(path)),
    utimes,
    rmdir: (_path: string, callback: Callback) => answer(callback, () => this.release()),
    rmdirSync: () => this.release(),
  };

  #take(): void {
    const draft = `${this.#path}.${this.#file}`;
    try {
      mkdirSync(draft, 0o700);
      writeFileSync(join(draft, this.#file), encodeOwner(this.#owner), { flag: 'wx', mode: 0o600 });
      renameSync(draft, this.#path);
      this.#isHeld = true;
    } catch (error) {
      rmSync(draft, { recursive: true, force: true });
      if (!saysTargetIsThere(error, this.#platform)) throw error;
      // Windows replaces no directory, not even an empty one, such as a kill may leave.
      if (this.#platform === 'win32') removeQuietly(() => rmdirSync(this.#path));
      throw Object.assign(new Error('held'), { code: 'EEXIST' });
    }
  }
}

function answer<T>(callback: Callback<T>, operation: () => T): void {
  let value: T;
  try {
    value = operation();
  } catch (error) {
    callback(error as Error);
    return;
  }
  callback(null, value);
}
