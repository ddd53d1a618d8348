import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { loadConfig } from '../../src/config/load-config.ts';
import type { Sources } from '../../src/config/resolve-session.ts';
import type { Environment } from '../../src/world.ts';
import { freshDirectory } from './fresh-directory.ts';

/** Settings as they are read from `~/.aws/config` (and `~/.aws/credentials`) of these lines. */
export function configSources(
  config: readonly string[],
  env: Environment = {},
  credentials?: readonly string[],
): Sources {
  const home = freshDirectory();
  const below = (name: string) => join(home, '.aws', name);
  mkdirSync(join(home, '.aws'));
  writeFileSync(below('config'), config.join('\n'));
  if (credentials !== undefined) writeFileSync(below('credentials'), credentials.join('\n'));
  const location = { configFile: below('config'), credentialsFile: below('credentials'), home };
  return { config: loadConfig(location), env, home, configFile: '~/.aws/config' };
}
