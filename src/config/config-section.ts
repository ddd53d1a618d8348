import type { Setting } from '../model/origin.ts';

/** The sections that are read; all others are skipped. The credentials file has profiles only. */
export type SectionType = 'profile' | 'sso-session' | 'services' | 'oidc-session' | 'sso-cred';

/**
 * One `key = value`, its continuation lines joined by "\n". The indented lines below a key without
 * a value are there twice: in the value, as the SDKs have it, and by name.
 */
export interface ConfigProperty extends Setting<string> {
  readonly subProperties: ReadonlyMap<string, Setting<string>>;
}

/** One section, and where its first header is. All keys are in lower case. */
export interface ConfigSection {
  readonly type: SectionType;
  readonly name: string;
  readonly path: string;
  readonly line: number;
  readonly properties: ReadonlyMap<string, ConfigProperty>;
}
