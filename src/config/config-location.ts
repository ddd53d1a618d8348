import { posix, win32 } from 'node:path';

/** The paths of the two files, as given, and the home directory; undefined without a home. */
export interface ConfigLocation {
  readonly configFile: string | undefined;
  readonly credentialsFile: string | undefined;
  readonly home: string | undefined;
}

type Environment = Readonly<Record<string, string | undefined>>;

/** The flags that name a file; they win over the environment. */
interface LocationFlags {
  readonly configFile?: string | undefined;
  readonly credentialsFile?: string | undefined;
}

/**
 * Where the config and the credentials file are, by the rules that the AWS SDKs share
 * (tests/conformance/file-location-tests.json, and
 * https://docs.aws.amazon.com/sdkref/latest/guide/file-location.html). An empty variable counts as
 * unset. The paths may be relative; a leading `~/` is expanded.
 */
export function configLocation(
  env: Environment,
  platform: NodeJS.Platform,
  homedir: () => string | undefined,
  flags: LocationFlags = {},
): ConfigLocation {
  const home = findHome(env, platform) ?? homedir();
  const { join } = platform === 'win32' ? win32 : posix;
  const below = (path: string) => (home === undefined ? undefined : join(home, path));
  const expand = (path: string) => (isBelowHome(path, platform) ? below(path.slice(2)) : path);
  return {
    configFile: expand(flags.configFile ?? (env['AWS_CONFIG_FILE'] || '~/.aws/config')),
    credentialsFile: expand(
      flags.credentialsFile ?? (env['AWS_SHARED_CREDENTIALS_FILE'] || '~/.aws/credentials'),
    ),
    home,
  };
}

function findHome(env: Environment, platform: NodeJS.Platform): string | undefined {
  if (env['HOME']) return env['HOME'];
  if (platform !== 'win32') return undefined;
  if (env['USERPROFILE']) return env['USERPROFILE'];
  const { HOMEDRIVE: drive, HOMEPATH: path } = env;
  return drive && path ? drive + path : undefined;
}

function isBelowHome(path: string, platform: NodeJS.Platform): boolean {
  return path.startsWith('~/') || (platform === 'win32' && path.startsWith('~\\'));
}
