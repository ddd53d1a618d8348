import { SsoCredError } from '../model/errors.ts';
import {
  type Assignment,
  eachLine,
  isEmpty,
  isPlainProperty,
  lineKind,
  readAssignment,
  readHeader,
} from './config-lines.ts';
import type { ConfigSection, SectionType } from './config-section.ts';
import { decodeProperties, type SectionLines } from './decode-properties.ts';
import { displayPath } from './display-path.ts';
import { type ConfigFileKind, headersOf } from './section-headers.ts';

/** The sections of one file; those of the same name are one. */
export interface AwsConfig {
  /** Undefined when the file has no such section. */
  section(type: SectionType, name: string): ConfigSection | undefined;
  /** In the order of the file. */
  names(type: SectionType): readonly string[];
}

interface ConfigSource {
  /** The path that origins and errors name. */
  readonly path: string;
  readonly kind: ConfigFileKind;
  /** Written as `~` in errors. */
  readonly home?: string | undefined;
  /** Is told of each line that is wrong, which is then skipped, in place of an error for the first. */
  readonly onMalformed?: (line: number, problem: string) => void;
}

/** Of a key without one above that stands at the margin. */
export const indentedProblem = 'is indented, and no key stands above it';

/**
 * Reads the AWS config dialect as the SDKs' common test data has it (tests/conformance). Every line
 * is checked here, and one that is wrong fails the whole file; the properties of a section are
 * decoded when it is asked for. Throws InvalidConfig naming the line, never what it holds.
 */
export function parseAwsConfig(text: string, source: ConfigSource): AwsConfig {
  const sections = scanSections(text, source);
  return {
    section(type, name) {
      const header = headersOf(type, name, source.kind).find((header) => sections.has(header));
      const lines = header === undefined ? undefined : sections.get(header);
      const line = lines?.[0]?.line;
      if (lines === undefined || line === undefined) return undefined;
      const properties = decodeProperties(text, lines, source.path);
      return { type, name, path: source.path, line, properties };
    },
    names(type) {
      const names = new Set<string>();
      for (const header of sections.keys()) {
        const name = header.slice(header.indexOf(' ') + 1);
        if (headersOf(type, name, source.kind).includes(header)) names.add(name);
      }
      return [...names];
    },
  };
}

/** The lines of each section by its header; also of those that nobody will ask for. */
function scanSections(text: string, source: ConfigSource): Map<string, readonly SectionLines[]> {
  const sections = new Map<string, SectionLines[]>();
  let header: string | undefined;
  let headerEnd = 0;
  let headerLine = 0;
  let above: 'nothing' | 'header' | 'value' | 'empty value' = 'nothing';

  const fail = (line: number, problem: string): void => {
    if (source.onMalformed !== undefined) {
      source.onMalformed(line, problem);
      return;
    }
    const place = `${displayPath(source.path, source.home)}:${line}`;
    throw new SsoCredError('InvalidConfig', `${place} ${problem}`);
  };
  const checkAssignment = (start: number, end: number, line: number): Assignment | undefined => {
    const assignment = readAssignment(text, start, end);
    if (assignment === undefined) fail(line, 'is not of the form "key = value"');
    else if (isEmpty(assignment.key)) fail(line, 'has no key before the "=" sign');
    return assignment;
  };
  const closeSection = (end: number) => {
    if (header === undefined) return;
    const lines = { start: headerEnd, end, line: headerLine };
    const known = sections.get(header);
    if (known === undefined) sections.set(header, [lines]);
    else known.push(lines);
  };

  const start = text.startsWith('\uFEFF') ? 1 : 0;
  eachLine(text, start, text.length, 1, (start, end, line) => {
    if (above !== 'nothing' && isPlainProperty(text, start)) {
      above = 'value';
      return;
    }
    switch (lineKind(text, start, end)) {
      case 'blank':
      case 'comment':
      case 'indented-comment':
        return;
      case 'header':
        closeSection(start);
        header = readHeader(text, start, end);
        if (header === undefined) return fail(line, 'begins with "[" and does not end with "]"');
        headerEnd = end;
        headerLine = line;
        above = 'header';
        return;
      case 'property': {
        if (above === 'nothing') return fail(line, 'stands before the first [section]');
        const assignment = checkAssignment(start, end, line);
        above = assignment !== undefined && isEmpty(assignment.value) ? 'empty value' : 'value';
        return;
      }
      case 'indented':
        if (above === 'nothing') return fail(line, 'stands before the first [section]');
        if (above === 'header') return fail(line, indentedProblem);
        if (above === 'empty value') checkAssignment(start, end, line);
        return;
    }
  });
  closeSection(text.length);
  return sections;
}
