/** A piece of a text, by offsets: from start to before end. */
export type TextRange = readonly [start: number, end: number];

/** The two sides of `key = value`, without the blanks round them and without a comment. */
export interface Assignment {
  readonly key: TextRange;
  readonly value: TextRange;
}

/** What a line is by how it begins; whether it may be that where it stands is not known here. */
type LineKind = 'blank' | 'comment' | 'header' | 'property' | 'indented' | 'indented-comment';

// What most lines are; told by these at once, they cost a tenth of what the loops below take. They have
// bounds, since a regular expression that goes back over megabytes can overflow the stack.
const plainHeader = /\[[A-Za-z0-9_\-/.%@:+]{1,200}(?: [A-Za-z0-9_\-/.%@:+]{1,200})?\]/y;
const plainProperty = /[A-Za-z0-9_\-/.%@:+]{1,200}[ \t]{0,20}=[ \t]{0,20}[^\s#;]/y;

// Character codes and plain loops: a line may be many megabytes long, and no regular expression for
// blanks before a comment or an end takes linear time on every input.
const tab = 0x09;
const carriageReturn = 0x0d;
const space = 0x20;
const numberSign = 0x23;
const semicolon = 0x3b;
const equalsSign = 0x3d;
const openingBracket = 0x5b;

/** Visits each line with its offsets and its number; "\r\n" ends a line as "\n" does. */
export function eachLine(
  text: string,
  start: number,
  end: number,
  firstLine: number,
  visit: (start: number, end: number, line: number) => void,
): void {
  let lineStart = start;
  for (let line = firstLine; lineStart < end; line += 1) {
    const found = text.indexOf('\n', lineStart);
    const lineEnd = found === -1 ? end : found;
    const hasReturn = lineEnd > lineStart && text.charCodeAt(lineEnd - 1) === carriageReturn;
    visit(lineStart, hasReturn ? lineEnd - 1 : lineEnd, line);
    lineStart = lineEnd + 1;
  }
}

/** Tells what the line is. */
export function lineKind(text: string, start: number, end: number): LineKind {
  const first = skipBlanks(text, start, end);
  if (first === end) return 'blank';
  const isIndented = first > start;
  const code = text.charCodeAt(first);
  if (isCommentSign(code)) return isIndented ? 'indented-comment' : 'comment';
  if (isIndented) return 'indented';
  return code === openingBracket ? 'header' : 'property';
}

/**
 * Whether a well-formed property with a value begins here. Most lines are that, and it is told
 * without going through them character by character.
 */
export function isPlainProperty(text: string, start: number): boolean {
  plainProperty.lastIndex = start;
  return plainProperty.test(text);
}

/**
 * Whether a line goes on with the property above it. A comment does, being part of a value as the
 * SDKs' test data has it; below a key without a value, where the SDKs differ, it is a comment.
 */
export function isContinuation(kind: LineKind, isNested: boolean): boolean {
  return kind === 'indented' || (kind === 'indented-comment' && !isNested);
}

/** Reads `key = value`; undefined when there is no "=" before the line or its comment is over. */
export function readAssignment(text: string, start: number, end: number): Assignment | undefined {
  const [first, last] = withoutComment(text, trimBlanks(text, start, end));
  for (let at = first; at < last; at += 1) {
    if (text.charCodeAt(at) === equalsSign) {
      return { key: trimBlanks(text, first, at), value: trimBlanks(text, at + 1, last) };
    }
  }
  return undefined;
}

/**
 * Reads what is between the brackets of a header, with one space between its first word and the
 * rest; undefined when the closing bracket is missing.
 */
export function readHeader(text: string, start: number, end: number): string | undefined {
  plainHeader.lastIndex = start;
  if (plainHeader.test(text) && plainHeader.lastIndex === end) {
    return text.slice(start + 1, end - 1);
  }
  const line = text.slice(start, end);
  const comment = line.search(/[#;]/);
  const [first, last] = trimBlanks(line, 0, comment === -1 ? line.length : comment);
  if (line[last - 1] !== ']') return undefined;
  const inside = line.slice(...trimBlanks(line, first + 1, last - 1));
  const blank = inside.search(/[ \t]/);
  if (blank === -1) return inside;
  return `${inside.slice(0, blank)} ${inside.slice(skipBlanks(inside, blank, inside.length))}`;
}

/** The range without the blanks at its ends. Blanks are space and tab, nothing else. */
export function trimBlanks(text: string, start: number, end: number): TextRange {
  const first = skipBlanks(text, start, end);
  let last = end;
  while (last > first && isBlank(text.charCodeAt(last - 1))) last -= 1;
  return [first, last];
}

/** Whether nothing is in the range. */
export function isEmpty([start, end]: TextRange): boolean {
  return start === end;
}

/** Whether a name is one that the SDKs read; a section or key of another name is skipped. */
export function isIdentifier(name: string): boolean {
  return name !== '' && !/[^A-Za-z0-9_\-/.%@:+]/.test(name);
}

/** A comment in a property needs a blank before it: `…/start#/` has none. */
function withoutComment(text: string, [start, end]: TextRange): TextRange {
  for (let at = start + 1; at < end; at += 1) {
    if (isCommentSign(text.charCodeAt(at)) && isBlank(text.charCodeAt(at - 1))) return [start, at];
  }
  return [start, end];
}

function skipBlanks(text: string, start: number, end: number): number {
  let at = start;
  while (at < end && isBlank(text.charCodeAt(at))) at += 1;
  return at;
}

function isBlank(code: number): boolean {
  return code === space || code === tab;
}

function isCommentSign(code: number): boolean {
  return code === numberSign || code === semicolon;
}
