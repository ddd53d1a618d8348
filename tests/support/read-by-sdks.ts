import { spawnSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from '@jest/globals';
import { loadSharedConfigFiles, loadSsoSessionData } from '@smithy/core/config';
import { loadConfig } from '../../src/config/load-config.ts';
import { freshDirectory } from './fresh-directory.ts';

type Sections = Readonly<Record<string, Readonly<Record<string, string>>>>;

/** What a config file says, as a reader understands it. Nested keys are `key.subkey`. */
export interface ReadConfig {
  readonly profiles: Sections;
  readonly sso_sessions: Sections;
}

/** Whether botocore, which boto3 and the AWS CLI are made of, is there. */
export const hasBotocore = spawnSync('python3', ['-c', 'import botocore']).status === 0;
if (!hasBotocore) process.stderr.write('SKIPPED: no botocore, configs are not read by it\n');

/** What we read. Sections without a key are left out, as by all of these. */
export function readByUs(path: string): ReadConfig {
  const config = loadConfig({ configFile: path, credentialsFile: undefined, home: undefined });
  const sections = (type: 'profile' | 'sso-session') => {
    const find = type === 'profile' ? config.profile : config.ssoSession;
    return withKeys(
      config.names(type).map((name) => {
        const properties = [...(find(name)?.properties ?? [])].flatMap(
          ([key, { value, subProperties }]) =>
            value.startsWith('\n')
              ? [...subProperties].map(([sub, each]) => [`${key}.${sub}`, each.value])
              : [[key, value]],
        );
        return [name, Object.fromEntries(properties)];
      }),
    );
  };
  return { profiles: sections('profile'), sso_sessions: sections('sso-session') };
}

/** What botocore reads; an error's text where it refuses a file. */
export function readByBotocore(paths: readonly string[]): readonly (ReadConfig | string)[] {
  const list = join(freshDirectory(), 'paths');
  writeFileSync(list, paths.map((path) => `${path}\n`).join(''));
  const { stdout, stderr, status } = spawnSync('python3', ['tests/callers/read_configs.py', list], {
    encoding: 'utf8',
    maxBuffer: 1 << 30,
    timeout: 60_000,
  });
  if (status !== 0) throw new Error(stderr);
  const read: readonly (ReadConfig | { readonly error: string })[] = JSON.parse(stdout);
  return read.map((each) => {
    if ('error' in each) return each.error;
    const { profiles, sso_sessions } = each;
    return {
      profiles: withKeys(Object.entries(profiles)),
      sso_sessions: withKeys(Object.entries(sso_sessions)),
    };
  });
}

/** What the JavaScript SDK reads. */
export async function readByJavaScript(path: string): Promise<ReadConfig> {
  const { configFile } = await loadSharedConfigFiles({
    configFilepath: path,
    filepath: '/nonexistent',
    ignoreCache: true,
  });
  const sessions = await loadSsoSessionData({ configFilepath: path });
  // Sections of other types stand among the profiles, under their type and name.
  const profiles = Object.entries(configFile).filter(
    ([name]) => !/^(?:services|sso-session)\./.test(name),
  );
  return { profiles: withKeys(profiles), sso_sessions: withKeys(Object.entries(sessions)) };
}

/** botocore and the JavaScript SDK read of a config what we read. */
export async function expectReadAlike(configFile: string): Promise<void> {
  const ours = readByUs(configFile);
  expect(Object.keys(ours.profiles)).not.toEqual([]);
  expect(await readByJavaScript(configFile)).toEqual(ours);
  if (hasBotocore) expect(readByBotocore([configFile])).toEqual([ours]);
}

function withKeys(sections: readonly (readonly [string, object])[]): Sections {
  return Object.fromEntries(
    sections.flatMap(([name, section]) =>
      Object.keys(section).length === 0 ? [] : [[name, { ...section }]],
    ),
  );
}
