import type { LocationOptions } from '../config/locate.ts';
import { resolveSession, type SessionRequest } from '../config/resolve-profile.ts';
import { getSessionToken } from '../flow/get-session-token.ts';
import type { World } from '../world.ts';
import { explainSettings, openCall, placeSession } from './open-call.ts';

/** What `sso-cred token` may say. */
export interface TokenOptions extends SessionRequest, LocationOptions {
  /** How long it may take; seconds. */
  readonly timeoutS: number;
}

/** Prints a session's token, refreshed if need be; never signs in. @throws SsoCredError */
export async function runToken(options: TokenOptions, world: World): Promise<void> {
  const opened = openCall(options, world);
  const { session, settings } = resolveSession(options, opened.sources);
  explainSettings(settings, opened, world);
  const place = placeSession(session, opened, options, world);
  const deadline = world.clock.monotonicMs() + options.timeoutS * 1000;
  const call = { ...place, deadline, retryNow: false, signIn: undefined };
  const { bearer } = await getSessionToken(call, world);
  world.print(1, `${bearer}\n`);
}
