import {
  eachLine,
  isIdentifier,
  lineKind,
  readAssignment,
  readHeader,
  type TextRange,
  trimBlanks,
} from './config-lines.ts';

/** A property as it stands in a text, by offsets. */
export interface OutlinedProperty {
  /** In lower case; empty for one that no SDK takes for a key. */
  readonly key: string;
  readonly line: OutlinedLine;
  readonly keyRange: TextRange;
  readonly valueRange: TextRange;
  /**
   * The indented lines below it, comments too: SDKs differ in which of them they take for a part of
   * its value, so nothing may come between.
   */
  readonly indented: readonly OutlinedLine[];
}

/** A line, by offsets. */
export interface OutlinedLine {
  /** From 1. */
  readonly number: number;
  /** Without what ends the line. */
  readonly content: TextRange;
  /** The offset after what ends the line. */
  readonly next: number;
}

/** One header and what stands below it, up to the next. */
export interface OutlinedSection {
  /** What is between the brackets. */
  readonly header: string;
  readonly first: OutlinedLine;
  /** The last line that is a property or indented; else the header. */
  readonly last: OutlinedLine;
  readonly properties: readonly OutlinedProperty[];
}

/**
 * Where sections and properties stand in a text that parseAwsConfig has found to be well formed, in
 * its order. Other comments, and blank lines, belong to none.
 */
export function outlineConfig(text: string): readonly OutlinedSection[] {
  const sections: MutableSection[] = [];
  let property: MutableProperty | undefined;

  const start = text.startsWith('\uFEFF') ? 1 : 0;
  eachLine(text, start, text.length, 1, (start, end, number) => {
    const kind = lineKind(text, start, end);
    const line: OutlinedLine = { number, content: [start, end], next: lineEnd(text, end) };
    const section = sections.at(-1);
    if (kind === 'header') {
      property = undefined;
      const header = readHeader(text, start, end) ?? '';
      sections.push({ header, first: line, last: line, properties: [] });
    } else if (kind === 'property' && section !== undefined) {
      property = outlineProperty(text, line);
      if (property === undefined) return;
      section.properties.push(property);
      section.last = line;
    } else if ((kind === 'indented' || kind === 'indented-comment') && section !== undefined) {
      property?.indented.push(line);
      section.last = line;
    }
  });
  return sections;
}

interface MutableSection extends OutlinedSection {
  last: OutlinedLine;
  readonly properties: MutableProperty[];
}

interface MutableProperty extends OutlinedProperty {
  readonly indented: OutlinedLine[];
}

function outlineProperty(text: string, line: OutlinedLine): MutableProperty | undefined {
  const assignment = readAssignment(text, ...line.content);
  if (assignment === undefined) return undefined;
  const { key: keyRange, value: valueRange } = assignment;
  const name = text.slice(...keyRange);
  const key = isIdentifier(name) ? name.toLowerCase() : '';
  return { key, line, keyRange, valueRange, indented: [] };
}

/** The comment behind the value of a property's line; empty where there is none. */
export function commentOf(text: string, { line, valueRange }: OutlinedProperty): string {
  return text.slice(...trimBlanks(text, valueRange[1], line.content[1]));
}

/** The offset after the characters that end a line. */
function lineEnd(text: string, end: number): number {
  const afterReturn = text[end] === '\r' ? end + 1 : end;
  return text[afterReturn] === '\n' ? afterReturn + 1 : afterReturn;
}
