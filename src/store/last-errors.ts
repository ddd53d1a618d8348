import { closeSync, constants, fstatSync, openSync, readSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import type { ErrorCode } from '../model/errors.ts';
import { parseJsonObject, textAt } from '../model/json.ts';
import { formatTimestamp } from '../model/role-credentials.ts';
import type { World } from '../world.ts';
import { ensurePrivateDirectory } from './private-directory.ts';
import { readPrivateFile } from './private-file.ts';
import { writeFileAtomically } from './write-file.ts';

const fileName = 'last-errors.jsonl';
const maxBytes = 64 * 1024;
const keptLines = 100;

/** What is kept of a failure: half of the SDKs drop our stderr. */
export interface LastError {
  readonly code: ErrorCode;
  readonly exitStatus: number;
  /** Which profile, or what else was asked for. */
  readonly profile: string;
  /** The text as it went to stderr. */
  readonly message: string;
}

/** Adds a failure to the record; a record that cannot be written is no reason to fail otherwise. */
export function recordLastError(
  directory: string,
  error: LastError,
  world: Pick<World, 'clock' | 'platform' | 'user' | 'randomHex'>,
): void {
  const path = join(directory, fileName);
  const line = `${JSON.stringify({ time: formatTimestamp(world.clock.now()), ...error })}\n`;
  try {
    ensurePrivateDirectory(directory, world.user);
    const size = append(path, line);
    if (size > maxBytes) shorten(path, world);
  } catch {
    // The caller is told on stderr anyway.
  }
}

/** The kept failures, the latest last; none when the record cannot be read. */
export function readLastErrors(
  directory: string,
  world: Pick<World, 'user'>,
): readonly { readonly time: string; readonly profile: string; readonly message: string }[] {
  const found = readPrivateFile(join(directory, fileName), world.user);
  if (found.kind !== 'read') return [];
  return found.text.split('\n').flatMap((line) => {
    const error = parseJsonObject(line);
    const time = error && textAt(error, 'time');
    const message = error && textAt(error, 'message');
    if (error === undefined || time === undefined || message === undefined) return [];
    return [{ time, profile: textAt(error, 'profile') ?? '', message }];
  });
}

function append(path: string, line: string): number {
  const { O_APPEND, O_CREAT, O_RDWR } = constants;
  const descriptor = openSync(
    path,
    // Not to wait for ever where the path is a pipe.
    O_RDWR | O_APPEND | O_CREAT | (constants.O_NOFOLLOW ?? 0) | (constants.O_NONBLOCK ?? 0),
    0o600,
  );
  try {
    const stats = fstatSync(descriptor);
    if (!stats.isFile()) return 0;
    writeSync(descriptor, isLineOpen(descriptor, stats.size) ? `\n${line}` : line);
    return fstatSync(descriptor).size;
  } finally {
    closeSync(descriptor);
  }
}

/** Whether the last line has no end: a disk that was full took only a part of it. */
function isLineOpen(descriptor: number, size: number): boolean {
  const last = Buffer.alloc(1);
  return size > 0 && readSync(descriptor, last, 0, 1, size - 1) === 1 && last[0] !== 0x0a;
}

function shorten(path: string, world: Pick<World, 'platform' | 'user' | 'randomHex'>): void {
  const found = readPrivateFile(path, world.user);
  if (found.kind !== 'read') return;
  const lines = found.text.split('\n').filter((line) => parseJsonObject(line) !== undefined);
  writeFileAtomically(path, `${lines.slice(-keptLines).join('\n')}\n`, world);
}
