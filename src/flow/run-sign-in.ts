import { isSsoCredError } from '../model/errors.ts';
import type { PendingRecord, SignInShown } from '../model/pending-record.ts';
import { sha256 } from '../store/digest.ts';
import { fileStamp } from '../store/file-stamp.ts';
import { withLock } from '../store/lock.ts';
import type { ReservedFile } from '../store/write-file.ts';
import type { World } from '../world.ts';
import { commitToken } from './commit-token.ts';
import { endPending, readPending, updatePending } from './pending-work.ts';
import { type NewToken, signInCalledOff } from './session-kind.ts';
import {
  generationOf,
  raiseGeneration,
  rememberToken,
  type SessionPlace,
  sessionFailures,
  sessionLock,
} from './session-place.ts';
import type { SignInCall, SignInTo } from './sign-in-call.ts';

/** How long the session's lock is waited for with a new token in hand; milliseconds. */
const lockPatienceMs = 12_000;

/** How often a sign-in looks whether it is still wanted; milliseconds. */
const lookEveryMs = 500;

/** A sign-in that this process is to bring to its end. */
export interface SignInRun extends SessionPlace, Omit<SignInCall, 'tell'> {
  /** The record of it, of which this process is the owner. */
  readonly record: PendingRecord;
  /** Tells the person, where this process can. */
  readonly tell?: (shown: SignInShown) => void;
  /** Signs in; a token is handed to `keep` before anything else is done. */
  readonly signIn: (call: SignInTo) => Promise<unknown>;
}

/**
 * Has the person sign in, without a lock, while others wait for the pending record: they learn there
 * what the person has to know. Whatever comes of it is on disk at the end: the token, or the failure.
 * @throws SignInDenied, SignInUnfinished, SignInRefused; NetworkFailed, ServiceFailed, Throttled;
 *   StorageFailed; SignInNeeded when it was called off
 */
export async function runSignIn(run: SignInRun, world: World): Promise<void> {
  const { session, record } = run;
  const generation = generationOf(run);
  const stampBefore = fileStamp(session.tokenFile);
  // Nobody is asked for a token that could not be kept.
  const reserved = session.reserve();
  const withdraw = world.signals.onEnd(() => reserved.discard());
  const abandoned = whenAbandoned(run, world);
  const call: SignInTo = {
    session,
    open: run.open,
    deadline: run.deadline,
    ...(run.pasted === undefined ? {} : { pasted: run.pasted }),
    ...(record.shown?.kind === 'device' ? { resumed: record.shown } : {}),
    tell(shown) {
      updatePending(run, { ...record, shown });
      run.tell?.(shown);
    },
    keep: (token) => keep(run, token, reserved, generation, world),
  };
  try {
    await Promise.race([run.signIn(call), abandoned.promise]);
  } catch (error) {
    // What was called off has not failed: nothing is to be remembered.
    if (isSsoCredError(error) && readPending(run)?.id === record.id) {
      sessionFailures(run, world).remember(error, stampBefore);
    }
    throw error;
  } finally {
    abandoned.stop();
    withdraw();
    reserved.discard();
    endPending(run, record.id);
  }
}

/** Rejects when somebody has removed the record: by signing out, by another login, by Ctrl-C. */
function whenAbandoned(
  run: SignInRun,
  world: World,
): { readonly promise: Promise<never>; readonly stop: () => void } {
  let timer: NodeJS.Timeout | undefined;
  const promise = new Promise<never>((_resolve, reject) => {
    timer = setInterval(() => {
      try {
        if (readPending(run)?.id === run.record.id) return;
        world.trace('sign-in', 'called off: its record is gone');
        reject(signInCalledOff(run.session));
      } catch (error) {
        reject(error);
      }
    }, lookEveryMs);
  });
  return { promise, stop: () => clearInterval(timer) };
}

/**
 * Stores the token of a new sign-in, in place of whatever was there, and begins a new generation; not
 * if the person has signed out, or in elsewhere, since this sign-in began.
 */
async function keep(
  run: SignInRun,
  token: NewToken,
  reserved: ReservedFile,
  generation: string,
  world: World,
): Promise<void> {
  const isOurs = async () => readPending(run)?.id === run.record.id;
  const store = async () => {
    if (!(await isOurs())) throw signInCalledOff(run.session);
    const next = raise(run, generation, reserved, world);
    if (next === undefined) throw signInCalledOff(run.session);
    const { bearer, obtainedAt, text } = token;
    const isWanted = () => generationOf(run) === next;
    const stamp = await commitToken(run.session, reserved, text, { isOurs, isWanted });
    if (stamp === undefined) throw signInCalledOff(run.session);
    rememberToken(run, next, { bearer, obtainedAt, signIn: sha256(bearer) }, world);
    sessionFailures(run, world).forget();
  };
  const deadline = world.clock.monotonicMs() + lockPatienceMs;
  const look = async () => ({ todo: undefined });
  const request = { ...sessionLock({ ...run, deadline }), look, evenUnlocked: true, work: store };
  try {
    await withLock(run.store, request, world);
  } catch (error) {
    // The code that was spent for this token is good once: it is kept even so.
    if (!isSsoCredError(error) || error.code !== 'LockBusy') throw error;
    await store();
  }
}

/** The generation that the token belongs to; undefined when this sign-in's own is over. */
function raise(
  run: SignInRun,
  generation: string,
  reserved: ReservedFile,
  world: World,
): string | undefined {
  try {
    return raiseGeneration(run, world, { from: generation, spared: reserved });
  } catch (error) {
    // On a full disk: there is room for the token, and it cannot be had again.
    if (!isSsoCredError(error)) throw error;
    world.trace('sign-in', error.message);
    return generation;
  }
}
