import { endpointVariables } from './endpoint.ts';

/** Where a call looks that is like most: nothing but a profile's name on its command line. */
export interface UsualPaths {
  readonly configFile: string;
  readonly credentialsFile: string;
  readonly cacheDirectory: string;
}

/**
 * The paths of the usual call; undefined when anything in the environment is out of the ordinary,
 * which the profile index does not know about.
 */
export function usualPaths(
  env: Readonly<Record<string, string | undefined>>,
  platform: NodeJS.Platform,
): UsualPaths | undefined {
  for (const variable of endpointVariables) if (env[variable]) return undefined;
  const home = env['HOME'] || (platform === 'win32' ? env['USERPROFILE'] : undefined);
  if (!home) return undefined;
  const paths = {
    configFile: env['AWS_CONFIG_FILE'] || `${home}/.aws/config`,
    credentialsFile: env['AWS_SHARED_CREDENTIALS_FILE'] || `${home}/.aws/credentials`,
    cacheDirectory: env['SSO_CRED_CACHE_DIR'] || `${home}/.aws/sso-cred`,
  };
  const isAbsolute = (path: string) => path.startsWith('/') || /^[A-Za-z]:[\\/]/.test(path);
  return Object.values(paths).every(isAbsolute) ? paths : undefined;
}
