import { join, resolve } from 'node:path';
import { SsoCredError } from '../model/errors.ts';
import type { World } from '../world.ts';
import { type ConfigLocation, configLocation } from './config-location.ts';

/** Where everything lies that a call reads or writes. */
export interface Locations extends ConfigLocation {
  /** `~/.aws` */
  readonly awsDirectory: string;
  /** Our own records. */
  readonly cacheDirectory: string;
  /** The tokens that AWS's tools share. */
  readonly tokenDirectory: string;
}

/** The flags that name a place; they win over the environment. */
export interface LocationOptions {
  readonly configFile?: string | undefined;
  readonly credentialsFile?: string | undefined;
  readonly cacheDir?: string | undefined;
}

/** @throws StorageFailed when no home directory can be found for what no flag or variable places */
export function locate(
  options: LocationOptions,
  world: Pick<World, 'env' | 'platform' | 'homeDirectory'>,
): Locations {
  const { env, platform } = world;
  const location = configLocation(env, platform, () => world.homeDirectory(), options);
  if (location.home === undefined) {
    throw new SsoCredError(
      'StorageFailed',
      'No home directory: HOME is not set, and the system knows none for this user; set HOME (--cache-dir alone does not place the tokens of ~/.aws/sso/cache)',
    );
  }
  const awsDirectory = join(resolve(location.home), '.aws');
  const cacheDirectory =
    options.cacheDir ?? (env['SSO_CRED_CACHE_DIR'] || join(awsDirectory, 'sso-cred'));
  return {
    ...location,
    awsDirectory,
    cacheDirectory: resolve(cacheDirectory),
    tokenDirectory: join(awsDirectory, 'sso', 'cache'),
  };
}
