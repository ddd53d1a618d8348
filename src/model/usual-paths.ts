import { endpointVariables } from './endpoint.ts';
import { isMadeOf } from './is-made-of.ts';
import { signInPolicies } from './sign-in-policies.ts';

const letters = 'abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ';

const knownPolicies: readonly string[] = signInPolicies;

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
  const policy = env['SSO_CRED_SIGN_IN'];
  // Nobody is to sign in here, but a mistake is to be told before the day that somebody has to.
  if (policy && !knownPolicies.includes(policy)) return undefined;
  const home = env['HOME'] || (platform === 'win32' ? env['USERPROFILE'] : undefined);
  if (!home) return undefined;
  const configFile = env['AWS_CONFIG_FILE'] || `${home}/.aws/config`;
  const credentialsFile = env['AWS_SHARED_CREDENTIALS_FILE'] || `${home}/.aws/credentials`;
  const cacheDirectory = env['SSO_CRED_CACHE_DIR'] || `${home}/.aws/sso-cred`;
  return isAbsolute(configFile) && isAbsolute(credentialsFile) && isAbsolute(cacheDirectory)
    ? { configFile, credentialsFile, cacheDirectory }
    : undefined;
}

/** From the root, or from a drive (`C:\`). */
function isAbsolute(path: string): boolean {
  if (path.startsWith('/')) return true;
  const [drive = '', colon, slash] = path;
  return isMadeOf(drive, letters) && colon === ':' && (slash === '\\' || slash === '/');
}
