import { SsoCredError } from '../model/errors.ts';
import { applyChanges, type EditedConfig, type LineChange } from './apply-changes.ts';
import { isEmpty } from './config-lines.ts';
import type { SectionType } from './config-section.ts';
import {
  commentOf,
  type OutlinedLine,
  type OutlinedProperty,
  type OutlinedSection,
  outlineConfig,
} from './outline-config.ts';
import { isPortableKey, isPortableName, isPortableValue } from './portable-form.ts';
import { removedSections } from './removed-sections.ts';
import { headersOf } from './section-headers.ts';

/** What keys are to say, in the order in which new ones are written; undefined for one that is to go. */
export type PropertyEdits = Readonly<Record<string, string | undefined>>;

/** One section of the config file, as it is to be. */
export interface SectionEdit {
  readonly type: SectionType;
  readonly name: string;
  /** Other keys stay, and a section that is not there is made; or the whole section goes. */
  readonly properties: PropertyEdits | 'remove';
}

/**
 * Edits a text that parseAwsConfig has found to be well formed: what is meant is changed, every other
 * byte stays, and what is written is read alike by all SDKs. A comment behind something that is
 * rewritten, which some SDKs take for a part of it, goes on a line of its own above.
 * @param edits at most one for each section
 * @throws InvalidUsage for a name or value that cannot be written so
 */
export function editAwsConfig(text: string, edits: readonly SectionEdit[]): EditedConfig {
  const byHeader = new Map<string, OutlinedSection[]>();
  for (const section of outlineConfig(text)) {
    const known = byHeader.get(section.header);
    if (known === undefined) byHeader.set(section.header, [section]);
    else known.push(section);
  }
  const changes: LineChange[] = [];
  const removed: OutlinedSection[] = [];
  const appended: LineChange[] = [];
  for (const { type, name, properties } of edits) {
    const headers = headersOf(type, name, 'config');
    const present = headers.flatMap((header) => byHeader.get(header) ?? []);
    if (properties === 'remove') {
      removed.push(...present);
      continue;
    }
    checkPortable(name, properties);
    const header = present[0]?.header;
    if (header === undefined) appended.push(newSection(text, headers.at(-1) ?? '', properties));
    else {
      const stretches = present.filter((section) => section.header === header);
      changes.push(...changesOf(text, stretches, properties));
    }
  }
  changes.push(...removedSections(text, removed));
  changes.sort((a, b) => a.range[0] - b.range[0] || a.range[1] - b.range[1]);
  changes.push(...appended);
  return applyChanges(text, changes);
}

function checkPortable(name: string, properties: PropertyEdits): void {
  const refuse = (what: string) => {
    throw new SsoCredError('InvalidUsage', `${what} cannot be written so that every SDK reads it`);
  };
  if (!isPortableName(name)) refuse(`The name ${JSON.stringify(name)}`);
  for (const [key, value] of Object.entries(properties)) {
    if (!isPortableKey(key)) refuse(`The key ${key}`);
    if (value !== undefined && !isPortableValue(value)) refuse(`The value of ${key}`);
  }
}

function newSection(text: string, header: string, properties: PropertyEdits): LineChange {
  const line = text.split('\n').length;
  const added = [`[${header}]`, ...newLines(Object.entries(properties))];
  return { range: [text.length, text.length], line, header, added, isNewSection: true };
}

function newLines(properties: readonly (readonly [string, string | undefined])[]): string[] {
  return properties.flatMap(([key, value]) => (value === undefined ? [] : [`${key} = ${value}`]));
}

/** What is to change in the stretches of one section. */
function changesOf(
  text: string,
  stretches: readonly OutlinedSection[],
  properties: PropertyEdits,
): readonly LineChange[] {
  const changes: LineChange[] = [];
  const missing: [string, string | undefined][] = [];
  for (const stretch of stretches) changes.push(...plainHeader(text, stretch));
  for (const [key, value] of Object.entries(properties)) {
    const found = stretches.flatMap((stretch) =>
      stretch.properties
        .filter((property) => property.key === key)
        .map((property) => ({ property, header: stretch.header })),
    );
    const last = value === undefined ? undefined : found.pop();
    for (const { property, header } of found) {
      for (const line of [property.line, ...property.indented]) {
        changes.push(replaced(line, header, []));
      }
    }
    if (value === undefined) continue;
    if (last === undefined) missing.push([key, value]);
    else changes.push(...rewritten(text, last.property, last.header, value));
  }
  const [first] = stretches;
  const added = newLines(missing);
  if (first !== undefined && added.length > 0) {
    const { number, next } = first.last;
    changes.push({ range: [next, next], line: number + 1, header: first.header, added });
  }
  return changes;
}

/** A header with blanks or a comment, which not all SDKs find, in the form that they do. */
function plainHeader(text: string, { header, first }: OutlinedSection): readonly LineChange[] {
  const written = text.slice(...first.content);
  if (written === `[${header}]`) return [];
  const comment = /[#;].*$/.exec(written)?.[0].trimEnd();
  const above = comment === undefined ? [] : [comment];
  return [replaced(first, header, [...above, `[${header}]`])];
}

/** A property with another value; nothing where it says that already, in a form that all read alike. */
function rewritten(
  text: string,
  property: OutlinedProperty,
  header: string,
  value: string,
): readonly LineChange[] {
  const { key, line, keyRange, valueRange, indented } = property;
  const comments = [
    commentOf(text, property),
    ...indented.map(({ content }) => text.slice(...content).trim()),
  ].filter((comment) => /^[#;]/.test(comment));
  const equals = text.slice(keyRange[1], valueRange[0]);
  const gap = isEmpty(valueRange) && equals.endsWith('=') ? ' ' : '';
  const written = `${key}${equals}${gap}${value}`;
  if (indented.length === 0 && text.slice(...line.content).trimEnd() === written) return [];
  return [
    replaced(line, header, [...comments, written]),
    ...indented.map((each) => replaced(each, header, [])),
  ];
}

function replaced(line: OutlinedLine, header: string, added: readonly string[]): LineChange {
  return { range: [line.content[0], line.next], line: line.number, header, added };
}
