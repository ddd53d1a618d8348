import { SsoCredError } from '../model/errors.ts';
import type { Origin, Setting } from '../model/origin.ts';
import type { ConfigSection } from './config-section.ts';
import { place } from './place.ts';

/** A setting by the name that it has where it was read: a key, a flag or a variable. */
export interface NamedSetting extends Setting<string> {
  readonly name: string;
}

/** The first of these keys that the section has, with a value. */
export function findKey(
  section: ConfigSection,
  names: readonly string[],
): NamedSetting | undefined {
  for (const name of names) {
    const property = section.properties.get(name);
    if (property !== undefined && property.value !== '') {
      return { name, value: property.value, origin: property.origin };
    }
  }
  return undefined;
}

/** @throws InvalidConfig naming the section and the key that it lacks */
export function missingKey(section: ConfigSection, key: string, home: string | undefined): never {
  throw new SsoCredError('InvalidConfig', `${describeSection(section, home)} has no ${key}`);
}

/** The section as a message names it: `Profile "dev" (~/.aws/config:12)`. */
export function describeSection(section: ConfigSection, home: string | undefined): string {
  const origin: Origin = { kind: 'file', path: section.path, line: section.line, key: '' };
  const name =
    section.type === 'profile' ? `Profile "${section.name}"` : `[${section.type} ${section.name}]`;
  return `${name} (${place(origin, home)})`;
}

/** @throws InvalidConfig or InvalidUsage naming the setting and what it should be */
export function checkShape(
  setting: NamedSetting,
  isGood: boolean,
  wanted: string,
  home: string | undefined,
): void {
  if (isGood) return;
  const isInFile = setting.origin.kind === 'file';
  const where = isInFile ? `${setting.name} at ${place(setting.origin, home)}` : setting.name;
  throw new SsoCredError(isInFile ? 'InvalidConfig' : 'InvalidUsage', `${where} is not ${wanted}`);
}
