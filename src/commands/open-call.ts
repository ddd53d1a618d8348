import { displayPath } from '../config/display-path.ts';
import type { NamedSetting } from '../config/find-key.ts';
import { loadConfig } from '../config/load-config.ts';
import { type LocationOptions, type Locations, locate } from '../config/locate.ts';
import { place } from '../config/place.ts';
import type { SessionRequest } from '../config/resolve-profile.ts';
import type { Sources } from '../config/resolve-session.ts';
import { resolveSettings, type UserSettings } from '../config/resolve-settings.ts';
import { oidcSessionKind } from '../flow/oidc-session-kind.ts';
import type { SessionPlace } from '../flow/session-place.ts';
import { ssoSessionKind } from '../flow/sso-session-kind.ts';
import type { OidcSession, SsoSession } from '../model/profile.ts';
import { oidcTokenFile } from '../store/oidc-token-store.ts';
import { privateTokenFile, ssoTokenFile } from '../store/sso-token-cache.ts';
import { openStore, type Store } from '../store/store.ts';
import type { World } from '../world.ts';
import { sessionIn, workerFlags } from './worker-flags.ts';

/** What each command begins with: where things lie, what the config says, our own records. */
export interface OpenCall {
  readonly locations: Locations;
  readonly sources: Sources;
  readonly settings: UserSettings;
  readonly store: Store;
}

/** Reads the config. @throws InvalidConfig, StorageFailed */
export function openCall(options: LocationOptions, world: World): OpenCall {
  const locations = locate(options, world);
  const { home } = locations;
  const configFile = displayPath(locations.configFile ?? '', home);
  const config = loadConfig(locations);
  world.trace('config', `${configFile}: ${config.names('profile').length} profiles`);
  for (const [key, { value, origin }] of config.settings()?.properties ?? []) {
    world.trace('setting', `${key} = ${value} (${place(origin, home)})`);
  }
  return {
    locations,
    sources: { config, env: world.env, home, configFile },
    settings: resolveSettings(config.settings(), home),
    store: openStore(locations.cacheDirectory, world),
  };
}

/**
 * A session, with the place where its token and our records of it are kept.
 * @param request how the session was named, for a process of its own that is to find it too;
 *   undefined where none is ever needed
 */
export function placeSession(
  session: SsoSession | OidcSession,
  opened: OpenCall,
  request: SessionRequest | undefined,
  world: World,
): SessionPlace {
  const { locations, settings, store } = opened;
  const { cacheDirectory, tokenDirectory } = locations;
  const startWorker: SessionPlace['startWorker'] = async (task, id) =>
    request === undefined
      ? undefined
      : await world.startSelf([
          'worker',
          `--task=${task}`,
          `--id=${id}`,
          ...workerFlags(sessionIn(request), locations),
        ]);
  if (session.kind === 'oidc') {
    const tokenFile = oidcTokenFile(cacheDirectory, session);
    return { session: oidcSessionKind(session, tokenFile, store, world), store, startWorker };
  }
  const tokenFile =
    settings.tokenStore === 'private'
      ? privateTokenFile(cacheDirectory, session)
      : ssoTokenFile(tokenDirectory, session);
  return { session: ssoSessionKind(session, tokenFile, world), store, startWorker };
}

/** Tells which settings a call goes by, and where each of them stands. */
export function explainSettings(
  named: readonly NamedSetting[],
  { sources }: OpenCall,
  world: World,
): void {
  for (const { name, value, origin } of named) {
    // A flag or a variable names itself.
    const from = name === place(origin, sources.home) ? '' : ` (${place(origin, sources.home)})`;
    world.trace('setting', `${name} = ${value}${from}`);
  }
}
