import { sessionResolvers } from '../config/all-sessions.ts';
import type { LocationOptions } from '../config/locate.ts';
import {
  type ResolvedAnySession,
  resolveSession,
  type SessionRequest,
} from '../config/resolve-profile.ts';
import { forgetFailuresOf } from '../flow/failure-memory.ts';
import { getSessionToken } from '../flow/get-session-token.ts';
import type { SessionToken } from '../flow/session-call.ts';
import { type SessionPlace, sessionFailures } from '../flow/session-place.ts';
import type { SignInFlow } from '../model/client-registration.ts';
import { isSsoCredError } from '../model/errors.ts';
import type { OidcSession, SsoSession } from '../model/profile.ts';
import { idempotent, retrying } from '../services/retry.ts';
import { isTokenAccepted } from '../services/sso-portal-session.ts';
import { fileStamp } from '../store/file-stamp.ts';
import type { World } from '../world.ts';
import { withEachSession } from './each-session.ts';
import { explainSettings, type OpenCall, openCall, placeSession } from './open-call.ts';
import {
  beginAtTerminal,
  joinAtTerminal,
  type Login,
  signInAtTerminal,
} from './sign-in-at-terminal.ts';
import { browserPlace, openerOf, suitableFlow } from './sign-in-choice.ts';

/** How to sign in. */
export interface SignInOptions {
  /** The flow that is asked for; undefined to choose what suits. */
  readonly flow: SignInFlow | undefined;
  /** Show the URL instead of opening a browser. */
  readonly noOpen: boolean;
  /** Sign in anew although the session is good. */
  readonly force: boolean;
  /** How long the person may take; seconds. */
  readonly timeoutS: number;
}

/** What `sso-cred login` may say. */
export interface LoginOptions extends SessionRequest, LocationOptions, SignInOptions {
  /** All sessions of the config, one after the other. */
  readonly all?: boolean;
}

/**
 * Signs in to a session, or to all of them, or finds that it is good. All that is said goes to stderr.
 * @throws SsoCredError
 */
export async function runLogin(options: LoginOptions, world: World): Promise<void> {
  const opened = openCall(options, world);
  const deadline = world.clock.monotonicMs() + options.timeoutS * 1000;
  const resolvers = options.all
    ? sessionResolvers(opened.sources)
    : [() => resolveSession(options, opened.sources)];
  const work = async ({ session, settings }: ResolvedAnySession) => {
    explainSettings(settings, opened, world);
    const named = session.name === undefined ? undefined : { session: session.name };
    const request = options.all ? named : options;
    await logIn(session, { ...options, request, deadline }, opened, world);
  };
  await withEachSession(resolvers, work, world);
}

/** A sign-in that is wanted now. */
interface LogInCall extends SignInOptions {
  /** How the session was named; undefined for one that is not in the config. */
  readonly request: SessionRequest | undefined;
  /** By the monotonic clock; milliseconds. */
  readonly deadline: number;
}

/**
 * Signs in to a session, which need not stand in the config yet, or finds that it is good.
 * @throws SsoCredError
 */
export async function logIn(
  session: SsoSession | OidcSession,
  options: LogInCall,
  opened: OpenCall,
  world: World,
): Promise<void> {
  const { deadline } = options;
  const place = placeSession(session, opened, options.request, world);
  const { name, tokenFile } = place.session;

  if (!options.force) {
    const good = await goodToken(session, place, deadline, world);
    if (good !== undefined) {
      forgetFailuresOf(opened.store, good.stamp);
      world.print(2, `Already signed in to the session ${name}. ${await describeEnd(place)}\n`);
      return;
    }
  }
  const flow = options.flow ?? suitableFlow(session, browserPlace(opened.settings, world));
  const { force } = options;
  const isAsked = options.flow !== undefined;
  const login: Login = { session, place, flow, isAsked, force, deadline };
  for (;;) {
    const begun = await beginAtTerminal(login, world);
    if (begun.kind === 'own') {
      const open = options.noOpen ? async () => false : openerOf(opened.settings, world);
      await signInAtTerminal(login, begun.record, open, world);
      break;
    }
    await joinAtTerminal(login, begun.record, world);
    if ((await goodToken(session, place, deadline, world)) !== undefined) break;
    const failed = sessionFailures(place, world).standing(fileStamp(tokenFile), false);
    if (failed !== undefined && failed.code !== 'SessionEnded') throw failed;
  }
  world.print(2, `Signed in to the session ${name}. ${await describeEnd(place)}\n`);
}

/** The session's token, if AWS takes it: refreshed where that helps. */
async function goodToken(
  session: SsoSession | OidcSession,
  place: SessionPlace,
  deadline: number,
  world: World,
): Promise<SessionToken | undefined> {
  const stamp = fileStamp(place.session.tokenFile);
  const remembered = sessionFailures(place, world).standing(stamp, false);
  if (remembered?.code === 'SessionEnded') return undefined;
  const call = { ...place, deadline, retryNow: true, signIn: undefined };
  try {
    const token = await getSessionToken(call, world);
    // An OpenID provider has no call to ask with; STS would need a role.
    if (session.kind === 'oidc') return token;
    const request = { accessToken: token.bearer, deadline };
    const check = () => isTokenAccepted(session.endpoints.sso, request, world);
    if (await retrying(idempotent, check, deadline, world)) return token;
    return await getSessionToken(call, world, token.bearer);
  } catch (error) {
    if (!isSsoCredError(error)) throw error;
    const isToSignIn = ['SignInNeeded', 'SessionEnded', 'SignInPending'].includes(error.code);
    if (isToSignIn) return undefined;
    throw error;
  }
}

/** Until when the session lasts, as far as the token tells. */
async function describeEnd({ session }: SessionPlace): Promise<string> {
  const kept = await session.read();
  if (kept.kind === 'none') return '';
  const until = new Date(kept.expiresAt).toLocaleTimeString('en-GB', {
    hour: '2-digit',
    minute: '2-digit',
    timeZoneName: 'short',
  });
  return kept.notRefreshable === undefined
    ? `Its token is good until ${until} and is refreshed by itself until your administrator's limit.`
    : `Its token is good until ${until}, and the session ends then: ${kept.notRefreshable}.`;
}
