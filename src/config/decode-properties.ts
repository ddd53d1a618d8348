import { parse } from 'ini';
import type { Setting } from '../model/origin.ts';
import {
  eachLine,
  isContinuation,
  isEmpty,
  isIdentifier,
  lineKind,
  readAssignment,
  type TextRange,
  trimBlanks,
} from './config-lines.ts';
import type { ConfigProperty } from './config-section.ts';

/** The lines of a section, by offsets: from the end of its header, which has this number, to the next. */
export interface SectionLines {
  readonly start: number;
  readonly end: number;
  readonly line: number;
}

/**
 * Decodes the properties of a section whose lines are known to be well formed. The last one of two
 * of the same name wins; one that is not named as SDKs want it is left out.
 */
export function decodeProperties(
  text: string,
  stretches: readonly SectionLines[],
  path: string,
): Map<string, ConfigProperty> {
  const lines: string[] = [];
  for (const stretch of stretches) translate(text, stretch, lines);
  const decoded: Record<string, unknown> = parse(lines.join('\n'));

  const properties = new Map<string, ConfigProperty>();
  let subProperties = new Map<string, Setting<string>>();
  for (const [label, value] of Object.entries(decoded)) {
    const [line, key = '', subLine, subKey] = label.split(' ');
    if (subKey === undefined) {
      subProperties = new Map();
      const origin = { kind: 'file', path, line: Number(line), key } as const;
      properties.set(key, { value: joinLines(value), origin, subProperties });
    } else {
      const name = `${key}.${subKey}`;
      const origin = { kind: 'file', path, line: Number(subLine), key: name } as const;
      subProperties.set(subKey, { value: joinLines(value), origin });
    }
  }
  return properties;
}

/**
 * Says in the words of `ini` what the lines of a section mean, one or two of its lines for each:
 *
 *     region = eu-west-1 # Ireland      "2 region[]"="eu-west-1"
 *     sso =                             "3 sso[]"=""
 *       endpoint_url = http://[::1]/    "3 sso[]"="endpoint_url = http://[::1]/"
 *                                       "3 sso 4 endpoint_url[]"="http://[::1]/"
 *
 * In a quoted text ini finds no comment and no escape of its own. The line numbers tell duplicates
 * apart, carry the origins, and leave no key that ini would drop, as it does `__proto__`. `[]` makes
 * an array, to which each continuation adds its line.
 */
function translate(text: string, section: SectionLines, lines: string[]): void {
  let label: string | undefined;
  let isNested = false;
  const add = (name: string, range: TextRange) =>
    lines.push(`"${name}[]"=${quote(text.slice(...range))}`);

  eachLine(text, section.start, section.end, section.line, (start, end, line) => {
    const kind = lineKind(text, start, end);
    if (kind === 'property') {
      const assignment = readAssignment(text, start, end);
      const key = assignment && identifier(text, assignment.key);
      label = key && `${line} ${key}`;
      if (assignment === undefined || label === undefined) return;
      isNested = isEmpty(assignment.value);
      add(label, assignment.value);
    } else if (label !== undefined && isContinuation(kind, isNested)) {
      add(label, trimBlanks(text, start, end));
      const assignment = isNested ? readAssignment(text, start, end) : undefined;
      const key = assignment && identifier(text, assignment.key);
      if (assignment && key) add(`${label} ${line} ${key}`, assignment.value);
    }
  });
}

function identifier(text: string, range: TextRange): string | undefined {
  const name = text.slice(...range);
  return isIdentifier(name) ? name.toLowerCase() : undefined;
}

function quote(value: string): string {
  // ini finds the end of a line by "." of a regular expression, which stops at these two as well.
  return JSON.stringify(value).replaceAll('\u2028', '\\u2028').replaceAll('\u2029', '\\u2029');
}

function joinLines(value: unknown): string {
  // ini turns the texts true, false and null, quoted or not, into what they name.
  return Array.isArray(value) ? value.map(String).join('\n') : '';
}
