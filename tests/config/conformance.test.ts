import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { configLocation } from '../../src/config/config-location.ts';
import type { SectionType } from '../../src/config/config-section.ts';
import { loadConfig, type SharedConfig } from '../../src/config/load-config.ts';

interface ParserCase {
  readonly name: string;
  readonly input: { readonly configFile?: string; readonly credentialsFile?: string };
  readonly output:
    | { readonly config: { readonly profiles: Sections; readonly sso_sessions?: Sections } }
    | { readonly errorContaining: string };
}

interface LocationCase {
  readonly name: string;
  readonly environment: Readonly<Record<string, string>>;
  readonly platform: 'linux' | 'windows';
  readonly configLocation: string;
  readonly credentialsLocation: string;
}

type Sections = Readonly<Record<string, Readonly<Record<string, string>>>>;

function cases<T>(file: string): readonly T[] {
  const url = new URL(`../conformance/${file}`, import.meta.url);
  return JSON.parse(readFileSync(url, 'utf8')).tests;
}

function sections(config: SharedConfig, type: SectionType): Sections {
  const lookUp = type === 'profile' ? config.profile : config.ssoSession;
  return Object.fromEntries(
    config.names(type).map((name) => {
      const properties = lookUp(name)?.properties ?? new Map();
      return [name, Object.fromEntries([...properties].map(([key, { value }]) => [key, value]))];
    }),
  );
}

describe('the test data that the AWS SDKs share', () => {
  let directory: string;
  beforeAll(() => {
    directory = mkdtempSync(join(tmpdir(), 'sso-cred-conformance-'));
  });
  afterAll(() => rmSync(directory, { recursive: true }));

  test.each(cases<ParserCase>('profile-parser-tests.json'))('$name', ({ input, output }) => {
    const configFile = join(directory, 'config');
    const credentialsFile = join(directory, 'credentials');
    writeFileSync(configFile, input.configFile ?? '');
    writeFileSync(credentialsFile, input.credentialsFile ?? '');
    const load = () => loadConfig({ configFile, credentialsFile, home: directory });

    if ('errorContaining' in output) {
      expect(load).toThrow(
        expect.objectContaining({ name: 'SsoCredError', code: 'InvalidConfig' }),
      );
      return;
    }
    const config = load();
    expect(sections(config, 'profile')).toEqual(output.config.profiles);
    expect(sections(config, 'sso-session')).toEqual(output.config.sso_sessions ?? {});
  });

  test.each(cases<LocationCase>('file-location-tests.json'))(
    '$platform: $name',
    ({ environment, platform, configLocation: configFile, credentialsLocation }) => {
      const location = configLocation(
        environment,
        platform === 'windows' ? 'win32' : 'linux',
        () => undefined,
      );
      expect(location).toMatchObject({ configFile, credentialsFile: credentialsLocation });
    },
  );
});
