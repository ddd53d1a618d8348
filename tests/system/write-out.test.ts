import { spawnSync } from 'node:child_process';
import { resolve } from 'node:path';
import { describe, expect, test } from '@jest/globals';
import { runProcess } from '../support/run-process.ts';
import { runtimes } from '../support/run-typescript.ts';

const hasPython = spawnSync('python3', ['-c', 'import fcntl, termios']).status === 0;
if (!hasPython) process.stderr.write('SKIPPED: no python3, no pipe that does not block\n');

/** More than any pipe holds. */
const count = 150_000;

describe.each(runtimes())('by $name', ({ command, env }) => {
  const child = resolve('tests/system/write-out-child.ts');
  const slowly = resolve('tests/system/read_slowly.py');

  // Each character is one byte, two, three, and two of UTF-16 that are four bytes.
  test.each(['x', 'é', '€', '😀'])(
    'a text of %s arrives whole where the reader is slow and the pipe does not block',
    async (character) => {
      if (!hasPython) return;
      const words = [slowly, ...command, child, character, String(count)];
      const { exitStatus, stdout, stderr } = await runProcess('python3', words, { env });
      expect({ exitStatus, stderr }).toEqual({ exitStatus: 0, stderr: '' });
      expect(stdout === `<${character.repeat(count)}>`).toBe(true);
    },
  );
});
