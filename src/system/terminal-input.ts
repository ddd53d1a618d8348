import { openSync } from 'node:fs';
import { createInterface, type Interface } from 'node:readline';
import { ReadStream } from 'node:tty';
import { terminalDevice } from './terminal.ts';

/** The lines that a person types at the terminal. */
export interface TerminalLines extends AsyncIterable<string> {
  /** Ends the reading, and lets the process end. */
  close(): void;
}

let input: ReadStream | undefined;

/**
 * What the person types. One stream for the whole process: in an executable a read that has begun goes
 * on when its stream is paused or destroyed, and another stream would miss what it takes.
 * @throws the system's error where there is no terminal
 */
export function terminalInput(platform: NodeJS.Platform): ReadStream {
  if (input === undefined) {
    input = new ReadStream(openSync(terminalDevice(platform, 'in'), 'r'));
    // A terminal that goes away ends the reading, not the program.
    input.on('error', () => undefined);
  }
  return input;
}

/** Opens the terminal for reading; undefined when there is none. */
export function readFromTerminal(platform: NodeJS.Platform): TerminalLines | undefined {
  let lines: Interface;
  try {
    lines = createInterface({ input: terminalInput(platform) });
  } catch {
    return undefined;
  }
  return {
    [Symbol.asyncIterator]: () => lines[Symbol.asyncIterator](),
    close: () => lines.close(),
  };
}
