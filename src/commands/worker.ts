import type { LocationOptions } from '../config/locate.ts';
import { resolveSession, type SessionRequest } from '../config/resolve-profile.ts';
import { getSessionToken } from '../flow/get-session-token.ts';
import { endPending, readPending, updatePending } from '../flow/pending-work.ts';
import { runSignIn } from '../flow/run-sign-in.ts';
import type { SignInTo } from '../flow/sign-in-call.ts';
import type { PendingRecord } from '../model/pending-record.ts';
import type { World } from '../world.ts';
import { openCall, placeSession } from './open-call.ts';
import { openerOf, signInTo } from './sign-in-choice.ts';

/** What `sso-cred worker` is told by the call that starts it. */
export interface WorkerOptions extends SessionRequest, LocationOptions {
  readonly task: PendingRecord['task'];
  /** Of the pending record. */
  readonly id: string;
  /** How long it may take; seconds. */
  readonly timeoutS: number;
}

/**
 * Does a piece of work that a call has begun, in its place: whatever ends that call does not end this.
 * What comes of it is on disk: a token, or a failure that is remembered.
 * @throws SsoCredError
 */
export async function runWorker(options: WorkerOptions, world: World): Promise<void> {
  const opened = openCall(options, world);
  const { session } = resolveSession(options, opened.sources);
  const place = placeSession(session, opened, undefined, world);
  const deadline = world.clock.monotonicMs() + options.timeoutS * 1000;
  const begun = readPending(place);
  if (begun === undefined || begun.id !== options.id) return;
  const record = { ...begun, owner: await place.store.owner() };
  if (!updatePending(place, record)) return;

  if (options.task === 'refresh') {
    // Whether to ask in spite of what failed before was decided by the call that began this.
    const call = { ...place, deadline, retryNow: true, signIn: undefined, ownWork: record.id };
    try {
      await getSessionToken(call, world);
    } finally {
      endPending(place, record.id);
    }
    return;
  }
  const { flow = 'device' } = record;
  const signIn = (call: SignInTo) =>
    signInTo(session, flow, { ...call, store: place.store }, world);
  const open = openerOf(opened.settings, world);
  const openUntil = world.clock.monotonicMs() + opened.settings.signInTimeoutMs;
  await runSignIn({ ...place, record, deadline: openUntil, open, signIn }, world);
}
