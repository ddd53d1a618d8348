import { isSsoCredError } from '../model/errors.ts';
import { findKey } from './find-key.ts';
import { anySessionOfName, type ResolvedAnySession } from './resolve-profile.ts';
import { type Sources, sessionKeys, sessionOfProfile } from './resolve-session.ts';

/**
 * Each session of the config, and each start URL that a profile names without one, yet to be resolved:
 * that throws where something is wrong in the config.
 */
export function sessionResolvers(sources: Sources): readonly (() => ResolvedAnySession)[] {
  const { config } = sources;
  const names = [...config.names('sso-session'), ...config.names('oidc-session')];
  const sessions = names.map((name) => () => anySessionOfName(name, sources));
  const legacy = new Map<string, () => ResolvedAnySession>();
  for (const name of config.names('profile')) {
    const profile = config.profile(name);
    if (profile === undefined || findKey(profile, sessionKeys.session) !== undefined) continue;
    const startUrl = findKey(profile, sessionKeys.startUrl);
    if (startUrl !== undefined && !legacy.has(startUrl.value)) {
      legacy.set(startUrl.value, () => sessionOfProfile(profile, sources));
    }
  }
  return [...sessions, ...legacy.values()];
}

/** All sessions of the config; what is wrong there is left out: the command that needs it tells. */
export function allSessions(sources: Sources): readonly ResolvedAnySession[] {
  return sessionResolvers(sources).flatMap((resolve) => {
    try {
      return [resolve()];
    } catch (error) {
      if (isSsoCredError(error)) return [];
      throw error;
    }
  });
}
