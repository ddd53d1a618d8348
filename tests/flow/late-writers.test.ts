import { existsSync, readdirSync } from 'node:fs';
import { describe, expect, test } from '@jest/globals';
import { beginPending, cancelPending } from '../../src/flow/pending-work.ts';
import { runSignIn, type SignInRun } from '../../src/flow/run-sign-in.ts';
import { raiseGeneration, rememberToken } from '../../src/flow/session-place.ts';
import { newSsoToken } from '../../src/flow/sso-session-kind.ts';
import { removeClaims } from '../../src/store/claim.ts';
import { sha256 } from '../../src/store/digest.ts';
import { removeSsoToken } from '../../src/store/sso-token-cache.ts';
import { openStore } from '../../src/store/store.ts';
import { type FakeWorld, fakeWorld } from '../support/fake-world.ts';
import { hourMs, issued, keyOf, refreshed, type Scenario, scenario } from './scenario.ts';

// A process may be stopped anywhere, and lose its locks. What the person does meanwhile in another one
// stands, however late the first goes on: that other one comes here at each of the moments at which
// the first asks the world for something, which lie before and after each of its steps on disk.

/** Lets something happen at the nth time that anything is asked of a world, once it is begun. */
function tapped(nth: number, happen: () => void) {
  let count: number | undefined;
  const tap = (world: FakeWorld) =>
    new Proxy(world, {
      get(target, name) {
        if (
          ['platform', 'randomHex', 'clock', 'user', 'sendHttp', 'processes'].includes(String(name))
        ) {
          count = count === undefined ? undefined : count + 1;
          if (count === nth) happen();
        }
        return Reflect.get(target, name);
      },
    });
  const begin = () => {
    count = 0;
  };
  return { tap, begin };
}

/** The session as another process sees it, which has no lock and needs none. */
function another({ place, store }: Scenario) {
  const world = fakeWorld();
  return { world, place: { ...place, store: openStore(store.directory, world) } };
}

function signOut(made: Scenario): void {
  const { world, place } = another(made);
  raiseGeneration(place, world);
  cancelPending(place);
  removeClaims(place.store, sha256('refresh token'));
  removeSsoToken(made.tokenFile);
  for (const name of rolesIn(made)) place.store.remove('roles', name);
}

const newToken = 'a new sign-in';

function signInAnew(made: Scenario): void {
  const { world, place } = another(made);
  cancelPending(place);
  const generation = raiseGeneration(place, world) ?? '';
  const { startUrl, region } = made.session;
  const expiresAt = world.clock.now() + 8 * hourMs;
  const token = newSsoToken({ startUrl, region, accessToken: newToken, expiresAt }, 0);
  const reserved = place.session.reserve();
  reserved.commit(token.text);
  rememberToken(place, generation, { ...token, signIn: sha256(newToken) }, world);
}

function rolesIn({ store }: Scenario): readonly string[] {
  const folder = store.path('roles', '');
  return existsSync(folder) ? readdirSync(folder).filter((name) => name.endsWith('.json')) : [];
}

/** What a process may be at: made ready, then done. */
type Work = (made: Scenario) => Promise<() => Promise<unknown>>;

const works: Readonly<Record<string, Work>> = {
  'a refresh and a role': async (made) => () => made.get(),
  async 'a sign-in'(made) {
    const { place, world, session } = made;
    const record = await beginPending(place, { task: 'sign-in', starts: 1, flow: 'device' }, world);
    if (record === undefined) throw new Error('there is a pending record already');
    const deadline = world.clock.monotonicMs() + 60_000;
    const open = async () => false;
    const { startUrl, region } = session;
    const expiresAt = world.clock.now() + 8 * hourMs;
    const token = newSsoToken({ startUrl, region, accessToken: 'an old sign-in', expiresAt }, 0);
    const signIn: SignInRun['signIn'] = (call) => call.keep(token);
    return () =>
      runSignIn({ ...place, record, deadline, open, signIn }, world).catch((error: unknown) => {
        expect(error).toMatchObject({ code: 'SignInUnfinished' });
      });
  },
};

/** Does the work while something happens at the nth moment; gives undefined when there is no such moment. */
async function play(
  work: Work,
  nth: number,
  happen: (made: Scenario) => void,
): Promise<Scenario | undefined> {
  let hasHappened = false;
  const { tap, begin } = tapped(nth, () => {
    hasHappened = true;
    happen(made);
  });
  const made: Scenario = scenario(tap);
  made.signIn({ expiresAt: made.world.clock.now() - 1, refreshToken: 'refresh token' });
  made.world.serve((call, each) =>
    (call.operation === 'CreateToken' ? refreshed() : issued(hourMs))(call, each),
  );
  const run = await work(made);
  begin();
  await run();
  return hasHappened ? made : undefined;
}

describe.each(Object.entries(works))('while a process is at %s', (_what, work) => {
  test('and is stopped anywhere, a sign-out is final', async () => {
    let nth = 1;
    for (; ; nth += 1) {
      const made = await play(work, nth, signOut);
      if (made === undefined) break;
      const left = { nth, token: existsSync(made.tokenFile), roles: rolesIn(made) };
      expect(left).toEqual({ nth, token: false, roles: [] });
    }
    expect(nth).toBeGreaterThan(15);
  });

  test('and is stopped anywhere, the token of a new sign-in remains, and gives the roles', async () => {
    let nth = 1;
    for (; ; nth += 1) {
      const made = await play(work, nth, signInAnew);
      if (made === undefined) break;
      expect({ nth, token: made.token()['accessToken'] }).toEqual({ nth, token: newToken });
      const key = keyOf(await made.get());
      const asked = made.world.calls.filter(({ operation }) => operation === 'GetRoleCredentials');
      const keys = asked.map(({ request }) => request.headers['x-amz-sso_bearer_token']);
      expect({ nth, keys }).toEqual({ nth, keys: expect.arrayContaining([newToken]) });
      expect(key).toBe(keyOf(await made.get()));
    }
    expect(nth).toBeGreaterThan(15);
  });
});
