import type { DialectTrapId } from '../model/dialect-behaviour.ts';
import {
  eachLine,
  isEmpty,
  isIdentifier,
  lineKind,
  readAssignment,
  readHeader,
  type TextRange,
  trimBlanks,
} from './config-lines.ts';
import type { ConfigFileKind } from './section-headers.ts';

/** A place in a config file that SDKs do not read alike. */
export interface DialectTrap {
  readonly id: DialectTrapId;
  /** From 1. */
  readonly line: number;
  /** The section or key that it is about, as it is written; empty for the file as a whole. */
  readonly subject: string;
  /** Where its like stood before, if that is what is wrong. */
  readonly firstLine?: number;
}

/** A section as the scan sees it. */
interface SeenSection {
  /** What is between the brackets. */
  readonly header: string;
  /** Of its first header. */
  readonly line: number;
  readonly type: string;
  readonly name: string;
  readonly keys: Map<string, number>;
  /** Traps that matter only if the section is one that sso-cred has to do with. */
  readonly own: DialectTrap[];
}

/** Sections of AWS; all its programs know them. */
const typesOfAws = ['profile', 'sso-session', 'services', 'plugins'];

const ownTypes = ['sso-session', 'oidc-session', 'sso-cred'];

/** What makes a section without `profile` look as if a profile was meant. */
const profileKeys = /^(?:credential_process|region|output|role_arn|aws_access_key_id|sso_.*)$/;

/**
 * Finds what SDKs do not read alike, in the order of the lines; malformed lines, which parseAwsConfig
 * tells of, apart. What concerns one section alone is told of those that sso-cred has to do with.
 */
export function findDialectTraps(text: string, kind: ConfigFileKind): readonly DialectTrap[] {
  const traps: DialectTrap[] = [];
  const sections = new Map<string, SeenSection>();
  let section: SeenSection | undefined;
  let isNested = false;
  let hasKey = false;

  const start = text.startsWith('\uFEFF') ? 1 : 0;
  if (start === 1) traps.push({ id: 'byte-order-mark', line: 1, subject: '' });

  const onHeader = (lineStart: number, end: number, line: number) => {
    hasKey = false;
    const header = readHeader(text, lineStart, end);
    section = header === undefined ? undefined : sections.get(header);
    if (header === undefined) return;
    const subject = `[${header}]`;
    if (section === undefined) {
      section = newSection(header, line, kind);
      sections.set(header, section);
    } else {
      traps.push({ id: 'duplicate-section', line, subject, firstLine: section.line });
    }
    const written = text.slice(...trimBlanks(text, lineStart, end));
    const id = headerTrap(section, written, kind);
    if (id !== undefined) traps.push({ id, line, subject });
  };

  const onProperty = (lineStart: number, end: number, line: number) => {
    const assignment = readAssignment(text, lineStart, end);
    if (assignment === undefined || section === undefined) return;
    hasKey = true;
    isNested = isEmpty(assignment.value);
    const written = text.slice(...assignment.key);
    const key = written.toLowerCase();
    const firstLine = section.keys.get(key);
    if (firstLine === undefined) section.keys.set(key, line);
    else traps.push({ id: 'duplicate-key', line, subject: written, firstLine });
    const add = (id: DialectTrapId) => section?.own.push({ id, line, subject: written });
    if (written !== key) add('key-not-lower-case');
    if (hasComment(text, assignment.value, end)) add('comment-behind-value');
  };

  const onIndented = (lineStart: number, end: number, line: number) => {
    if (section === undefined || !hasKey) return;
    const above = [...section.keys].at(-1)?.[0] ?? '';
    if (!typesOfAws.includes(section.type)) {
      const assignment = readAssignment(text, lineStart, end);
      const key = assignment === undefined ? '' : text.slice(...assignment.key);
      // What is no key may be the rest of a secret.
      const subject = isIdentifier(key) ? key : `What stands below ${above}`;
      traps.push({ id: 'indented-in-unknown-section', line, subject });
    } else if (!isNested) {
      section.own.push({ id: 'continued-value', line, subject: above });
    }
  };

  eachLine(text, start, text.length, 1, (lineStart, end, line) => {
    const found = lineKind(text, lineStart, end);
    if (found === 'header') onHeader(lineStart, end, line);
    else if (found === 'property') onProperty(lineStart, end, line);
    else if (found === 'indented') onIndented(lineStart, end, line);
  });

  const all = [...sections.values()];
  traps.push(...all.filter(isOfInterest).flatMap(({ own }) => own));
  if (kind === 'config') traps.push(...strayProfiles(all), ...twoDefaults(sections));
  return traps.sort((a, b) => a.line - b.line);
}

function newSection(header: string, line: number, kind: ConfigFileKind): SeenSection {
  const space = header.indexOf(' ');
  const isBare = kind === 'credentials' ? !header.startsWith('profile ') : header === 'default';
  const [type, name] = isBare
    ? ['profile', header]
    : space === -1
      ? [header, '']
      : [header.slice(0, space), header.slice(space + 1)];
  return { header, line, type, name, keys: new Map(), own: [] };
}

/** What is wrong with a header; of two things the one that hurts more. */
function headerTrap(
  { type, name }: SeenSection,
  written: string,
  kind: ConfigFileKind,
): DialectTrapId | undefined {
  if (type === 'DEFAULT') return 'default-for-all';
  if (kind === 'credentials')
    return written.startsWith('[profile ') ? 'profile-with-prefix' : undefined;
  if (isLookalike(type)) return 'lookalike-section';
  if (type !== 'profile') return undefined;
  if (/^["'].*["']$/.test(name)) return 'quoted-name';
  if (!/^[\w.@+%:/-]+$/.test(name) || !isIdentifier(name)) return 'odd-name';
  const plain = [`[profile ${name}]`, `[${name}]`];
  const header = written.replace(/\s*[#;].*$/, '');
  return plain.includes(header) ? undefined : 'blanks-in-brackets';
}

/** botocore looks at how a header begins, no more. */
function isLookalike(type: string): boolean {
  return ['profile', 'sso-session', 'services'].some(
    (known) => type.startsWith(known) && type !== known,
  );
}

function hasComment(text: string, value: TextRange, end: number): boolean {
  return !isEmpty(trimBlanks(text, value[1], end));
}

function isOfInterest({ type, keys }: SeenSection): boolean {
  if (ownTypes.includes(type)) return true;
  if (type !== 'profile') return false;
  return [...keys.keys()].some((key) => key === 'credential_process' || key.startsWith('sso_'));
}

function strayProfiles(sections: readonly SeenSection[]): readonly DialectTrap[] {
  return sections.flatMap(({ type, name, line, keys }) => {
    if (name !== '' || type === 'DEFAULT' || typesOfAws.includes(type) || isLookalike(type)) {
      return [];
    }
    if (![...keys.keys()].some((key) => profileKeys.test(key))) return [];
    return [{ id: 'profile-without-prefix' as const, line, subject: `[${type}]` }];
  });
}

function twoDefaults(sections: ReadonlyMap<string, SeenSection>): readonly DialectTrap[] {
  const plain = sections.get('default');
  const prefixed = sections.get('profile default');
  if (plain === undefined || prefixed === undefined) return [];
  const { line } = prefixed;
  return [{ id: 'two-defaults', line, subject: '[profile default]', firstLine: plain.line }];
}
