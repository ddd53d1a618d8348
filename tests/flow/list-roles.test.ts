import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from '@jest/globals';
import { listRoles, type RolesRequest } from '../../src/flow/list-roles.ts';
import type { PortalReader } from '../../src/flow/read-portal.ts';
import type { Account } from '../../src/model/account.ts';
import { SsoCredError } from '../../src/model/errors.ts';
import { openStore, type Store } from '../../src/store/store.ts';
import { fakeWorld } from '../support/fake-world.ts';
import { freshDirectory } from '../support/fresh-directory.ts';

const world = fakeWorld();
const all: RolesRequest = { wants: () => true, onProgress: () => undefined };

function accountsOf(count: number): readonly Account[] {
  return Array.from({ length: count }, (_, index) => ({
    accountId: String(100_000_000_000 + index),
    accountName: `Account ${index}`,
    emailAddress: `aws+${index}@example.com`,
  }));
}

interface Portal {
  readonly accounts: readonly Account[];
  /** What listing an account's roles does beside giving them; may throw. */
  readonly onCall?: (accountId: string, calls: number) => Promise<void> | void;
  readonly signIn?: string;
}

/** A portal in which everybody has the roles A and B, and how it was asked. */
function portal({ accounts, onCall, signIn = 'me' }: Portal) {
  const asked: string[] = [];
  let atOnce = 0;
  let answered = 0;
  const most = { atOnce: 0 };
  const reader: PortalReader = {
    signIn: async () => signIn,
    async *accounts() {
      yield* accounts;
    },
    async roleNames(accountId) {
      asked.push(accountId);
      atOnce += 1;
      most.atOnce = Math.max(most.atOnce, atOnce);
      await new Promise((resolve) => setImmediate(resolve));
      atOnce -= 1;
      answered += 1;
      await onCall?.(accountId, answered);
      return ['A', 'B'];
    },
  };
  return { reader, asked, most };
}

function place(store: Store) {
  const session = { name: '"corp"', signInCommand: '', tokenFile: '/token' };
  return { store, session } as unknown as Parameters<typeof listRoles>[1];
}

function list(reader: PortalReader, store: Store, request: Partial<RolesRequest> = {}) {
  return listRoles(reader, place(store), { ...all, ...request }, world);
}

const newStore = () => openStore(freshDirectory(), world);

/** How many listings are noted down. */
function notes({ directory }: Store): number {
  return readdirSync(join(directory, 'listings')).length;
}

describe('listRoles', () => {
  test('lists every account once, a few at a time, in their order, and tells how far it is', async () => {
    const accounts = accountsOf(50);
    const { reader, asked, most } = portal({ accounts });
    const progress: string[] = [];
    const onProgress = (done: number, total: number) => progress.push(`${done}/${total}`);
    const { listed, failed } = await list(reader, newStore(), { onProgress });
    expect(listed).toEqual(accounts.map((account) => ({ account, roleNames: ['A', 'B'] })));
    expect(failed).toEqual([]);
    expect([...asked].sort()).toEqual(accounts.map(({ accountId }) => accountId));
    expect(most.atOnce).toBe(8);
    expect(progress).toEqual(accounts.map((_, index) => `${index + 1}/50`));
  });

  test('asks for no account that is not wanted', async () => {
    const accounts = accountsOf(9);
    const { reader, asked } = portal({ accounts });
    const wants = ({ accountName }: Account) => accountName === 'Account 7';
    expect((await list(reader, newStore(), { wants })).listed).toHaveLength(1);
    expect(asked).toEqual(['100000000007']);
  });

  test('goes on where an interrupted one stopped, and forgets it when it is done', async () => {
    const store = newStore();
    const accounts = accountsOf(40);
    const lost = new SsoCredError('NetworkFailed', 'gone');
    const first = portal({
      accounts,
      onCall: (_accountId, calls) => {
        if (calls > 20) throw lost;
      },
    });
    await expect(list(first.reader, store)).rejects.toBe(lost);
    expect(first.asked.length).toBeLessThan(30);
    expect(notes(store)).toBe(1);

    const second = portal({ accounts });
    const { listed } = await list(second.reader, store);
    expect(listed.map(({ account }) => account)).toEqual(accounts);
    expect(second.asked).toHaveLength(20);
    expect(notes(store)).toBe(0);
  });

  test('notes down what it has while it goes on, for one that is killed', async () => {
    const store = newStore();
    let noted = 0;
    const { reader } = portal({
      accounts: accountsOf(40),
      onCall: (_accountId, calls) => {
        world.clock.advance(100);
        if (calls === 30) noted = notes(store);
      },
    });
    await list(reader, store);
    expect(noted).toBe(1);
  });

  test.each([
    ['of another person', { signIn: 'somebody else' }, 0],
    ['that began half an hour ago', {}, 31 * 60_000],
  ])('does not go on with one %s', async (_what, other, ms) => {
    const store = newStore();
    const accounts = accountsOf(10);
    const failing = portal({
      accounts,
      onCall: (_accountId, calls) => {
        if (calls > 5) throw new SsoCredError('NetworkFailed', 'gone');
      },
    });
    await expect(list(failing.reader, store)).rejects.toMatchObject({ code: 'NetworkFailed' });
    world.clock.advance(ms);
    const { reader, asked } = portal({ accounts, ...other });
    await list(reader, store);
    expect(asked).toHaveLength(10);
  });

  test('an account that AWS does not tell of is told of, and asked for the next time', async () => {
    const store = newStore();
    const accounts = accountsOf(12);
    const error = new SsoCredError('ServiceFailed', 'no');
    const { reader } = portal({
      accounts,
      onCall: (accountId) => {
        if (accountId.endsWith('3')) throw error;
      },
    });
    const { listed, failed } = await list(reader, store);
    expect(listed).toHaveLength(11);
    expect(failed).toEqual([{ account: accounts[3], error }]);

    const again = portal({ accounts });
    expect((await list(again.reader, store)).failed).toEqual([]);
    expect(again.asked).toEqual(['100000000003']);
  });

  test('ten accounts in a row that AWS does not tell of are enough', async () => {
    const error = new SsoCredError('ServiceFailed', 'no');
    const { reader, asked } = portal({
      accounts: accountsOf(100),
      onCall: () => {
        throw error;
      },
    });
    await expect(list(reader, newStore())).rejects.toBe(error);
    expect(asked.length).toBeLessThan(20);
  });
});
