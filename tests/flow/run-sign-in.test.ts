import { chmodSync, existsSync, readFileSync, unlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from '@jest/globals';
import { beginPending, cancelPending, readPending } from '../../src/flow/pending-work.ts';
import { runSignIn, type SignInRun } from '../../src/flow/run-sign-in.ts';
import { signInDenied } from '../../src/flow/session-kind.ts';
import { type SessionPlace, sessionFailures, sessionLock } from '../../src/flow/session-place.ts';
import type { SignInTo } from '../../src/flow/sign-in-call.ts';
import { newSsoToken, ssoSessionKind } from '../../src/flow/sso-session-kind.ts';
import { absentStamp } from '../../src/model/profile-index.ts';
import { ifUnlocked } from '../../src/store/lock.ts';
import { openStore } from '../../src/store/store.ts';
import type { FakeWorld } from '../support/fake-world.ts';
import { testWithMounts, withDisk } from '../support/mount.ts';
import { hourMs, type Scenario, scenario } from './scenario.ts';

/** Begins a sign-in at a place; gives how it is brought to its end. */
async function begun({ session, world }: Scenario, place: SessionPlace) {
  const record = await beginPending(place, { task: 'sign-in', starts: 1, flow: 'device' }, world);
  if (record === undefined) throw new Error('there is a pending record already');
  const token = (accessToken: string) => {
    const { startUrl, region } = session;
    const expiresAt = world.clock.now() + 8 * hourMs;
    return newSsoToken({ startUrl, region, accessToken, expiresAt }, world.clock.now());
  };
  const deadline = world.clock.monotonicMs() + 600_000;
  const open = async () => false;
  const run = (signIn: SignInRun['signIn']) =>
    runSignIn({ ...place, record, deadline, open, signIn }, world);
  return { record, token, run };
}

const storedToken = (file: string): string => JSON.parse(readFileSync(file, 'utf8')).accessToken;

/** Never comes back. */
const forever = () => new Promise<never>(() => undefined);

const atPlace = (made: Scenario) => begun(made, made.place);

describe('a sign-in', () => {
  test('stores its token, ends its record and forgets what failed before', async () => {
    const made = scenario();
    const { place, world, tokenFile } = made;
    sessionFailures(place, world).remember(signInDenied(place.session, ''), absentStamp);
    const { run, token } = await atPlace(made);
    await run((call) => call.keep(token('new')));
    expect(storedToken(tokenFile)).toBe('new');
    expect(readPending(place)).toBeUndefined();
    expect(sessionFailures(place, world).standing(absentStamp, false)).toBeUndefined();
  });

  test('that fails is remembered, and its record ends', async () => {
    const made = scenario();
    const { place, world } = made;
    const { run } = await atPlace(made);
    const denied = signInDenied(place.session, 'no');
    await expect(run(() => Promise.reject(denied))).rejects.toBe(denied);
    expect(sessionFailures(place, world).standing(absentStamp, false)?.code).toBe('SignInDenied');
    expect(readPending(place)).toBeUndefined();
  });

  test('tells those who wait what the person has to know', async () => {
    const made = scenario();
    const { run, token } = await atPlace(made);
    const shown = { kind: 'browser', url: 'https://example.com/', isOpened: true } as const;
    await run(async (call) => {
      call.tell(shown);
      expect(readPending(made.place)?.shown).toEqual(shown);
      await call.keep(token('new'));
    });
  });

  test('whose record is taken away is called off soon, and nothing is remembered of it', async () => {
    const made = scenario();
    const { place, world, tokenFile } = made;
    const { run } = await atPlace(made);
    const running = run(forever);
    cancelPending(place);
    await expect(running).rejects.toMatchObject({
      code: 'SignInUnfinished',
      message: expect.stringContaining('was called off'),
    });
    expect(existsSync(tokenFile)).toBe(false);
    expect(sessionFailures(place, world).standing(absentStamp, false)).toBeUndefined();
  });

  test('whose record is another’s by now keeps nothing: that other one counts', async () => {
    const made = scenario();
    const { place, world, tokenFile } = made;
    const { run, token } = await atPlace(made);
    const other: { id?: string | undefined } = {};
    const running = run(async (call) => {
      cancelPending(place);
      const work = { task: 'sign-in', starts: 1, flow: 'device' } as const;
      other.id = (await beginPending(place, work, world))?.id;
      await call.keep(token('late'));
    });
    await expect(running).rejects.toMatchObject({ code: 'SignInUnfinished' });
    expect(existsSync(tokenFile)).toBe(false);
    expect(readPending(place)?.id).toBe(other.id);
    cancelPending(place);
  });

  test('ends with the reason where it cannot be seen any more whether it is wanted', async () => {
    const made = scenario();
    const { place, store } = made;
    const { run } = await atPlace(made);
    const running = run(forever);
    chmodSync(store.path('pending', ''), 0o777);
    await expect(running).rejects.toMatchObject({
      code: 'StorageFailed',
      message: expect.stringContaining('others may write in it'),
    });
    chmodSync(store.path('pending', ''), 0o700);
    cancelPending(place);
  });

  test('keeps its token though another process has the lock and does not let go', async () => {
    const made = scenario();
    const { place, store, world, tokenFile } = made;
    const { run, token } = await atPlace(made);
    const work = () => run((call) => call.keep(token('new')));
    await ifUnlocked(store, sessionLock({ ...place, deadline: 0 }).name, work, {
      ...world,
      randomHex: (bytes) => 'a'.repeat(2 * bytes),
    });
    expect(storedToken(tokenFile)).toBe('new');
  });
});

describe('on a disk that is filled while the person signs in, the token is kept,', () => {
  /** Signs in while all the space goes, and something else happens. */
  async function signInOn(disk: string, happen: (call: SignInTo, tokenFile: string) => void) {
    const made = scenario();
    const { session } = made;
    const world: FakeWorld = made.world;
    const tokenFile = join(disk, 'token.json');
    const store = openStore(join(disk, 'sso-cred'), world);
    const place = { ...made.place, session: ssoSessionKind(session, tokenFile, world), store };
    for (const folder of ['locks', 'sessions', 'failures', 'roles'] as const) store.folder(folder);
    const { run, token } = await begun(made, place);
    await run(async (call) => {
      fill(disk);
      happen(call, tokenFile);
      await call.keep(token('new'));
    });
    return storedToken(tokenFile);
  }

  function fill(disk: string): void {
    let count = 0;
    try {
      for (; ; count += 1) writeFileSync(join(disk, `fill${count}`), Buffer.alloc(4096, 1));
    } catch {
      unlinkSync(join(disk, `fill${count}`));
    }
  }

  testWithMounts('though there is no room for the record of the session', () =>
    withDisk(128, async (disk) => {
      expect(await signInOn(disk, () => undefined)).toBe('new');
    }),
  );
});
