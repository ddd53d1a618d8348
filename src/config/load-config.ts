import { closeSync, constants, openSync, readSync } from 'node:fs';
import { resolve } from 'node:path';
import { describeErrno } from '../model/errno.ts';
import { hasCode, SsoCredError } from '../model/errors.ts';
import type { ConfigLocation } from './config-location.ts';
import type { ConfigSection, SectionType } from './config-section.ts';
import { displayPath } from './display-path.ts';
import { type AwsConfig, parseAwsConfig } from './parse-aws-config.ts';
import type { ConfigFileKind } from './section-headers.ts';

/** What both files say. Each lookup is undefined when there is no such section. */
export interface SharedConfig {
  /** From both files, key by key; the credentials file wins. */
  profile(name: string): ConfigSection | undefined;
  ssoSession(name: string): ConfigSection | undefined;
  oidcSession(name: string): ConfigSection | undefined;
  services(name: string): ConfigSection | undefined;
  /** `[sso-cred settings]` */
  settings(): ConfigSection | undefined;
  /** In the order of the files, each once. */
  names(type: SectionType): readonly string[];
}

const sizeLimit = 64 * 1024 * 1024;

/**
 * Reads the two files. One that does not exist says nothing; one that cannot be read, is larger
 * than 64 MiB or is malformed is InvalidConfig. Origins have absolute paths.
 * @param edit what the config file is thought to say, made of what it says
 */
export function loadConfig(
  location: ConfigLocation,
  edit: (text: string) => string = (text) => text,
): SharedConfig {
  const load = (file: string | undefined, kind: ConfigFileKind): AwsConfig => {
    if (file === undefined) return parseAwsConfig('', { path: '', kind });
    const path = resolve(file);
    const text = readText(path, displayPath(path, location.home));
    const meant = kind === 'config' ? edit(text) : text;
    return parseAwsConfig(meant, { path, kind, home: location.home });
  };
  return sharedConfig(
    load(location.configFile, 'config'),
    load(location.credentialsFile, 'credentials'),
  );
}

/** What two files say together. */
export function sharedConfig(config: AwsConfig, credentials: AwsConfig): SharedConfig {
  return {
    profile: (name) => merge(config.section('profile', name), credentials.section('profile', name)),
    ssoSession: (name) => config.section('sso-session', name),
    oidcSession: (name) => config.section('oidc-session', name),
    services: (name) => config.section('services', name),
    settings: () => config.section('sso-cred', 'settings'),
    names: (type) => [...new Set([...config.names(type), ...credentials.names(type)])],
  };
}

function merge(
  config: ConfigSection | undefined,
  credentials: ConfigSection | undefined,
): ConfigSection | undefined {
  if (config === undefined || credentials === undefined) return config ?? credentials;
  return { ...config, properties: new Map([...config.properties, ...credentials.properties]) };
}

/**
 * The text of a config file, bytes that are not UTF-8 replaced; empty when there is none.
 * @throws InvalidConfig when it cannot be read, or is larger than 64 MiB
 */
export function readText(path: string, shownPath: string): string {
  try {
    const bytes = readAtMost(path, sizeLimit);
    if (bytes !== undefined) return bytes.toString('utf8');
  } catch (error) {
    // ENOTDIR: a home such as /dev/null, which service accounts have.
    if (hasCode(error, 'ENOENT', 'ENOTDIR')) return '';
    throw new SsoCredError(
      'InvalidConfig',
      `${shownPath} cannot be read: ${describeErrno(error)}`,
      {
        cause: error,
      },
    );
  }
  throw new SsoCredError('InvalidConfig', `${shownPath} is larger than 64 MiB`);
}

/** Undefined when there is more. */
function readAtMost(path: string, limit: number): Buffer | undefined {
  // Not to wait for ever where the path is a pipe that nobody writes to. Windows has no such flag.
  const descriptor = openSync(path, constants.O_RDONLY | (constants.O_NONBLOCK ?? 0));
  try {
    const chunks: Buffer[] = [];
    let size = 0;
    while (size <= limit) {
      const chunk = Buffer.allocUnsafe(Math.min(65_536, limit + 1 - size));
      const count = readSync(descriptor, chunk);
      if (count === 0) return Buffer.concat(chunks, size);
      chunks.push(chunk.subarray(0, count));
      size += count;
    }
    return undefined;
  } finally {
    closeSync(descriptor);
  }
}
