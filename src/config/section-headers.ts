import { isIdentifier } from './config-lines.ts';
import type { SectionType } from './config-section.ts';

/** The config file names its profiles `[profile dev]`, the credentials file `[dev]`. */
export type ConfigFileKind = 'config' | 'credentials';

/**
 * What may be between the brackets of such a section; the first one that a file has replaces the
 * rest. None where there is no such section.
 */
export function headersOf(
  type: SectionType,
  name: string,
  kind: ConfigFileKind,
): readonly string[] {
  if (!isIdentifier(name)) return [];
  if (kind === 'credentials') return type === 'profile' ? [name] : [];
  const header = `${type} ${name}`;
  return type === 'profile' && name === 'default' ? [header, name] : [header];
}
