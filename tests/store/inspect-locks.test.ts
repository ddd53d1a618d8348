import { existsSync, mkdirSync, readdirSync, utimesSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from '@jest/globals';
import { encodeOwner, type Owner } from '../../src/model/owner.ts';
import { applyFix } from '../../src/store/apply-fix.ts';
import { inspectLocks } from '../../src/store/inspect-locks.ts';
import { openStore, type Store } from '../../src/store/store.ts';
import { effectiveUser } from '../../src/system/platform.ts';
import { fakeWorld } from '../support/fake-world.ts';
import { freshDirectory } from '../support/fresh-directory.ts';

const nonce = '0123456789abcdef';

/** A store with a lock of this owner, which it touched last so long ago. @param idleMs milliseconds */
function storeWithLock(change: (self: Owner) => Owner, idleMs: number) {
  const world = fakeWorld();
  const store = openStore(freshDirectory(), world);
  const now = Date.now();
  const lock = join(store.folder('locks'), 'session-x.lock');
  mkdirSync(lock, { mode: 0o700 });
  const self = { ...world.processes.self(), socket: '', since: now - idleMs };
  writeFileSync(join(lock, `${nonce}.json`), encodeOwner(change(self)), { mode: 0o600 });
  utimesSync(lock, (now - idleMs) / 1000, (now - idleMs) / 1000);
  return { store, lock, now, self };
}

async function look(store: Store, now: number) {
  return (await inspectLocks(store, now)).map(({ code, severity, fix }) => [
    code,
    severity,
    fix?.kind,
  ]);
}

/** No process has this number: Linux has fewer. */
const dead = (self: Owner): Owner => ({ ...self, pid: 0x7fff_ffff });

test('a lock whose holder is at work is fine', async () => {
  const { store, now } = storeWithLock((self) => self, 1_000);
  expect(await look(store, now)).toEqual([]);
});

test('one whose holder is gone is told of, and can be ended', async () => {
  const { store, lock, now } = storeWithLock(dead, 0);
  expect(await look(store, now)).toEqual([['stale-lock', 'note', 'end-hold']]);
  const [{ fix } = {}] = await inspectLocks(store, now);
  if (fix !== undefined) applyFix(fix, effectiveUser());
  expect(existsSync(lock)).toBe(false);
});

test('a hold that began after it was looked at is not ended', async () => {
  const { store, lock, now, self } = storeWithLock(dead, 0);
  const [{ fix } = {}] = await inspectLocks(store, now);
  writeFileSync(join(lock, 'fedcba9876543210.json'), encodeOwner(self));
  if (fix !== undefined) applyFix(fix, effectiveUser());
  expect(readdirSync(lock)).toEqual(['fedcba9876543210.json']);
});

test('one whose holder lives and does not move is told of, with what ends it', async () => {
  const { store, now, self } = storeWithLock((owner) => owner, 60_000);
  expect(await look(store, now)).toEqual([['stuck-process', 'warning', undefined]]);
  const [{ command, message } = {}] = await inspectLocks(store, now);
  expect(command).toBe(`kill ${self.pid}`);
  expect(message).toMatch(/has not moved for (60|61) s/);
});

test('that of another machine is gone when it was not touched for long', async () => {
  const elsewhere = (self: Owner): Owner => ({ ...self, kernel: 'another' });
  const young = storeWithLock(elsewhere, 30_000);
  expect(await look(young.store, young.now)).toEqual([]);
  const old = storeWithLock(elsewhere, 300_000);
  expect(await look(old.store, old.now)).toEqual([['stale-lock', 'note', 'end-hold']]);
});

test('what is no lock but in the place of one is an error, and is left alone', async () => {
  const store = openStore(freshDirectory(), fakeWorld());
  writeFileSync(join(store.folder('locks'), 'role-x.lock'), '');
  expect(await look(store, Date.now())).toEqual([['squatted-lock', 'error', undefined]]);
});

test('a claim of a process that is gone is told of, that of a live one is not', async () => {
  const { store, now, self } = storeWithLock((owner) => owner, 0);
  store.create('claims', 'a.1.json', encodeOwner(self));
  expect(await look(store, now)).toEqual([]);
  store.create('claims', 'b.1.json', encodeOwner(dead(self)));
  expect(await look(store, now)).toEqual([['stale-claim', 'note', 'remove-file']]);
});

test('where nothing was ever locked nothing is found', async () => {
  expect(await look(openStore(join(freshDirectory(), 'none'), fakeWorld()), Date.now())).toEqual(
    [],
  );
});
