import { existsSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from '@jest/globals';
import type { KeptToken, NewToken, Refreshed, SessionKind } from '../../src/flow/session-kind.ts';
import { raiseGeneration } from '../../src/flow/session-place.ts';
import { type Spending, spendRefreshToken } from '../../src/flow/spend-refresh-token.ts';
import { SsoCredError } from '../../src/model/errors.ts';
import { openStore } from '../../src/store/store.ts';
import { isTemporary, reserveFile } from '../../src/store/write-file.ts';
import { fakeWorld } from '../support/fake-world.ts';
import { freshDirectory } from '../support/fresh-directory.ts';

const seconds = 1_000;

/** A session whose file holds its refresh token and no more. */
function session(changes: { refresh?: KeptToken['refresh'] } = {}) {
  const home = freshDirectory();
  const tokenFile = join(home, 'token');
  const world = fakeWorld();
  const store = openStore(join(home, 'sso-cred'), world);
  const held: string[] = [];
  let holds = 0;
  Object.assign(world, {
    signals: {
      hold() {
        holds += 1;
        return () => {
          holds -= 1;
          held.push('let through');
        };
      },
      isHeld: () => holds > 0,
      onEnd: () => () => undefined,
    },
  });
  const at = world.clock.now();
  const refreshedTo = (text: string): NewToken => ({
    bearer: text,
    expiresAt: at,
    obtainedAt: at,
    text,
  });
  const token = (text: string): KeptToken => ({
    kind: 'token',
    bearer: text,
    expiresAt: at,
    obtainedAt: at,
    stamp: text,
    refreshToken: text,
    notRefreshable: undefined,
    async refresh(deadline, beforeSending) {
      if (changes.refresh !== undefined) return await changes.refresh(deadline, beforeSending);
      if (!(await beforeSending())) return { kind: 'not-sent' };
      return { kind: 'token', next: refreshedTo('two'), isRefreshTokenReplaced: true };
    },
  });
  const kind: SessionKind = {
    name: '"corp"',
    signInCommand: 'sso-cred login',
    tokenFile,
    async read() {
      if (!existsSync(tokenFile)) return { kind: 'none', reason: 'there is none' };
      const text = readFileSync(tokenFile, 'utf8');
      return text === '' ? { kind: 'none', reason: 'it is empty', isDamaged: true } : token(text);
    },
    reserve: () => reserveFile(tokenFile, 1024, world),
  };
  writeFileSync(tokenFile, 'one');
  const claims = () => readdirSync(store.folder('claims'));
  const place = { session: kind, store, startWorker: async () => undefined };
  const spend = (spending: Partial<Spending> = {}) =>
    spendRefreshToken(
      {
        ...place,
        kept: token('one'),
        refreshToken: 'one',
        signIn: 'sign-in',
        isStillDue: async () => true,
        onRefused: () => undefined,
        ...spending,
      },
      world,
    );
  return {
    world,
    place,
    tokenFile,
    claims,
    held,
    spend,
    refreshedTo,
    stored: () => (existsSync(tokenFile) ? readFileSync(tokenFile, 'utf8') : undefined),
    drafts: () => readdirSync(home).filter(isTemporary),
  };
}

type Made = ReturnType<typeof session>;

/** A refresh during which something happens, after the token was sent. */
function whileSent(
  happen: (made: Made) => void,
  reply: (made: Made) => Refreshed = (made) => ({
    kind: 'token',
    next: made.refreshedTo('two'),
    isRefreshTokenReplaced: true,
  }),
): Made {
  const made: Made = session({
    async refresh(_deadline, beforeSending) {
      if (!(await beforeSending())) return { kind: 'not-sent' };
      happen(made);
      return reply(made);
    },
  });
  return made;
}

/** Nothing is left of a spending but what it stored. */
function expectNothingLeft({ claims, drafts, world }: Made): void {
  expect({ claims: claims(), drafts: drafts(), isHeld: world.signals.isHeld() }).toEqual({
    claims: [],
    drafts: [],
    isHeld: false,
  });
}

describe('a refresh token that is sent', () => {
  test('is claimed by then, the space for the reply is taken, and signals wait until it is stored', async () => {
    let seen: unknown;
    const made = whileSent(({ claims, drafts, world }) => {
      seen = [claims().length, drafts().length, world.signals.isHeld()];
    });
    expect(await made.spend()).toMatchObject({ kind: 'stored', token: { text: 'two' } });
    expect(seen).toEqual([1, 1, true]);
    expect(made.stored()).toBe('two');
    expect(made.held).toEqual(['let through']);
    expectNothingLeft(made);
  });

  test('has 25 s, whatever is left of the call', async () => {
    let allowedMs = 0;
    const made: Made = session({
      async refresh(deadline) {
        allowedMs = deadline - made.world.clock.monotonicMs();
        return { kind: 'not-sent' };
      },
    });
    await made.spend();
    expect(allowedMs).toBe(25 * seconds);
  });

  test('may have taken long to make ready: what is stored is looked at after that', async () => {
    const made: Made = session({
      async refresh(_deadline, beforeSending) {
        made.world.clock.advance(9 * seconds);
        if (!(await beforeSending())) return { kind: 'not-sent' };
        return { kind: 'token', next: made.refreshedTo('two'), isRefreshTokenReplaced: true };
      },
    });
    expect(await made.spend()).toMatchObject({ kind: 'stored' });
  });

  test('and is refused is told so while others still see the claim', async () => {
    const made = whileSent(
      () => undefined,
      () => ({ kind: 'refused', text: 'over' }),
    );
    let claims = 0;
    const onRefused = () => {
      claims = made.claims().length;
    };
    expect(await made.spend({ onRefused })).toEqual({ kind: 'refused', text: 'over' });
    expect(claims).toBe(1);
    expectNothingLeft(made);
  });

  test('and whose reply is lost is free again', async () => {
    const error = new SsoCredError('NetworkFailed', 'no answer');
    const made = whileSent(
      () => undefined,
      () => {
        throw error;
      },
    );
    await expect(made.spend()).rejects.toBe(error);
    expect(made.stored()).toBe('one');
    expectNothingLeft(made);
  });
});

describe('a refresh token is not sent', () => {
  test('while another process has claimed it', async () => {
    const made = whileSent(() => {
      throw new Error('sent twice');
    });
    const other = session();
    let outcome: unknown;
    const spent = await other.spend({
      store: made.place.store,
      isStillDue: async () => {
        outcome = await made.spend();
        return false;
      },
    });
    expect(spent).toEqual({ kind: 'overtaken' });
    expect(outcome).toMatchObject({ kind: 'claimed', owner: { pid: process.pid } });
    expectNothingLeft(made);
  });

  test('when what is stored calls for it no longer', async () => {
    const made = session();
    expect(await made.spend({ isStillDue: async () => false })).toEqual({ kind: 'overtaken' });
    expect(made.stored()).toBe('one');
    expectNothingLeft(made);
  });

  test.each<[string, (made: Made) => void]>([
    ['was stopped', ({ world }) => world.clock.advance(3 * seconds)],
    ['slept', ({ world }) => world.clock.set(60 * seconds)],
    ['had its clock set back', ({ world }) => world.clock.set(-60 * seconds)],
  ])('by a process that %s between the last look and the sending', async (_what, happen) => {
    const made = session();
    const isStillDue = async () => {
      happen(made);
      return true;
    };
    expect(await made.spend({ isStillDue })).toEqual({ kind: 'overtaken' });
    expect(made.held).toEqual([]);
    expectNothingLeft(made);
  });

  test('where there is no space for the reply', async () => {
    const made = whileSent(() => {
      throw new Error('sent');
    });
    const error = new SsoCredError('StorageFailed', 'full');
    const full = {
      ...made.place.session,
      reserve() {
        throw error;
      },
    };
    await expect(made.spend({ session: full })).rejects.toBe(error);
    expectNothingLeft(made);
  });
});

describe('what comes back', () => {
  test.each<[string, (made: Made) => void, string | undefined]>([
    ['another tool has refreshed', ({ tokenFile }) => writeFileSync(tokenFile, 'theirs'), 'theirs'],
    ['the person has signed out of all tools', ({ tokenFile }) => rmSync(tokenFile), undefined],
    ['the person has signed out', ({ place, world }) => void raiseGeneration(place, world), 'one'],
  ])('is not kept when %s meanwhile', async (_what, happen, stored) => {
    const made = whileSent(happen);
    expect(await made.spend()).toEqual({ kind: 'overtaken' });
    expect(made.stored()).toBe(stored);
    expectNothingLeft(made);
  });

  test('is kept where another tool has left a file that nobody can read', async () => {
    const made = whileSent(({ tokenFile }) => writeFileSync(tokenFile, ''));
    expect(await made.spend()).toMatchObject({ kind: 'stored' });
    expect(made.stored()).toBe('two');
  });

  test('is kept though its space went with what others had left', async () => {
    const made = whileSent(({ drafts, tokenFile }) => {
      for (const name of drafts()) rmSync(join(tokenFile, '..', name));
    });
    expect(await made.spend()).toMatchObject({ kind: 'stored' });
    expect(made.stored()).toBe('two');
    expectNothingLeft(made);
  });

  test('is no refusal when another tool was faster', async () => {
    const made = whileSent(
      ({ tokenFile }) => writeFileSync(tokenFile, 'theirs'),
      () => ({ kind: 'refused', text: 'spent' }),
    );
    let isRefused = false;
    const onRefused = () => {
      isRefused = true;
    };
    expect(await made.spend({ onRefused })).toEqual({ kind: 'overtaken' });
    expect(isRefused).toBe(false);
  });

  test('takes the place of what the dead had begun', async () => {
    const made = session();
    reserveFile(made.tokenFile, 10, made.world);
    await made.spend();
    expectNothingLeft(made);
  });
});
