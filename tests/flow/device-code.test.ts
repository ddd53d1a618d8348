import { describe, expect, test } from '@jest/globals';
import { type DevicePoll, signInByDevice } from '../../src/flow/device-code.ts';
import { SsoCredError } from '../../src/model/errors.ts';
import type { SignInShown } from '../../src/model/pending-record.ts';
import { type FakeWorld, fakeWorld } from '../support/fake-world.ts';

const seconds = 1_000;
const session = { name: '"corp"', signInCommand: 'sso-cred login --session corp' };
const authorization = {
  deviceCode: 'device-code',
  userCode: 'ABCD-EFGH',
  verificationUri: 'https://device.example.com/',
  verificationUriComplete: 'https://device.example.com/?user_code=ABCD-EFGH',
  expiresInMs: 600 * seconds,
  intervalMs: 5 * seconds,
};

/** What a poll is answered: a token, an error of RFC 8628, 3.5, or no answer at all. */
type PollAnswer = 'token' | 'lost' | { readonly error: string };

const pending: PollAnswer = { error: 'authorization_pending' };
const slowDown: PollAnswer = { error: 'slow_down' };

interface Scene {
  readonly answers: readonly PollAnswer[];
  readonly changes?: Partial<typeof authorization>;
  readonly timeoutMs?: number;
  /** How long each poll takes on the wire. */
  readonly pollMs?: number;
  /** What is left of the code that a process which is gone had got; it is gone on with. */
  readonly resumedMs?: number;
}

const resumedCode = 'resumed-device-code';

/** Signs in; gives the token, and what was asked and told meanwhile. */
async function play({ answers, changes, resumedMs, ...scene }: Scene) {
  const { timeoutMs = 600 * seconds, pollMs = 0 } = scene;
  const world: FakeWorld = fakeWorld();
  const { clock } = world;
  const startedAt = clock.monotonicMs();
  const polledAt: number[] = [];
  const allowedMs: number[] = [];
  const opened: string[] = [];
  const told: SignInShown[] = [];
  const kept: string[] = [];
  const left = [...answers];
  const polledWith: string[] = [];
  let starts = 0;
  const { expiresInMs: _, ...shown } = authorization;
  const resumed =
    resumedMs === undefined
      ? {}
      : {
          resumed: {
            ...shown,
            kind: 'device' as const,
            deviceCode: resumedCode,
            isOpened: true,
            expiresAt: clock.now() + resumedMs,
          },
        };
  const call = {
    ...resumed,
    session,
    deadline: startedAt + timeoutMs,
    open: async (url: URL) => opened.push(url.href) > 0,
    tell: (notice: SignInShown) => void told.push(notice),
    keep: async (token: string) => void kept.push(token),
  };
  const grant = {
    async start() {
      starts += 1;
      return { ...authorization, ...changes };
    },
    async poll(deviceCode: string, deadline: number): Promise<DevicePoll<string>> {
      polledWith.push(deviceCode);
      polledAt.push((clock.monotonicMs() - startedAt) / seconds);
      allowedMs.push(deadline - clock.monotonicMs());
      clock.advance(pollMs);
      const answer = left.shift() ?? pending;
      if (answer === 'lost') throw new SsoCredError('NetworkFailed', 'no answer');
      if (answer === 'token') return { kind: 'token', value: 'the token' };
      return { kind: 'refused', error: answer.error, text: 'No' };
    },
  };
  const outcome = await signInByDevice(call, grant, world).catch((error: unknown) => error);
  return { outcome, polledAt, polledWith, allowedMs, opened, told, kept, starts };
}

describe('a sign-in by device code', () => {
  test('tells the person the code, and opens the page that has it already', async () => {
    const { outcome, told, opened, kept } = await play({ answers: ['token'] });
    expect(outcome).toBe('the token');
    expect(kept).toEqual(['the token']);
    expect(opened).toEqual([authorization.verificationUriComplete]);
    const { expiresInMs: _, ...shown } = authorization;
    expect(told).toEqual([
      { kind: 'device', isOpened: true, ...shown, expiresAt: Date.UTC(2020, 0, 1, 12, 10) },
    ]);
  });

  test('tells what is no URL, and opens nothing', async () => {
    const changes = {
      verificationUri: 'device.example',
      verificationUriComplete: 'device.example',
    };
    const { told, opened } = await play({ answers: ['token'], changes });
    expect(opened).toEqual([]);
    expect(told).toMatchObject([{ isOpened: false, verificationUri: 'device.example' }]);
  });

  test.each<[string, readonly PollAnswer[], readonly number[]]>([
    ['waits the interval before each', [pending, pending, 'token'], [5, 10, 15]],
    ['waits 5 s more from a slow_down on', [slowDown, pending, 'token'], [5, 15, 25]],
    ['waits 5 s more for each slow_down', [slowDown, slowDown, 'token'], [5, 15, 30]],
    ['survives polls that are lost', ['lost', 'lost', pending, 'token'], [5, 10, 15, 20]],
    ['stays slow after a lost poll', [slowDown, 'lost', 'token'], [5, 15, 25]],
  ])('%s', async (_, answers, expected) => {
    const { outcome, polledAt, polledWith } = await play({ answers });
    expect(outcome).toBe('the token');
    expect(polledAt).toEqual(expected);
    expect(new Set(polledWith)).toEqual(new Set([authorization.deviceCode]));
  });

  test('counts the interval from the answer to the next poll', async () => {
    const { polledAt } = await play({ answers: [pending, 'token'], pollMs: 2 * seconds });
    expect(polledAt).toEqual([5, 12]);
  });

  test.each([
    ['the code', { changes: { expiresInMs: 12 * seconds } }],
    ['the time of the call', { timeoutMs: 12 * seconds }],
  ])('ends with the end of %s, and does not poll after it', async (_, scene) => {
    const { outcome, polledAt } = await play({ answers: [], ...scene });
    expect(polledAt).toEqual([5, 10]);
    expect(outcome).toMatchObject({
      code: 'SignInUnfinished',
      message: 'Nobody finished the sign-in to the session "corp" within 12 s',
      remedy: session.signInCommand,
    });
  });

  test('lets no poll take longer than 10 s or than the call', async () => {
    const { allowedMs } = await play({ answers: [], timeoutMs: 12 * seconds });
    expect(allowedMs).toEqual([7 * seconds, 2 * seconds]);
    const { allowedMs: inTime } = await play({ answers: ['token'] });
    expect(inTime).toEqual([10 * seconds]);
  });

  test.each([
    ['access_denied', 'SignInDenied'],
    ['expired_token', 'SignInUnfinished'],
    ['invalid_grant', 'SignInUnfinished'],
    ['invalid_client', 'SignInRefused'],
    ['something_new', 'SignInRefused'],
  ])('ends at %s with %s', async (error, code) => {
    const { outcome, polledAt } = await play({ answers: [pending, { error }] });
    expect(outcome).toMatchObject({ code, remedy: session.signInCommand });
    expect(polledAt).toEqual([5, 10]);
  });
});

describe('a sign-in by device code that another process had begun', () => {
  test('goes on with the same code: nothing is asked for, opened or told again', async () => {
    const { outcome, polledWith, starts, opened, told } = await play({
      answers: [pending, 'token'],
      resumedMs: 60 * seconds,
    });
    expect(outcome).toBe('the token');
    expect(polledWith).toEqual([resumedCode, resumedCode]);
    expect({ starts, opened, told }).toEqual({ starts: 0, opened: [], told: [] });
  });

  test.each(['expired_token', 'invalid_grant'])(
    'is begun anew, once, when its code is good no longer (%s)',
    async (error) => {
      const answers = [{ error }, pending, 'token'] as const;
      const { outcome, polledWith, starts, told } = await play({
        answers,
        resumedMs: 60 * seconds,
      });
      expect(outcome).toBe('the token');
      const { deviceCode } = authorization;
      expect(polledWith).toEqual([resumedCode, deviceCode, deviceCode]);
      expect(starts).toBe(1);
      expect(told).toMatchObject([{ kind: 'device', deviceCode }]);
      const twice = await play({ answers: [{ error }, { error }], resumedMs: 60 * seconds });
      expect(twice.outcome).toMatchObject({ code: 'SignInUnfinished' });
      expect(twice.starts).toBe(1);
    },
  );

  test.each([0, 4, 12])('is begun anew when its code ends, %d s from now', async (left) => {
    const { outcome, polledWith, starts } = await play({
      answers: [pending, pending, 'token'].slice(2 - Math.floor(left / 5)) as PollAnswer[],
      resumedMs: left * seconds,
    });
    expect(outcome).toBe('the token');
    expect(starts).toBe(1);
    expect(polledWith.at(-1)).toBe(authorization.deviceCode);
  });

  test('ends with the time of the call, as any other', async () => {
    const { outcome, starts } = await play({
      answers: [],
      resumedMs: 60 * seconds,
      timeoutMs: 12 * seconds,
    });
    expect(outcome).toMatchObject({ code: 'SignInUnfinished' });
    expect(starts).toBe(0);
  });
});
