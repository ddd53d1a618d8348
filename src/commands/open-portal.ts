import type { LocationOptions } from '../config/locate.ts';
import { resolveSession, type SessionRequest } from '../config/resolve-profile.ts';
import { type PortalReader, readPortal } from '../flow/read-portal.ts';
import type { SessionPlace } from '../flow/session-place.ts';
import { SsoCredError } from '../model/errors.ts';
import type { SsoSession } from '../model/profile.ts';
import type { World } from '../world.ts';
import { explainSettings, type OpenCall, placeSession } from './open-call.ts';
import { signInOfCall } from './sign-in-choice.ts';

/** Which session's accounts and roles are asked for. */
export interface PortalOptions extends SessionRequest, LocationOptions {
  /** How long it may take; seconds. */
  readonly timeoutS: number;
}

/** A session of Identity Center, and what it lists. */
export interface OpenPortal {
  readonly session: SsoSession;
  readonly place: SessionPlace;
  readonly reader: PortalReader;
}

/**
 * Opens the access portal of a session; signs in as a call for credentials does, once that is needed.
 * @throws SsoCredError
 */
export function openPortal(options: PortalOptions, opened: OpenCall, world: World): OpenPortal {
  const { profile, session: name, startUrl, ssoRegion } = options;
  const isNamed = [profile, name, startUrl, ssoRegion].some(Boolean) || hasDefault(opened, world);
  const request = isNamed
    ? { profile, session: name, startUrl, ssoRegion }
    : { session: onlySession(opened) };
  const { session, settings } = resolveSession(request, opened.sources);
  explainSettings(settings, opened, world);
  if (session.kind === 'oidc') {
    throw new SsoCredError(
      'InvalidUsage',
      `The session "${session.name ?? session.issuer}" is one of an OpenID provider, which lists no accounts`,
    );
  }
  const place = placeSession(session, opened, request, world);
  const deadline = world.clock.monotonicMs() + options.timeoutS * 1000;
  const choice = { session, place, settings: opened.settings, deadline, flag: undefined };
  const call = { ...place, deadline, signIn: signInOfCall(choice, world) };
  return { session, place, reader: readPortal(session, call, world) };
}

/** Whether there is a profile that is meant where nothing is named. */
export function hasDefault({ sources: { config } }: OpenCall, { env }: World): boolean {
  const named = env['AWS_PROFILE'] || env['AWS_DEFAULT_PROFILE'];
  return Boolean(named) || config.profile('default') !== undefined;
}

function onlySession({ sources: { config, configFile } }: OpenCall): string {
  const names = config.names('sso-session');
  const [only, ...others] = names;
  if (only === undefined) {
    throw new SsoCredError('SessionNotFound', `There is no [sso-session …] in ${configFile}`, {
      remedy: 'sso-cred configure sso',
    });
  }
  if (others.length === 0) return only;
  const listed = names.map((name) => `"${name}"`).join(', ');
  throw new SsoCredError('InvalidUsage', `--session is required: there are ${listed}`);
}
