import { writeSync } from 'node:fs';
import { codeOf } from '../model/errors.ts';

/**
 * Writes a whole text to a descriptor, in one write where the system takes it so: some SDKs misread
 * an answer that arrives in pieces. Not process.stdout, which costs milliseconds to set up and may
 * still hold bytes when the process ends.
 * @throws the system's error (EPIPE when the reader is gone)
 */
export function writeOut(descriptor: 1 | 2, text: string): void {
  // Not a Buffer, whose first use takes an executable as long as reading two files.
  const bytes = new TextEncoder().encode(text);
  let written = 0;
  while (written < bytes.length) {
    try {
      written += writeSync(descriptor, bytes, written);
    } catch (error) {
      // A pipe that its reader made non-blocking is full for a moment.
      if (codeOf(error) !== 'EAGAIN') throw error;
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 1);
    }
  }
}
