import type { TextRange } from './config-lines.ts';

/** Lines that take the place of others. */
export interface LineChange {
  /** Where the old lines stand, by offsets, with what ends them; empty where lines only come in. */
  readonly range: TextRange;
  /** The number of the first old line, or of the one before which lines come in; from 1. */
  readonly line: number;
  /** What is between the brackets above. */
  readonly header: string;
  /** Without what ends them, unless that is kept from the line that is replaced. */
  readonly added: readonly string[];
  /** Whether the lines are a section of their own, at the end of the text. */
  readonly isNewSection?: boolean;
}

/**
 * The text with its changes. Lines that come in end as the first line does; a text without an end to
 * its last line gets one before something comes below it.
 * @param changes in the order of their ranges, which do not overlap
 */
export function applyChanges(text: string, changes: readonly LineChange[]): string {
  const newline = /\r?\n/.exec(text)?.[0] ?? '\n';
  const pieces: string[] = [];
  let tail = '';
  let at = 0;
  const add = (piece: string) => {
    pieces.push(piece);
    tail = (tail + piece).slice(-3);
  };
  for (const { range, added, isNewSection } of changes) {
    add(text.slice(at, range[0]));
    at = range[1];
    if (added.length === 0) continue;
    const isFirst = tail === '' || tail === '\uFEFF';
    if (!isFirst && !tail.endsWith('\n')) add(tail.endsWith('\r') ? '\n' : newline);
    if (!isFirst && isNewSection === true && !/(?:^|\n)\r?\n$/.test(tail)) add(newline);
    const ending =
      range[1] > range[0] ? (/\r?\n?$/.exec(text.slice(...range))?.[0] ?? '') : newline;
    add(added.join(newline) + ending);
  }
  add(text.slice(at));
  return pieces.join('');
}
