import { closeSync, openSync, readSync } from 'node:fs';
import { isProgram } from './find-program.ts';
import type { Programs } from './own-command.ts';

/** The programs of this machine. */
export const programsOnDisk: Programs = {
  isRunnable: (path) => isProgram(path, process.platform),
  needsNode(path) {
    let descriptor: number | undefined;
    try {
      descriptor = openSync(path, 'r');
      const head = Buffer.alloc(128);
      const length = readSync(descriptor, head);
      return /^#!.*[/ ]node(?:\s|$)/.test(head.toString('latin1', 0, length).split('\n')[0] ?? '');
    } catch {
      return false;
    } finally {
      if (descriptor !== undefined) closeSync(descriptor);
    }
  },
};
