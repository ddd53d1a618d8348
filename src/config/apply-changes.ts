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

/** An edited text, and what makes it differ from the one before, in the order of the lines. */
export interface EditedConfig {
  readonly text: string;
  readonly changes: readonly LineChange[];
}

/**
 * The text with its changes. Lines that come in end as the first line does; a text without an end to
 * its last line gets one before something comes below it, and a new section a blank line above.
 * @param changes in the order of their ranges, which do not overlap
 */
export function applyChanges(text: string, changes: readonly LineChange[]): EditedConfig {
  const newline = /\r?\n/.exec(text)?.[0] ?? '\n';
  const pieces: string[] = [];
  const applied: LineChange[] = [];
  let tail = '';
  let at = 0;
  const add = (piece: string) => {
    pieces.push(piece);
    tail = (tail + piece).slice(-3);
  };
  for (const change of changes) {
    const { range, isNewSection } = change;
    let { added } = change;
    add(text.slice(at, range[0]));
    at = range[1];
    if (added.length === 0) {
      applied.push(change);
      continue;
    }
    const isFirst = tail === '' || tail === '\uFEFF';
    if (!isFirst && !tail.endsWith('\n')) add(tail.endsWith('\r') ? '\n' : newline);
    const isApart = isFirst || /(?:^|\n)\r?\n$/.test(tail);
    if (isNewSection === true && !isApart) added = ['', ...added];
    applied.push({ ...change, added });
    const ending =
      range[1] > range[0] ? (/\r?\n?$/.exec(text.slice(...range))?.[0] ?? '') : newline;
    add(added.join(newline) + ending);
  }
  add(text.slice(at));
  return { text: pieces.join(''), changes: applied };
}
