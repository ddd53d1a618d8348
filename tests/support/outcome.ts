import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from '@jest/globals';
import type { Finished } from './run-process.ts';

/** What a `credential_process` prints. */
export interface ProcessOutput {
  readonly Version: number;
  readonly AccessKeyId: string;
  readonly SecretAccessKey: string;
  readonly SessionToken: string;
  readonly Expiration: string;
  readonly AccountId: string;
}

/** The credentials of a call that must have printed them: exit 0, one line of JSON, silence on stderr. */
export function expectCredentials(finished: Finished): ProcessOutput {
  expect(finished).toMatchObject({ exitStatus: 0, stderr: '' });
  return parseCredentials(finished.stdout);
}

/** The credentials that a line of stdout holds. */
export function parseCredentials(stdout: string): ProcessOutput {
  expect(stdout).toMatch(/^\{"Version":1,[^\n]*\}\n$/);
  return JSON.parse(stdout);
}

/** Holds a failed call against the contract: empty stdout, one line on stderr of under 1 KiB, no stack. */
export function expectFailure(finished: Finished, exitStatus: number, message: RegExp): void {
  expect(finished).toMatchObject({
    exitStatus,
    stdout: '',
    stderr: expect.stringMatching(/^[^\n]+\n$/),
  });
  expect(finished.stderr.trimEnd()).toMatch(message);
  expect(Buffer.byteLength(finished.stderr)).toBeLessThan(1024);
  expect(finished.stderr).not.toMatch(/\bat .+\.[jt]s:\d+:\d+|node:internal/);
}

/** Holds a failed call against the contract, and against what the record of errors tells of it. */
export function expectRecordedFailure(
  { cacheDirectory }: { readonly cacheDirectory: string },
  finished: Finished,
  [exitStatus, code, message]: readonly [number, string, RegExp],
): void {
  expectFailure(finished, exitStatus, message);
  const errors = readFileSync(join(cacheDirectory, 'last-errors.jsonl'), 'utf8');
  const records: unknown[] = errors
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line));
  expect(records).toContainEqual({
    time: expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/),
    code,
    exitStatus,
    profile: expect.any(String),
    message: finished.stderr.trimEnd(),
  });
}
