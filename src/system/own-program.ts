import { realpathSync } from 'node:fs';

/** The file of the program that runs now, links resolved. */
export function ownProgram(): string {
  const isCompiled = process.versions['bun'] !== undefined;
  const path = isCompiled ? process.execPath : (process.argv[1] ?? '');
  try {
    return realpathSync(path);
  } catch {
    return path; // It was removed or replaced since it was started.
  }
}
