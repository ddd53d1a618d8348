import { mkdtempSync, realpathSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll } from '@jest/globals';

const made: string[] = [];

afterAll(() => {
  for (const path of made.splice(0)) rmSync(path, { recursive: true, force: true });
});

/** An empty directory of mode 0700, removed after the last test of the file that asks for it. */
export function freshDirectory(): string {
  const path = realpathSync(mkdtempSync(join(tmpdir(), 'sso-cred-test-')));
  made.push(path);
  return path;
}
