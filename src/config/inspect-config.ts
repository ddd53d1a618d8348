import { resolve } from 'node:path';
import { isSsoCredError } from '../model/errors.ts';
import type { ConfigLocation } from './config-location.ts';
import { displayPath } from './display-path.ts';
import { readText, type SharedConfig, sharedConfig } from './load-config.ts';
import { type AwsConfig, parseAwsConfig } from './parse-aws-config.ts';
import type { ConfigFileKind } from './section-headers.ts';

/** One of the two files, whatever is wrong with it. */
export interface InspectedFile {
  readonly kind: ConfigFileKind;
  /** Absolute. */
  readonly path: string;
  /** Empty when there is none, or it cannot be read. */
  readonly text: string;
  /** Why it cannot be read, as a sentence without its stop. */
  readonly unreadable?: string;
  /** The lines that no SDK should take. */
  readonly malformed: readonly { readonly line: number; readonly problem: string }[];
}

/** Both files, and what they say where they are well formed. Never throws for what is in them. */
export interface InspectedConfig {
  readonly files: readonly InspectedFile[];
  readonly config: SharedConfig;
}

/** Reads the two files as loadConfig does, but goes on where something is wrong. */
export function inspectConfig(location: ConfigLocation): InspectedConfig {
  const files: InspectedFile[] = [];
  const read = (file: string | undefined, kind: ConfigFileKind): AwsConfig => {
    const path = file === undefined ? '' : resolve(file);
    const { text, unreadable } = tryToRead(path, location.home);
    const malformed: { line: number; problem: string }[] = [];
    const onMalformed = (line: number, problem: string) => malformed.push({ line, problem });
    const config = parseAwsConfig(text, { path, kind, onMalformed });
    files.push({
      kind,
      path,
      text,
      malformed,
      ...(unreadable === undefined ? {} : { unreadable }),
    });
    return config;
  };
  const config = read(location.configFile, 'config');
  const credentials = read(location.credentialsFile, 'credentials');
  return { files, config: sharedConfig(config, credentials) };
}

function tryToRead(
  path: string,
  home: string | undefined,
): { readonly text: string; readonly unreadable?: string } {
  if (path === '') return { text: '' };
  try {
    return { text: readText(path, displayPath(path, home)) };
  } catch (error) {
    if (!isSsoCredError(error)) throw error;
    return { text: '', unreadable: error.message };
  }
}
