import { readdirSync } from 'node:fs';
import { describe, expect, test } from '@jest/globals';
import {
  generationOf,
  knownToken,
  raiseGeneration,
  rememberToken,
} from '../../src/flow/session-place.ts';
import { encodeSessionRecord } from '../../src/model/session-record.ts';
import { openStore } from '../../src/store/store.ts';
import { type FakeWorld, fakeWorld } from '../support/fake-world.ts';
import { scenario } from './scenario.ts';

/** Lets something happen once a file has its name, before anything else is done. */
function afterRename(happen: () => void): FakeWorld {
  let count = 0;
  return Object.defineProperty(fakeWorld(), 'platform', {
    get() {
      count += 1;
      if (count === 2) happen();
      return process.platform;
    },
  });
}

describe('another generation', () => {
  test('is begun by each sign-out and each sign-in', () => {
    const { place, world } = scenario();
    expect(generationOf(place)).toBe('');
    const one = raiseGeneration(place, world);
    expect(generationOf(place)).toBe(one);
    const spared = place.session.reserve();
    const two = raiseGeneration(place, world, { from: one ?? '', spared });
    expect(generationOf(place)).toBe(two);
    expect(new Set(['', one, two]).size).toBe(3);
    spared.discard();
  });

  test('is not begun from one that is over', () => {
    const { place, world } = scenario();
    const one = raiseGeneration(place, world);
    const spared = place.session.reserve();
    expect(raiseGeneration(place, world, { from: '', spared })).toBeUndefined();
    expect(generationOf(place)).toBe(one);
    spared.discard();
  });

  test('takes away what writers of the one before have begun, but not the file that is spared', () => {
    const { place, store, world } = scenario();
    store.folder('roles');
    const [late, spared] = [place.session.reserve(), place.session.reserve()];
    raiseGeneration(place, world, { from: '', spared });
    expect(() => late.commit('late')).toThrow(expect.objectContaining({ name: 'SupersededError' }));
    spared.commit('new');
    expect(readdirSync(store.path('roles', ''))).toEqual([]);
  });

  test('stands though a process of the one before, stopped at its last step, goes on just then', () => {
    const { place, store, world } = scenario();
    const old = raiseGeneration(place, world) ?? '';
    rememberToken(place, old, { bearer: 'token', obtainedAt: 0, signIn: 'one' }, world);
    const [file = ''] = readdirSync(store.path('sessions', ''));
    const raising = afterRename(() => {
      const current = { signIn: 'one', tokenDigest: 'x', obtainedAt: 0 };
      store.write('sessions', file, encodeSessionRecord({ generation: old, current }));
    });
    const raised = raiseGeneration(
      { ...place, store: openStore(store.directory, raising) },
      raising,
    );
    expect(raised).not.toBe(old);
    expect(generationOf(place)).toBe(raised);
    expect(knownToken(place, 'token')).toBeUndefined();
  });
});

test('which sign-in a token belongs to is noted for the present generation only', () => {
  const { place, world } = scenario();
  const one = raiseGeneration(place, world) ?? '';
  const two = raiseGeneration(place, world) ?? '';
  const token = { bearer: 'token', obtainedAt: 7, signIn: 'one' };
  rememberToken(place, one, token, world);
  expect(knownToken(place, 'token')).toBeUndefined();
  expect(generationOf(place)).toBe(two);
  rememberToken(place, two, token, world);
  expect(knownToken(place, 'token')).toMatchObject({ signIn: 'one', obtainedAt: 7 });
  expect(knownToken(place, 'another')).toBeUndefined();
});
