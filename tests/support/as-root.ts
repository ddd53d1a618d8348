import { test } from '@jest/globals';

const isRoot = process.geteuid?.() === 0;

/** A test that gives files to other users; says so where it is left out. */
export const testAsRoot: typeof test | typeof test.skip = isRoot ? test : test.skip;

if (!isRoot) process.stderr.write('SKIPPED: files of other users are tested as root only\n');
