import { createHash } from 'node:crypto';
import { readFileSync, writeFileSync } from 'node:fs';
import { basename, join } from 'node:path';

/** Writes the SHA-256 of each archive beside them, as `sha256sum --check` reads it; gives the path. */
export function writeChecksums(directory: string, archives: readonly string[]): string {
  const lines = archives.map((archive) => {
    const hash = createHash('sha256').update(readFileSync(archive)).digest('hex');
    return `${hash}  ${basename(archive)}\n`;
  });
  const path = join(directory, 'SHA256SUMS');
  writeFileSync(path, lines.join(''));
  return path;
}
