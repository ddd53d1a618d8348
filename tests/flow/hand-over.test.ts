import { existsSync, readdirSync, unlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from '@jest/globals';
import type { CredentialsCall } from '../../src/flow/get-credentials.ts';
import { getSessionToken } from '../../src/flow/get-session-token.ts';
import {
  cancelPending,
  endPending,
  readPending,
  updatePending,
} from '../../src/flow/pending-work.ts';
import { runSignIn, type SignInRun } from '../../src/flow/run-sign-in.ts';
import type { SignInWork } from '../../src/flow/session-call.ts';
import { raiseGeneration, type SessionPlace } from '../../src/flow/session-place.ts';
import { newSsoToken, ssoSessionKind } from '../../src/flow/sso-session-kind.ts';
import { SsoCredError } from '../../src/model/errors.ts';
import type { PendingRecord, SignInShown } from '../../src/model/pending-record.ts';
import { openStore } from '../../src/store/store.ts';
import type { SignalName } from '../../src/system/signals.ts';
import { fakeProcesses } from '../support/fake-processes.ts';
import { type FakeWorld, failure } from '../support/fake-world.ts';
import { hourMs, issued, keyOf, minuteMs, refreshed, type Scenario, scenario } from './scenario.ts';

/** A process that was started to do a piece of work. */
interface Worker {
  readonly task: PendingRecord['task'];
  readonly id: string;
  readonly world: FakeWorld;
  readonly place: SessionPlace;
  /** Writes itself in as the owner; gives the record as it is then. */
  adopt(): Promise<PendingRecord>;
  readonly die: () => void;
}

/** What a worker does; undefined when none can be started. */
type Behaviour = ((worker: Worker) => void | Promise<void>) | undefined;

/** A home in which callers and workers are processes of their own. */
function home() {
  const processes = fakeProcesses();
  const ended: ((signal: SignalName) => void)[] = [];
  const start = () => {
    const process = processes.start();
    return { ...process, listen: async () => undefined };
  };
  const made: Scenario = scenario((world) => {
    const { clock } = world;
    const sleep = async (ms: number) => {
      await clock.sleep(ms);
      // The others have their turn.
      await new Promise((resolve) => setImmediate(resolve));
    };
    const onEnd = (cleanUp: (signal: SignalName) => void) => {
      ended.push(cleanUp);
      return () => void ended.splice(ended.indexOf(cleanUp), 1);
    };
    return Object.assign(world, {
      processes: start(),
      clock: { ...clock, sleep },
      signals: { hold: () => () => undefined, isHeld: () => false, onEnd },
    });
  });
  const { session, tokenFile, store } = made;
  const workers: Worker[] = [];
  const running: Promise<unknown>[] = [];

  const placeOf = (world: FakeWorld): SessionPlace => ({
    ...made.place,
    session: ssoSessionKind(session, tokenFile, world),
    store: openStore(store.directory, world),
  });

  /** Starts workers that behave one after the other as given; the last one's way is that of all that follow. */
  const startWorker = (...behaviours: readonly Behaviour[]): SessionPlace['startWorker'] => {
    return async (task, id) => {
      const behave = behaviours[Math.min(workers.length, behaviours.length - 1)];
      const process = start();
      const world: FakeWorld = { ...made.world, processes: process };
      const place = placeOf(world);
      const worker: Worker = {
        task,
        id,
        world,
        place,
        async adopt() {
          const record = readPending(place);
          if (record === undefined) throw new Error('there is nothing to adopt');
          const adopted = { ...record, owner: await place.store.owner() };
          expect(updatePending(place, adopted)).toBe(true);
          return adopted;
        },
        die: () => process.kill(),
      };
      workers.push(worker);
      const begun = behave?.(worker);
      if (begun !== undefined) running.push(begun);
      return behave === undefined ? undefined : { hasEnded: () => false };
    };
  };

  return {
    ...made,
    workers,
    /** Another process that asks. */
    another: (changes: Partial<CredentialsCall> = {}) => {
      const world: FakeWorld = { ...made.world, processes: start() };
      return { ...placeOf(world), ...changes };
    },
    startWorker,
    /** This process is told to end. */
    signal(name: SignalName) {
      for (const cleanUp of ended.splice(0).reverse()) cleanUp(name);
    },
    /** Waits for all workers. */
    settled: () => Promise.all(running),
  };
}

/** As `sso-cred worker` does it. */
async function refreshes(worker: Worker): Promise<void> {
  const { place, world } = worker;
  const { id } = await worker.adopt();
  const deadline = world.clock.monotonicMs() + hourMs;
  const call = { ...place, deadline, retryNow: true, signIn: undefined, ownWork: id };
  await getSessionToken(call, world)
    .catch((error: unknown) => expect(error).toBeInstanceOf(SsoCredError))
    .finally(() => endPending(place, id));
}

const expired = (made: Scenario) =>
  made.signIn({ expiresAt: made.world.clock.now() - 1, refreshToken: 'secret-refresh-token' });

const good = (made: Scenario) =>
  made.world.serve((call, each) =>
    (call.operation === 'CreateToken' ? refreshed() : issued(hourMs))(call, each),
  );

describe('a call with less than 15 s to spend', () => {
  test('leaves a refresh to a process of its own, waits, and takes what that got', async () => {
    const made = home();
    const { workers, startWorker, get, newCalls } = made;
    expired(made);
    good(made);
    let isByWorker = false;
    const work = async (worker: Worker) => {
      await refreshes({ ...worker });
      isByWorker = made.newCalls()['CreateToken'] === 1;
    };
    keyOf(await get({ budgetMs: 14_000, startWorker: startWorker(work) }));
    expect(isByWorker).toBe(true);
    expect(newCalls()).toEqual({ GetRoleCredentials: 1 });
    expect(workers.map(({ task }) => task)).toEqual(['refresh']);
    expect(readPending(made.place)).toBeUndefined();
  });

  test('shares that process with others that ask', async () => {
    const made = home();
    const { workers, get, newCalls } = made;
    expired(made);
    good(made);
    const startWorker = made.startWorker(refreshes);
    const outcomes = await Promise.all(
      ['One', 'Two', 'Three'].map((roleName) =>
        get({ ...made.another(), roleName, budgetMs: 14_000, startWorker }),
      ),
    );
    expect(new Set(outcomes.map(keyOf)).size).toBe(3);
    expect(workers).toHaveLength(1);
    expect(newCalls()).toEqual({ CreateToken: 1, GetRoleCredentials: 3 });
  });

  test.each<[string, Behaviour]>([
    ['cannot be started', undefined],
    ['does not write itself in within 2 s', () => undefined],
  ])('refreshes itself where a process of its own %s', async (_what, behaviour) => {
    const made = home();
    const { get, workers, world, newCalls, place } = made;
    expired(made);
    good(made);
    const startedAt = world.clock.monotonicMs();
    keyOf(await get({ budgetMs: 14_000, startWorker: made.startWorker(behaviour) }));
    expect(newCalls()).toEqual({ CreateToken: 1, GetRoleCredentials: 1 });
    expect(workers).toHaveLength(1);
    expect(world.clock.monotonicMs() - startedAt).toBeLessThan(2_500);
    expect(readPending(place)).toBeUndefined();
  });

  test('refreshes itself when the other process has died at it, and starts no third', async () => {
    const made = home();
    const { get, workers, newCalls } = made;
    expired(made);
    good(made);
    const dies = async (worker: Worker) => {
      await worker.adopt();
      worker.die();
    };
    keyOf(await get({ budgetMs: 14_000, startWorker: made.startWorker(dies) }));
    expect(newCalls()).toEqual({ CreateToken: 1, GetRoleCredentials: 1 });
    expect(workers).toHaveLength(1);
  });

  test('is told what went wrong there, and asks nobody itself', async () => {
    const made = home();
    const { get, world, newCalls } = made;
    expired(made);
    world.serve(failure(500, 'InternalServerException'));
    const outcome = await get({ budgetMs: 14_000, startWorker: made.startWorker(refreshes) });
    expect(outcome).toMatchObject({ code: 'ServiceFailed' });
    expect(newCalls()).toEqual({ CreateToken: 2 });
  });

  test('is told also of what is not remembered, such as a folder that cannot be written', async () => {
    const made = home();
    const { get, workers, place } = made;
    expired(made);
    const error = new SsoCredError('StorageFailed', 'Cannot write there');
    const session = {
      ...place.session,
      reserve() {
        throw error;
      },
    };
    const fails = (worker: Worker) => refreshes({ ...worker, place: { ...worker.place, session } });
    const startWorker = made.startWorker(fails);
    const outcome = await get({ budgetMs: 14_000, session, startWorker });
    expect(outcome).toMatchObject({ code: 'StorageFailed', text: 'Cannot write there.' });
    expect(workers.length).toBeLessThanOrEqual(1);
  });

  test('says who is at it when that takes longer than it may wait', async () => {
    const made = home();
    const { get, workers, world } = made;
    expired(made);
    const startWorker = made.startWorker(async (worker) => void (await worker.adopt()));
    const startedAt = world.clock.monotonicMs();
    const outcome = await get({ budgetMs: 5_000, startWorker });
    const pid = workers[0]?.world.processes.self().pid;
    expect(outcome).toMatchObject({
      code: 'BudgetExhausted',
      text: expect.stringMatching(
        new RegExp(
          `process \\(pid ${pid}, since [\\d:]+\\) is still refreshing the session "corp"`,
        ),
      ),
    });
    expect(world.clock.monotonicMs() - startedAt).toBeLessThan(5_500);
    expect(await get({ ...made.another(), budgetMs: 1_000, startWorker })).toMatchObject({
      code: 'BudgetExhausted',
    });
    expect(workers).toHaveLength(1);
    cancelPending(made.place);
  });

  test('does not wait where the present token is still good', async () => {
    const made = home();
    const { get, settled, world, token } = made;
    made.signIn({ expiresAt: world.clock.now() + hourMs, accessToken: 'secret-present' });
    world.clock.advance(hourMs - 4 * minuteMs);
    good(made);
    keyOf(await get({ budgetMs: 14_000, startWorker: made.startWorker(refreshes) }));
    const asked = world.calls.find(({ operation }) => operation === 'GetRoleCredentials');
    expect(asked?.request.headers['x-amz-sso_bearer_token']).toBe('secret-present');
    await settled();
    expect(token()['accessToken']).not.toBe('secret-present');
  });

  test('takes over from a process that is gone', async () => {
    const made = home();
    const { get, workers, newCalls } = made;
    expired(made);
    good(made);
    const dies = async (worker: Worker) => {
      await worker.adopt();
      await new Promise(() => undefined);
    };
    const startWorker = made.startWorker(dies, refreshes);
    expect(await get({ budgetMs: 1_000, startWorker })).toMatchObject({ code: 'BudgetExhausted' });
    workers[0]?.die();
    keyOf(await get({ budgetMs: 14_000, startWorker }));
    expect(workers).toHaveLength(2);
    expect(newCalls()).toEqual({ CreateToken: 1, GetRoleCredentials: 1 });
  });

  test('is not kept from it by a record of another version', async () => {
    const made = home();
    const { get, workers, store, place } = made;
    expired(made);
    good(made);
    const never = made.startWorker(async (worker) => void (await worker.adopt()));
    await get({ budgetMs: 1_000, startWorker: never });
    const [name = ''] = readdirSync(store.path('pending', ''));
    cancelPending(place);
    writeFileSync(store.path('pending', name), '{"version":2}', { mode: 0o600 });
    keyOf(await get({ budgetMs: 14_000, startWorker: made.startWorker(refreshes) }));
    expect(workers).toHaveLength(2);
    expect(existsSync(store.path('pending', name))).toBe(false);
  });
});

test('a call with 15 s to spend refreshes itself', async () => {
  const made = home();
  expired(made);
  good(made);
  keyOf(await made.get({ budgetMs: 15_000, startWorker: made.startWorker(refreshes) }));
  expect(made.workers).toEqual([]);
});

describe('a sign-in that a call begins', () => {
  const urlShown: SignInShown = { kind: 'browser', url: 'https://example.com/', isOpened: true };
  const codeShown = (made: Scenario, expiresInMs = 10 * minuteMs): SignInShown => ({
    kind: 'device',
    verificationUri: 'https://device.example.com/',
    verificationUriComplete: 'https://device.example.com/?user_code=ABCD',
    userCode: 'ABCD',
    isOpened: true,
    deviceCode: 'secret-device-code',
    intervalMs: 5_000,
    expiresAt: made.world.clock.now() + expiresInMs,
  });

  /** What a call may do about a person. */
  function person(flow: SignInWork['flow'] = 'browser', changes: Partial<SignInWork> = {}) {
    const told: SignInShown[] = [];
    const here: PendingRecord[] = [];
    const signIn: SignInWork = {
      flow,
      isWatched: false,
      tell: (shown) => void told.push(shown),
      here: async (record) => void here.push(record),
      ...changes,
    };
    return { signIn, told, here };
  }

  /** A worker that shows something and waits for the person, who does what is given, or nothing. */
  function shows(
    shown: SignInShown,
    then: SignInRun['signIn'] = () => new Promise(() => undefined),
  ) {
    return async (worker: Worker) => {
      const record = await worker.adopt();
      const deadline = worker.world.clock.monotonicMs() + hourMs;
      const signIn: SignInRun['signIn'] = async (call) => {
        call.tell(shown);
        await then(call);
      };
      const open = async () => true;
      await runSignIn({ ...worker.place, record, deadline, open, signIn }, worker.world).catch(
        (error: unknown) => expect(error).toBeInstanceOf(SsoCredError),
      );
    };
  }

  /** Shows it, and is gone. */
  const showsAndDies = (shown: SignInShown) => async (worker: Worker) => {
    const record = await worker.adopt();
    updatePending(worker.place, { ...record, shown });
    worker.die();
  };

  /** Until those who ask wait for the person, and have done so for a while; and so many others with them. */
  const waited = async ({ place, world }: ReturnType<typeof home>, others: number) => {
    const isOver = () =>
      world.clock.sleeps.length >= 20 &&
      readPending(place)?.shown !== undefined &&
      world.traces.filter((line) => line.includes('waiting for that of')).length >= others;
    while (!isOver()) await new Promise((resolve) => setImmediate(resolve));
  };

  const agrees =
    (made: Scenario, accessToken = 'secret-new'): SignInRun['signIn'] =>
    async (call) => {
      const { startUrl, region } = made.session;
      const expiresAt = made.world.clock.now() + 8 * hourMs;
      const token = newSsoToken(
        { startUrl, region, accessToken, expiresAt },
        made.world.clock.now(),
      );
      await call.keep(token);
    };

  test('is brought to its end by a process of its own; all who ask wait for it, and one tells the person', async () => {
    const made = home();
    const { get, workers, newCalls } = made;
    good(made);
    const { signIn, told, here } = person();
    const startWorker = made.startWorker(shows(urlShown, agrees(made)));
    const outcomes = await Promise.all(
      ['One', 'Two', 'Three'].map((roleName) =>
        get({ ...made.another(), roleName, startWorker, signIn }),
      ),
    );
    expect(new Set(outcomes.map(keyOf)).size).toBe(3);
    expect(workers.map(({ task }) => task)).toEqual(['sign-in']);
    expect(newCalls()).toEqual({ GetRoleCredentials: 3 });
    expect(told.length).toBeLessThanOrEqual(1);
    expect(here).toEqual([]);
  });

  test('is told to the person once, when there is something to tell', async () => {
    const made = home();
    const { get, world } = made;
    const { signIn, told } = person();
    const outcome = await get({ startWorker: made.startWorker(shows(urlShown)), signIn });
    expect(outcome).toMatchObject({ code: 'SignInPending' });
    expect(told).toEqual([urlShown]);
    expect(world.clock.sleeps.length).toBeGreaterThan(50);
    cancelPending(made.place);
    await made.settled();
  });

  test('goes on when the call is over; the next call waits for the same, without beginning another', async () => {
    const made = home();
    const { get, workers } = made;
    good(made);
    const { signIn } = person();
    let agree = () => {};
    const agreed = new Promise<void>((resolve) => {
      agree = resolve;
    });
    const startWorker = made.startWorker(
      shows(urlShown, async (call) => {
        await agreed;
        await agrees(made)(call);
      }),
    );
    for (let count = 0; count < 3; count += 1) {
      expect(await get({ ...made.another(), startWorker, signIn, budgetMs: 5_000 })).toMatchObject({
        code: 'SignInPending',
        text: expect.stringContaining('https://example.com/'),
      });
    }
    const waiting = get({ ...made.another(), startWorker, signIn });
    agree();
    keyOf(await waiting);
    expect(workers).toHaveLength(1);
  });

  test('is not waited for by a call that may not sign in', async () => {
    const made = home();
    const { get, world } = made;
    const { signIn } = person();
    await get({ startWorker: made.startWorker(shows(urlShown)), signIn, budgetMs: 1_000 });
    const before = world.clock.sleeps.length;
    expect(await get({ ...made.another() })).toMatchObject({ code: 'SignInPending' });
    expect(world.clock.sleeps).toHaveLength(before);
    cancelPending(made.place);
    await made.settled();
  });

  test('is done in this process where none can be started', async () => {
    const made = home();
    good(made);
    const record: PendingRecord[] = [];
    const { signIn } = person('browser', {
      async here(pending) {
        record.push(pending);
        const deadline = made.world.clock.monotonicMs() + minuteMs;
        const open = async () => true;
        const run = { ...made.place, record: pending, deadline, open, signIn: agrees(made) };
        await runSignIn(run, made.world);
      },
    });
    keyOf(await made.get({ startWorker: made.startWorker(undefined), signIn }));
    expect(record).toHaveLength(1);
    expect(readPending(made.place)).toBeUndefined();
  });

  test('by browser is begun once more when its process dies, then not for ten minutes', async () => {
    const made = home();
    const { get, workers, world } = made;
    const { signIn } = person();
    const startWorker = made.startWorker(showsAndDies(urlShown));
    expect(await get({ startWorker, signIn })).toMatchObject({ code: 'SignInUnfinished' });
    expect(workers).toHaveLength(2);
    world.clock.advance(9 * minuteMs);
    expect(await get({ startWorker, signIn })).toMatchObject({
      code: 'SignInUnfinished',
      text: expect.stringContaining('not asked again; next try in'),
    });
    expect(workers).toHaveLength(2);
    world.clock.advance(2 * minuteMs);
    await get({ startWorker, signIn });
    expect(workers.length).toBeGreaterThan(2);
  });

  test('by device code goes on with the same code when its process dies', async () => {
    const made = home();
    const { get, workers } = made;
    good(made);
    const { signIn, told } = person('device');
    const shown = codeShown(made);
    const resumed: unknown[] = [];
    const resumes = async (worker: Worker) => {
      const record = await worker.adopt();
      const deadline = worker.world.clock.monotonicMs() + hourMs;
      const open = async () => true;
      const goOn: SignInRun['signIn'] = async (call) => {
        resumed.push(call.resumed);
        await agrees(made)(call);
      };
      await runSignIn({ ...worker.place, record, deadline, open, signIn: goOn }, worker.world);
    };
    const dies = showsAndDies(shown);
    keyOf(await get({ startWorker: made.startWorker(dies, dies, dies, resumes), signIn }));
    expect(resumed).toEqual([shown]);
    expect(workers).toHaveLength(4);
    for (const each of told) expect(each).toEqual(shown);
  });

  test('by device code whose process dies again and again is given up', async () => {
    const made = home();
    const { get, workers } = made;
    const { signIn } = person('device');
    const startWorker = made.startWorker(showsAndDies(codeShown(made, 2 * hourMs)));
    expect(await get({ startWorker, signIn, budgetMs: hourMs })).toMatchObject({
      code: 'SignInUnfinished',
    });
    expect(workers.length).toBeLessThanOrEqual(10);
  });

  test('by device code whose code has expired meanwhile is begun anew', async () => {
    const made = home();
    const { get, workers, world } = made;
    const { signIn } = person('device');
    const startWorker = made.startWorker(
      showsAndDies(codeShown(made, minuteMs)),
      shows(codeShown(made)),
    );
    world.clock.advance(2 * minuteMs);
    await get({ startWorker, signIn, budgetMs: 5_000 });
    expect(workers).toHaveLength(2);
    expect(readPending(made.place)?.starts).toBe(2);
    cancelPending(made.place);
    await made.settled();
  });

  test('is not begun again by those who wait for it when the person signs out', async () => {
    const made = home();
    const { get, workers, world, place, settled } = made;
    const { signIn } = person();
    const startWorker = made.startWorker(shows(urlShown));
    const waiting = ['One', 'Two'].map((roleName) =>
      get({ ...made.another(), roleName, startWorker, signIn }),
    );
    await waited(made, 1);
    raiseGeneration(place, world);
    cancelPending(place);
    for (const outcome of await Promise.all(waiting)) {
      expect(outcome).toMatchObject({
        code: 'SignInUnfinished',
        text: expect.stringContaining('called off'),
      });
    }
    expect(workers).toHaveLength(1);
    await settled();
  });

  test.each<[SignalName, boolean]>([
    ['SIGINT', false],
    ['SIGTERM', true],
    ['SIGHUP', true],
  ])('ends with %s to the call that began it: %p', async (name, goesOn) => {
    const made = home();
    const { get, world, place, settled } = made;
    const { signIn } = person();
    const waiting = get({ startWorker: made.startWorker(shows(urlShown)), signIn });
    await waited(made, 0);
    made.signal(name);
    expect(readPending(place) !== undefined).toBe(goesOn);
    cancelPending(place);
    raiseGeneration(place, world);
    await waiting;
    await settled();
  });

  test('is called off with Ctrl-C for all who wait, and not begun again by itself for a while', async () => {
    const made = home();
    const { get, workers, world, settled } = made;
    const { signIn } = person();
    const startWorker = made.startWorker(shows(urlShown));
    const waiting = ['One', 'Two'].map((roleName) =>
      get({ ...made.another(), roleName, startWorker, signIn }),
    );
    await waited(made, 1);
    made.signal('SIGINT');
    for (const outcome of [...(await Promise.all(waiting)), await get({ startWorker, signIn })]) {
      expect(outcome).toMatchObject({
        code: 'SignInDenied',
        text: expect.stringMatching(/^The sign-in to the session "corp" was cancelled\b/),
      });
    }
    expect(workers).toHaveLength(1);
    world.clock.advance(11 * minuteMs);
    await get({ startWorker, signIn, budgetMs: 1_000 });
    expect(workers).toHaveLength(2);
    cancelPending(made.place);
    await settled();
  });

  test('that failed is told as it failed, also when it might be tried again by now', async () => {
    const made = home();
    const { get, workers, world } = made;
    const { signIn } = person();
    const fails = shows(urlShown, async () => {
      await world.clock.sleep(0);
      throw new SsoCredError('NetworkFailed', 'No network');
    });
    const startWorker = made.startWorker(async (worker) => {
      await fails(worker);
      // Longer than the pause after it.
      world.clock.advance(20_000);
    });
    const outcome = await get({ startWorker, signIn });
    expect(outcome).toMatchObject({ code: 'NetworkFailed', text: 'No network.' });
    expect(workers).toHaveLength(1);
  });

  test('that came to nothing, and said nothing, is not begun again by those who waited', async () => {
    const made = home();
    const { get, workers } = made;
    const { signIn, here } = person();
    const startWorker = made.startWorker(async (worker) => endPending(worker.place, worker.id));
    expect(await get({ startWorker, signIn })).toMatchObject({ code: 'SignInNeeded' });
    expect(workers).toHaveLength(1);
    expect(here).toEqual([]);
  });

  test.each([
    ['has ended', true],
    ['is late', false],
  ])('is done in this process, under another name, where the other %s', async (_, hasEnded) => {
    const made = home();
    const { get, world, workers, place } = made;
    good(made);
    const { signIn, here } = person('browser', {
      async here(record) {
        here.push(record);
        made.signIn();
        endPending(place, record.id);
      },
    });
    const start = made.startWorker(() => undefined);
    const startWorker: typeof start = async (task, id) => {
      await start(task, id);
      return { hasEnded: () => hasEnded };
    };
    const startedAt = world.clock.monotonicMs();
    keyOf(await get({ startWorker, signIn }));
    // Whoever takes over after all finds another name, and leaves off.
    expect(here.map(({ id }) => id)).not.toContain(workers[0]?.id);
    expect(here).toHaveLength(1);
    const waitedMs = world.clock.monotonicMs() - startedAt;
    if (hasEnded) expect(waitedMs).toBeLessThan(1_000);
    else expect(waitedMs).toBeGreaterThan(5_000);
  });

  test('whose processes were ended long ago is not held against the person', async () => {
    const made = home();
    const { get, workers, world, place } = made;
    const { signIn } = person();
    const dies = showsAndDies(urlShown);
    // The call has no time left when it sees that the second has died.
    const startWorker = made.startWorker(dies, async (worker) => {
      await dies(worker);
      world.clock.advance(9 * hourMs);
    });
    const outcome = await get({ startWorker, signIn, budgetMs: minuteMs });
    expect(outcome).toMatchObject({ code: 'SignInUnfinished' });
    expect(workers).toHaveLength(2);
    const shownOnly = made.startWorker(shows(urlShown));
    await get({ startWorker: shownOnly, signIn, budgetMs: 1_000 });
    expect(workers).toHaveLength(3);
    cancelPending(place);
    await made.settled();
  });

  test('is not begun where its token could not be kept', async () => {
    const made = home();
    const { get, workers, place } = made;
    const { signIn } = person();
    const session = {
      ...place.session,
      reserve() {
        throw new SsoCredError('StorageFailed', 'Cannot write there');
      },
    };
    const startWorker = made.startWorker(shows(urlShown));
    expect(await get({ session, startWorker, signIn })).toMatchObject({ code: 'StorageFailed' });
    expect(workers).toEqual([]);
    expect(readPending(place)).toBeUndefined();
  });

  test('is not kept from beginning by a record of another version', async () => {
    const made = home();
    const { get, workers, store, place } = made;
    good(made);
    const { signIn } = person();
    await get({ startWorker: made.startWorker(shows(urlShown)), signIn, budgetMs: 1_000 });
    const [name = ''] = readdirSync(store.path('pending', ''));
    unlinkSync(join(store.path('pending', ''), name));
    await made.settled();
    writeFileSync(store.path('pending', name), '{"version":2}', { mode: 0o600 });
    const startWorker = made.startWorker(shows(urlShown, agrees(made)));
    keyOf(await get({ startWorker, signIn }));
    expect(workers).toHaveLength(2);
    expect(readPending(place)).toBeUndefined();
  });
});
