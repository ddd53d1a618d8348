import { sessionResolvers } from '../config/all-sessions.ts';
import type { LocationOptions } from '../config/locate.ts';
import {
  type ResolvedAnySession,
  resolveSession,
  type SessionRequest,
} from '../config/resolve-profile.ts';
import { forgetFailuresOf } from '../flow/failure-memory.ts';
import { getSessionToken } from '../flow/get-session-token.ts';
import {
  awaitPending,
  beginPending,
  cancelPending,
  endPending,
  pendingOf,
} from '../flow/pending-work.ts';
import { runSignIn } from '../flow/run-sign-in.ts';
import type { SessionToken } from '../flow/session-call.ts';
import { type SessionName, signInUnfinished } from '../flow/session-kind.ts';
import { type SessionPlace, sessionFailures, sessionLock } from '../flow/session-place.ts';
import type { SignInTo } from '../flow/sign-in-call.ts';
import type { SignInFlow } from '../model/client-registration.ts';
import { isSsoCredError } from '../model/errors.ts';
import type { PendingRecord, SignInShown } from '../model/pending-record.ts';
import type { OidcSession, SsoSession } from '../model/profile.ts';
import { idempotent, retrying } from '../services/retry.ts';
import { isTokenAccepted } from '../services/sso-portal-session.ts';
import { fileStamp } from '../store/file-stamp.ts';
import { withLock } from '../store/lock.ts';
import type { TerminalLines } from '../system/terminal.ts';
import type { World } from '../world.ts';
import { withEachSession } from './each-session.ts';
import { explainSettings, type OpenCall, openCall, placeSession } from './open-call.ts';
import { progressLine } from './progress-line.ts';
import { browserPlace, openerOf, signInTo, suitableFlow } from './sign-in-choice.ts';

/** What `sso-cred login` may say. */
export interface LoginOptions extends SessionRequest, LocationOptions {
  /** All sessions of the config, one after the other. */
  readonly all?: boolean;
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
 * Signs in to a session, or to all of them, or finds that it is good. All that is said goes to stderr.
 * @throws SsoCredError
 */
export async function runLogin(options: LoginOptions, world: World): Promise<void> {
  const opened = openCall(options, world);
  const deadline = world.clock.monotonicMs() + options.timeoutS * 1000;
  const resolvers = options.all
    ? sessionResolvers(opened.sources)
    : [() => resolveSession(options, opened.sources)];
  const work = (resolved: ResolvedAnySession) =>
    logInTo(resolved, opened, options, deadline, world);
  await withEachSession(resolvers, work, world);
}

/** @param deadline by the monotonic clock; milliseconds */
async function logInTo(
  { session, settings }: ResolvedAnySession,
  opened: OpenCall,
  options: LoginOptions,
  deadline: number,
  world: World,
): Promise<void> {
  explainSettings(settings, opened, world);
  const named = session.name === undefined ? undefined : { session: session.name };
  const place = placeSession(session, opened, options.all ? named : options, world);
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
  const login: Login = { session, place, flow, force: options.force, deadline };
  for (;;) {
    const begun = await begin(login, world);
    if (begun.kind === 'own') {
      const open = options.noOpen ? async () => false : openerOf(opened.settings, world);
      await signInHere(login, begun.record, open, world);
      break;
    }
    const isOver = await join(login, begun.record, world);
    if (isOver && (await goodToken(session, place, deadline, world)) !== undefined) break;
    const failed = sessionFailures(place, world).standing(fileStamp(tokenFile), false);
    if (isOver && failed !== undefined && failed.code !== 'SessionEnded') throw failed;
    if (!isOver) throw signInUnfinished(place.session, options.timeoutS * 1000);
  }
  world.print(2, `Signed in to the session ${name}. ${await describeEnd(place)}\n`);
}

/** A login that is to be done. */
interface Login {
  readonly session: SsoSession | OidcSession;
  readonly place: SessionPlace;
  readonly flow: SignInFlow;
  /** Not to join a sign-in that goes on, but to replace it. */
  readonly force: boolean;
  /** By the monotonic clock; milliseconds. */
  readonly deadline: number;
}

/** Finds the sign-in that is going on, or begins one: in place of that where another is asked for. */
async function begin(
  { place, force, flow, deadline }: Login,
  world: World,
): Promise<{ readonly kind: 'own' | 'another'; readonly record: PendingRecord }> {
  const work = async () => {
    const state = await pendingOf(place, world);
    const isToJoin =
      state.kind === 'live' &&
      state.record.task === 'sign-in' &&
      state.record.flow === flow &&
      !force;
    if (isToJoin) return { kind: 'another', record: state.record } as const;
    if (state.kind !== 'none') cancelPending(place);
    const record = await beginPending(place, { task: 'sign-in', starts: 1, flow }, world);
    return record === undefined ? undefined : ({ kind: 'own', record } as const);
  };
  for (;;) {
    const look = async () => ({ todo: undefined });
    const request = { ...sessionLock({ ...place, deadline }), look, evenUnlocked: false, work };
    const begun = await withLock(place.store, request, world);
    if (begun !== undefined) return begun;
  }
}

/** Signs in, in this process: it has the terminal, and the person. */
async function signInHere(
  { session, place, flow, deadline }: Login,
  record: PendingRecord,
  open: (url: URL) => Promise<boolean>,
  world: World,
): Promise<void> {
  const pasted = flow === 'browser' ? pastedBy(world) : undefined;
  const progress = progressLine(world);
  const withdraw = world.signals.onEnd(() => endPending(place, record.id));
  const tell = (shown: SignInShown) => {
    world.print(2, instructions(shown, place.session, pasted !== undefined));
    progress.start('Waiting for you to finish in the browser');
  };
  const signIn = (call: SignInTo) =>
    signInTo(session, flow, { ...call, store: place.store }, world);
  const paste = pasted === undefined ? {} : { pasted };
  try {
    await runSignIn({ ...place, ...paste, record, deadline, open, tell, signIn }, world);
  } finally {
    progress.stop();
    pasted?.close();
    withdraw();
  }
}

/** Waits for a sign-in that another process has begun; gives whether it was over in time. */
async function join(
  { place, deadline }: Login,
  record: PendingRecord,
  world: World,
): Promise<boolean> {
  const progress = progressLine(world);
  const tell = (shown: SignInShown) => {
    world.print(2, 'This sign-in was begun already. ');
    world.print(2, instructions(shown, place.session, false));
    progress.start('Waiting for you to finish in the browser');
  };
  try {
    return await awaitPending(place, record, deadline, tell, world);
  } finally {
    progress.stop();
  }
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

/** The terminal as a place to paste the callback URL, for a browser on another machine. */
function pastedBy(world: World): TerminalLines | undefined {
  return world.isTerminal(2) ? world.readTerminal() : undefined;
}

function instructions(shown: SignInShown, { name }: SessionName, canPaste: boolean): string {
  if (shown.kind === 'device') {
    const { verificationUri, verificationUriComplete, userCode, isOpened } = shown;
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
  const { url, isOpened } = shown;
  const port = portOfRedirect(url);
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

/** The port that the browser comes back to. */
function portOfRedirect(url: string): string {
  const redirectUri = new URL(url).searchParams.get('redirect_uri') ?? '';
  return URL.canParse(redirectUri) ? new URL(redirectUri).port : '';
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
