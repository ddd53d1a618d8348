import type { LineChange } from './apply-changes.ts';
import { lineKind } from './config-lines.ts';
import type { OutlinedSection } from './outline-config.ts';

/**
 * The changes that take sections out of a text, each with the blank line that set it apart from the
 * next one, or at the end of the text from the one before.
 */
export function removedSections(
  text: string,
  sections: readonly OutlinedSection[],
): readonly LineChange[] {
  const changes: Removal[] = [];
  for (const { header, first, last } of [...sections].sort(byPlace)) {
    const start = first.content[0];
    const end = afterBlankLine(text, last.next);
    const above = changes.at(-1);
    if (above?.range[1] === start) above.range[1] = end;
    else changes.push({ range: [start, end], line: first.number, header, added: [] });
  }
  const last = changes.at(-1);
  if (last?.range[1] === text.length) {
    const start = beforeBlankLine(text, last.range[0]);
    if (start < last.range[0]) last.line -= 1;
    last.range[0] = start;
  }
  return changes;
}

interface Removal extends LineChange {
  readonly range: [start: number, end: number];
  line: number;
}

function byPlace(a: OutlinedSection, b: OutlinedSection): number {
  return a.first.content[0] - b.first.content[0];
}

function afterBlankLine(text: string, start: number): number {
  const end = text.indexOf('\n', start);
  return end !== -1 && isBlank(text, start, end) ? end + 1 : start;
}

function beforeBlankLine(text: string, end: number): number {
  if (text[end - 1] !== '\n') return end;
  const start = end < 2 ? 0 : text.lastIndexOf('\n', end - 2) + 1;
  return isBlank(text, start, end - 1) ? start : end;
}

function isBlank(text: string, start: number, end: number): boolean {
  return lineKind(text, start, text[end - 1] === '\r' && end > start ? end - 1 : end) === 'blank';
}
