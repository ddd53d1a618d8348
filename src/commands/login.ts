import type { LocationOptions } from '../config/locate.ts';
import { resolveSession, type SessionRequest } from '../config/resolve-profile.ts';
import { forgetFailuresOf } from '../flow/failure-memory.ts';
import {
  getSessionToken,
  type SessionPlace,
  type SessionToken,
  sessionFailures,
  sessionLock,
  signInNow,
} from '../flow/get-session-token.ts';
import type { SessionName } from '../flow/session-kind.ts';
import type { SignInNotice } from '../flow/sign-in-call.ts';
import type { SignInFlow } from '../model/client-registration.ts';
import { isSsoCredError } from '../model/errors.ts';
import type { OidcSession, SsoSession } from '../model/profile.ts';
import { idempotent, retrying } from '../services/retry.ts';
import { isTokenAccepted } from '../services/sso-portal-session.ts';
import { fileStamp } from '../store/file-stamp.ts';
import { withLock } from '../store/lock.ts';
import type { TerminalLines } from '../system/terminal.ts';
import type { World } from '../world.ts';
import { explainSettings, openCall, placeSession } from './open-call.ts';
import { progressLine } from './progress-line.ts';
import { browserPlace, signInTo, suitableFlow } from './sign-in-choice.ts';

/** What `sso-cred login` may say. */
export interface LoginOptions extends SessionRequest, LocationOptions {
  /** The flow that is asked for; undefined to choose what suits. */
  readonly flow: SignInFlow | undefined;
  /** Show the URL instead of opening a browser. */
  readonly noOpen: boolean;
  /** Sign in anew although the session is good. */
  readonly force: boolean;
  /** How long the person may take; seconds. */
  readonly timeoutS: number;
}

/**
 * Signs in to a session, or finds that it is good. All that is said goes to stderr.
 * @throws SsoCredError
 */
export async function runLogin(options: LoginOptions, world: World): Promise<void> {
  const opened = openCall(options, world);
  const { session, settings } = resolveSession(options, opened.sources);
  explainSettings(settings, opened, world);
  const place = placeSession(session, opened, world);
  const { name, tokenFile } = place.session;
  const deadline = world.clock.monotonicMs() + options.timeoutS * 1000;

  if (!options.force) {
    const good = await goodToken(session, place, deadline, world);
    if (good !== undefined) {
      forgetFailuresOf(opened.store, good.stamp);
      world.print(2, `Already signed in to the session ${name}. ${await describeEnd(place)}\n`);
      return;
    }
  }
  const browser = browserPlace(opened.settings, world);
  const flow = options.flow ?? suitableFlow(session, browser);
  const stampBefore = fileStamp(tokenFile);
  const pasted = flow === 'browser' ? pastedBy(world) : undefined;
  const progress = progressLine(world);
  const call = {
    ...place,
    deadline,
    open: async (url: URL) =>
      !options.noOpen && browser.canOpen
        ? await world.openBrowser(url, opened.settings.browser, world.trace)
        : false,
    tell: (notice: SignInNotice) => {
      world.print(2, instructions(notice, place.session, pasted !== undefined));
      progress.start('Waiting for you to finish in the browser');
    },
    ...(pasted === undefined ? {} : { pasted }),
  };
  try {
    await withLock(
      opened.store,
      {
        ...sessionLock({ ...place, deadline }),
        // What another process got meanwhile is as good as what we would get.
        look: async () => {
          if (fileStamp(tokenFile) === stampBefore) return { todo: undefined };
          const token = await goodToken(session, place, deadline, world);
          return token === undefined ? { todo: undefined } : { done: token };
        },
        evenUnlocked: false,
        work: () => signInNow(place, () => signInTo(session, flow, call, world), world),
      },
      world,
    );
  } finally {
    progress.stop();
    pasted?.close();
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
    if (error.code === 'SignInNeeded' || error.code === 'SessionEnded') return undefined;
    throw error;
  }
}

/** The terminal as a place to paste the callback URL, for a browser on another machine. */
function pastedBy(world: World): TerminalLines | undefined {
  return world.isTerminal(2) ? world.readTerminal() : undefined;
}

function instructions(notice: SignInNotice, { name }: SessionName, canPaste: boolean): string {
  if (notice.kind === 'device') {
    const { verificationUri, verificationUriComplete, userCode, isOpened } = notice;
    return [
      `Signing in to the session ${name} by device code.`,
      isOpened ? 'Your browser opens. If it does not, go to' : 'In any browser, go to',
      `  ${verificationUri}`,
      'and enter the code',
      `  ${userCode}`,
      ...(verificationUriComplete === verificationUri || isOpened
        ? []
        : ['or open', `  ${verificationUriComplete}`]),
      'Go on only if it was you who started this.',
      '',
    ].join('\n');
  }
  const { url, isOpened, port } = notice;
  return [
    `Signing in to the session ${name} in your browser.`,
    isOpened ? 'If no page opens, go to' : 'In a browser of this machine, go to',
    `  ${url}`,
    ...(canPaste
      ? [
          'If your browser is on another machine, either forward the port first:',
          `  ssh -L ${port}:127.0.0.1:${port} THIS_MACHINE`,
          'or copy the address of the page that cannot be shown at the end, and paste it here.',
        ]
      : []),
    '',
  ].join('\n');
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
