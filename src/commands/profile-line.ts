import { resolve } from 'node:path';
import type { LocationOptions } from '../config/locate.ts';
import { type CommandLine, commandLine } from '../model/command-line.ts';
import type { World } from '../world.ts';

/**
 * The `credential_process` of a profile. Where the command line says where things lie, it does too:
 * an SDK that was told by its program, and not by the environment, tells nobody else.
 * @throws InvalidConfig where no SDK could run it
 */
export function profileLine(
  name: string,
  { configFile, credentialsFile, cacheDir }: LocationOptions,
  world: Pick<World, 'ownCommand' | 'platform'>,
): CommandLine {
  const places = Object.entries({
    '--config-file': configFile,
    '--credentials-file': credentialsFile,
    '--cache-dir': cacheDir,
  }).flatMap(([flag, path]) => (path === undefined ? [] : [flag, resolve(path)]));
  return commandLine([...world.ownCommand(), '--profile', name, ...places], world.platform);
}
