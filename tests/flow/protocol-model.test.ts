import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { exitStatuses } from '../../src/model/errors.ts';
import { freshDirectory } from '../support/fresh-directory.ts';
import { type Home, openHome } from './protocol/home.ts';
import { type IdentityCenter, identityCenter, type TokenName } from './protocol/identity-center.ts';
import { type SimulatedProcess, type Simulation, simulation } from './protocol/simulation.ts';

// The protocol of claims, locks and generations as it is built, in processes of which one at a time
// runs, to its next wait for the world: in whichever order, killed and stopped wherever.

type Beginning = 'a role' | 'another role' | 'a role, in a hurry' | 'a login' | 'a logout';

type Event =
  | { readonly does: 'go on'; readonly who: number; readonly steps: number }
  | {
      readonly does: 'begin';
      readonly what: Beginning;
      readonly skewMs: number;
      readonly isContained: boolean;
    }
  | { readonly does: 'kill'; readonly who: number }
  | { readonly does: 'stop'; readonly who: number; readonly ms: number }
  | { readonly does: 'wait'; readonly ms: number }
  | { readonly does: 'lose a reply' };

const who = fc.nat(30);
const beginning = (what: fc.Arbitrary<Beginning>): fc.Arbitrary<Event> =>
  fc.record({
    does: fc.constant('begin'),
    what,
    skewMs: fc.constantFrom(0, 0, 0, 3_600_000, -3_600_000),
    isContained: fc.boolean(),
  });
const callers = fc.constantFrom<Beginning>('a role', 'another role', 'a role, in a hurry');
const event: fc.Arbitrary<Event> = fc.oneof(
  {
    weight: 60,
    arbitrary: fc.record({
      does: fc.constant('go on'),
      who,
      steps: fc.constantFrom(1, 1, 2, 3, 5, 10, 30),
    }),
  },
  { weight: 8, arbitrary: beginning(callers) },
  { weight: 2, arbitrary: beginning(fc.constant('a login')) },
  { weight: 2, arbitrary: beginning(fc.constant('a logout')) },
  { weight: 3, arbitrary: fc.record({ does: fc.constant('kill'), who }) },
  {
    weight: 4,
    arbitrary: fc.record({
      does: fc.constant('stop'),
      who,
      ms: fc.constantFrom(1_500, 6_000, 12_000, 20_000, 200_000),
    }),
  },
  {
    weight: 2,
    arbitrary: fc.record({
      does: fc.constant('wait'),
      ms: fc.constantFrom(1_000, 11_000, 700_000),
    }),
  },
  { weight: 1, arbitrary: fc.constant({ does: 'lose a reply' }) },
);

/** Nobody takes more steps than this to come to an end by itself. */
const maxSteps = 4_000;

/** What has been seen so far, and what may never be seen after it. */
interface Memory {
  latest: TokenName | undefined;
  sendsSeen: number;
  /** Sign-ins up to this one are over: the person has signed out. */
  overUpTo: number;
  /** Those whose sign-in was called off by a sign-out. */
  readonly calledOff: Set<SimulatedProcess>;
  /** Those that have begun a sign-in of their own. */
  readonly signingIn: Set<SimulatedProcess>;
  /** How many sign-ins were over when a process began. */
  readonly overBefore: Map<SimulatedProcess, number>;
  readonly endsSeen: Set<SimulatedProcess>;
}

class Run {
  readonly #aws: IdentityCenter = identityCenter();
  readonly #simulation: Simulation;
  readonly #home: Home;
  readonly #started: { process: SimulatedProcess; what: Beginning | 'the last call' }[] = [];
  readonly #memory: Memory = {
    latest: undefined,
    sendsSeen: 0,
    overUpTo: 0,
    calledOff: new Set(),
    signingIn: new Set(),
    overBefore: new Map(),
    endsSeen: new Set(),
  };

  constructor() {
    const directory = freshDirectory();
    this.#simulation = simulation(directory, this.#aws.sendHttp);
    this.#home = openHome(directory, () => this.#simulation);
    this.#home.putToken(this.#aws.signIn(undefined), Date.now() - 1_000);
  }

  get log(): string {
    return this.#simulation.log.join('\n');
  }

  async play(events: readonly Event[]): Promise<void> {
    this.#begin('a role');
    this.#begin('another role');
    for (const each of events) {
      await this.#happen(each);
      this.#check();
    }
    await this.#toTheEnd();
    await this.#heal();
  }

  #begin(what: Beginning | 'the last call', traits = {}): SimulatedProcess {
    const name = `${this.#started.length + 1} (${what})`;
    const process = this.#simulation.start(name, this.#workOf(what), traits);
    this.#started.push({ process, what });
    this.#memory.overBefore.set(process, this.#memory.overUpTo);
    return process;
  }

  #workOf(what: Beginning | 'the last call') {
    switch (what) {
      case 'a login':
        return this.#home.login;
      case 'a logout':
        return this.#home.logout;
      case 'a role, in a hurry':
        return this.#home.ask('Developer', 14_000);
      case 'another role':
        return this.#home.ask('Reader', 45_000);
      case 'the last call':
        return this.#home.ask('Never asked for before', 45_000);
      default:
        return this.#home.ask('Developer', 45_000);
    }
  }

  async #happen(each: Event): Promise<void> {
    const living = this.#simulation.living();
    const chosen = 'who' in each ? living[each.who % living.length] : undefined;
    switch (each.does) {
      case 'begin':
        if (living.length < 8) this.#begin(each.what, each);
        return;
      case 'wait':
        return this.#simulation.wait(each.ms);
      case 'lose a reply':
        return this.#aws.loseNextReply();
      case 'kill':
        if (chosen !== undefined) this.#simulation.crash(chosen);
        return;
      case 'stop':
        if (chosen !== undefined) this.#simulation.stop(chosen, each.ms);
        return;
      case 'go on':
        for (let count = 0; chosen !== undefined && count < each.steps; count += 1) {
          await this.#simulation.step(chosen);
          this.#check();
        }
    }
  }

  /** Who can go on first goes on, until all have come to their end. */
  async #toTheEnd(): Promise<void> {
    const { living, readyAt, step } = this.#simulation;
    for (let count = 0; ; count += 1) {
      const [next] = [...living()].sort((one, other) => readyAt(one) - readyAt(other));
      if (next === undefined) return;
      if (count > maxSteps) throw new Error(`${next.name} does not come to its end`);
      await step(next);
      this.#check();
    }
  }

  /** One more call finds everything in order, and takes away what the dead have left. */
  async #heal(): Promise<void> {
    const token = this.#home.token();
    if (token !== undefined && this.#aws.isSpent(token)) {
      const spender = this.#aws.sent.find((each) => isSame(each.token, token));
      const isLost = spender === undefined || isKilled(spender.sender) || spender.state === 'lost';
      if (!isLost) throw new Error('the successor of the stored token is lost');
    }
    this.#simulation.wait(120_000);
    const last = this.#begin('the last call');
    await this.#toTheEnd();
    const end = last.end();
    const isOver = token === undefined || this.#aws.hasEnded(token.signIn);
    if (isOver) expect(end).toMatchObject({ kind: 'failed' });
    else expect(end).toEqual({ kind: 'done', value: token.signIn });
  }

  #check(): void {
    this.#checkSends();
    this.#checkEnds();
    this.#checkToken();
    this.#checkRoles();
  }

  /** A refresh token is sent by one process only, and by another when that was killed with it. */
  #checkSends(): void {
    const { sent } = this.#aws;
    for (; this.#memory.sendsSeen < sent.length; this.#memory.sendsSeen += 1) {
      const index = this.#memory.sendsSeen;
      const { token, sender } = sent[index] ?? {};
      if (token === undefined) return;
      for (const before of sent.slice(0, index)) {
        if (!isSame(before.token, token) || before.sender === sender) continue;
        if (isKilled(before.sender) || before.state === 'lost') continue;
        throw new Error(`${sender?.name} sent what ${before.sender.name} had sent, which lives`);
      }
    }
  }

  #checkToken(): void {
    const { latest, overUpTo, calledOff, signingIn } = this.#memory;
    const pendingPid = this.#home.pendingPid();
    for (const process of this.#simulation.living()) {
      if (process.pid === pendingPid) signingIn.add(process);
    }
    const token = this.#home.token();
    this.#memory.latest = token ?? latest;
    if (token === undefined) return;
    const text = `${token.signIn}-${token.index}`;
    const isOlder =
      latest !== undefined &&
      (token.signIn < latest.signIn ||
        (token.signIn === latest.signIn && token.index < latest.index));
    if (isOlder) throw new Error(`token ${text} is in the place of a newer one`);
    if (token.signIn <= overUpTo) throw new Error(`token ${text} is kept after signing out`);
    const by = this.#aws.signedInBy(token.signIn);
    if (by !== undefined && calledOff.has(by)) {
      throw new Error(`token ${text} is of a sign-in that was called off`);
    }
  }

  #checkRoles(): void {
    for (const signIn of this.#home.roles()) {
      if (signIn <= this.#memory.overUpTo) {
        throw new Error(`a role of sign-in ${signIn} is kept after signing out`);
      }
    }
  }

  /** What a process came to, the moment it did. */
  #checkEnds(): void {
    const { endsSeen, overBefore } = this.#memory;
    for (const { process, what } of this.#started) {
      const end = process.end();
      if (end === undefined || end.kind === 'crashed' || endsSeen.has(process)) continue;
      endsSeen.add(process);
      if (end.kind === 'failed') {
        if (!Object.keys(exitStatuses).includes(end.code) || end.code === 'InternalError') {
          throw new Error(`${process.name} failed with ${end.code}`);
        }
        continue;
      }
      if (what === 'a logout') this.#signedOut();
      else if (what === 'a login') this.#signedIn(process);
      else if (Number(end.value) <= (overBefore.get(process) ?? 0)) {
        throw new Error(`${process.name} was given a role of sign-in ${end.value}, which is over`);
      }
    }
  }

  #signedOut(): void {
    const { calledOff, signingIn } = this.#memory;
    this.#memory.overUpTo = this.#aws.signIns();
    const pendingPid = this.#home.pendingPid();
    for (const process of this.#simulation.living()) {
      if (signingIn.has(process) && process.pid !== pendingPid) calledOff.add(process);
    }
    const token = this.#home.token();
    if (token !== undefined && token.signIn <= this.#memory.overUpTo) {
      throw new Error('a token is left by signing out');
    }
  }

  /** Its own token is there, or that of a later one; or somebody has signed out since. */
  #signedIn(process: SimulatedProcess): void {
    const token = this.#home.token();
    const isSigningOut = this.#started.some(
      ({ process: other, what }) => what === 'a logout' && !this.#memory.endsSeen.has(other),
    );
    const own = Array.from({ length: this.#aws.signIns() }, (_, index) => index + 1).filter(
      (number) => this.#aws.signedInBy(number) === process,
    );
    const isOver = Math.max(...own) <= this.#memory.overUpTo;
    if (isOver || isSigningOut) return;
    if (token === undefined || token.signIn < Math.max(...own)) {
      throw new Error(`${process.name} has signed in, and its token is not there`);
    }
  }
}

function isSame(one: TokenName, other: TokenName): boolean {
  return one.signIn === other.signIn && one.index === other.index;
}

function isKilled(process: SimulatedProcess): boolean {
  return process.end()?.kind === 'crashed';
}

test('whoever is killed or stopped wherever, no refresh token is sent twice, none is lost, and what the person did last counts', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(event, { maxLength: 120 }), async (events) => {
      const run = new Run();
      try {
        await run.play(events);
      } catch (error) {
        throw new Error(`${error}\n${run.log}`);
      }
    }),
    { numRuns: Number(process.env['PROTOCOL_RUNS'] ?? 200) },
  );
});
