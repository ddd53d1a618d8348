import { codeStillGood } from '../flow/begin-work.ts';
import { pastedRedirects } from '../flow/pasted-redirects.ts';
import {
  awaitPending,
  beginPending,
  endPending,
  pendingOf,
  readPending,
} from '../flow/pending-work.ts';
import { runSignIn } from '../flow/run-sign-in.ts';
import { type SessionPlace, sessionLock } from '../flow/session-place.ts';
import type { SignInTo } from '../flow/sign-in-call.ts';
import { stillPending } from '../flow/wait-for-session.ts';
import type { SignInFlow } from '../model/client-registration.ts';
import type { PendingRecord, SignInShown } from '../model/pending-record.ts';
import type { OidcSession, SsoSession } from '../model/profile.ts';
import { withLock } from '../store/lock.ts';
import type { TerminalLines } from '../system/terminal-input.ts';
import type { World } from '../world.ts';
import { progressLine } from './progress-line.ts';
import { signInTo } from './sign-in-choice.ts';
import { signInInstructions } from './sign-in-instructions.ts';

const waitingText = 'Waiting for you to finish in the browser';

/** A login that is to be done. */
export interface Login {
  readonly session: SsoSession | OidcSession;
  readonly place: SessionPlace;
  readonly flow: SignInFlow;
  /** Whether the command line says so, or it is what suits the place. */
  readonly isAsked: boolean;
  /** Not to join a sign-in that goes on, but to replace it. */
  readonly force: boolean;
  /** By the monotonic clock; milliseconds. */
  readonly deadline: number;
}

/** Finds the sign-in that is going on, or begins one: in place of that where another is asked for. */
export async function beginAtTerminal(
  login: Login,
  world: World,
): Promise<{ readonly kind: 'own' | 'another'; readonly record: PendingRecord }> {
  const { place, flow, deadline } = login;
  const work = async () => {
    const state = await pendingOf(place, world);
    const before = state.kind === 'none' ? undefined : state.record;
    const isSuited = before !== undefined && suits(before, login);
    if (state.kind === 'live' && isSuited)
      return { kind: 'another', record: state.record } as const;
    // The person may be typing the code of a process that is gone.
    const code = isSuited ? codeStillGood(before, world) : undefined;
    const way = code === undefined ? flow : 'device';
    const planned = { task: 'sign-in', starts: 1, flow: way, ...code } as const;
    const record = await beginPending(place, planned, world, before);
    return record === undefined ? undefined : ({ kind: 'own', record } as const);
  };
  for (;;) {
    const look = async () => ({ todo: undefined });
    const request = { ...sessionLock({ ...place, deadline }), look, evenUnlocked: false, work };
    const begun = await withLock(place.store, request, world);
    if (begun !== undefined) return begun;
  }
}

/**
 * Whether a sign-in that goes on will do for this login. A code can be typed anywhere; a browser has
 * to be on the machine that it comes back to, unless the person says that they know better.
 */
function suits({ task, flow }: PendingRecord, login: Login): boolean {
  if (task !== 'sign-in' || login.force) return false;
  return flow === login.flow || (flow === 'device' && !login.isAsked);
}

/** Signs in, in this process: it has the terminal, and the person. */
export async function signInAtTerminal(
  { session, place, deadline }: Login,
  record: PendingRecord,
  open: (url: URL) => Promise<boolean>,
  world: World,
): Promise<void> {
  const { flow = 'device' } = record;
  const pasted = flow === 'browser' ? await pastedBy(world) : undefined;
  const progress = progressLine(world);
  // Ctrl-C calls it off in any case; a login that ends otherwise takes its sign-in with it, too.
  const withdraw = world.signals.onEnd((signal) => {
    if (signal !== 'SIGINT') endPending(place, record.id);
  });
  const isGoneOnWith = record.shown !== undefined;
  const tell = (shown: SignInShown) => {
    const how = { canPaste: pasted !== undefined, isJoined: isGoneOnWith };
    world.print(2, signInInstructions(shown, place.session, how));
    progress.start(waitingText);
  };
  const signIn = (call: SignInTo) =>
    signInTo(session, flow, { ...call, store: place.store }, world);
  const paste = pasted === undefined ? {} : { pasted };
  try {
    if (record.shown !== undefined) tell(record.shown);
    await runSignIn({ ...place, ...paste, record, deadline, open, tell, signIn }, world);
  } finally {
    progress.stop();
    pasted?.close();
    withdraw();
  }
}

/** Waits until a sign-in that another process has begun is over. @throws SignInPending */
export async function joinAtTerminal(
  { place, deadline }: Login,
  record: PendingRecord,
  world: World,
): Promise<void> {
  const progress = progressLine(world);
  const pasted = record.flow === 'browser' ? await pastedBy(world) : undefined;
  const tell = (shown: SignInShown) => {
    const how = { canPaste: pasted !== undefined, isJoined: true };
    world.print(2, signInInstructions(shown, place.session, how));
    progress.start(waitingText);
    if (pasted !== undefined && shown.kind === 'browser')
      void handOnPasted(pasted, shown.url, world);
  };
  try {
    if (await awaitPending(place, record, deadline, tell, world)) return;
    throw stillPending(place, readPending(place) ?? record);
  } finally {
    progress.stop();
    pasted?.close();
  }
}

/** Gives what the person pastes to the process that waits for it on this machine. Never throws. */
async function handOnPasted(pasted: TerminalLines, signInUrl: string, world: World): Promise<void> {
  const { searchParams } = new URL(signInUrl);
  const redirectUri = searchParams.get('redirect_uri') ?? '';
  try {
    for await (const { query } of pastedRedirects(pasted, searchParams.get('state') ?? '')) {
      const isTaken = await world.deliverCallback(new URL(`${redirectUri}?${query}`));
      world.trace('sign-in', `what was pasted was ${isTaken ? '' : 'not '}taken at ${redirectUri}`);
    }
  } catch {
    // The terminal is gone, or there is nowhere to bring it to: only the browser's way is left.
  }
}

/** The terminal as a place to paste the callback URL, for a browser on another machine. */
async function pastedBy(world: World): Promise<TerminalLines | undefined> {
  return world.isTerminal(2) ? await world.readTerminal() : undefined;
}
