import { unattendedBy } from '../../src/model/unattended.ts';
import { createSandboxHome, type SandboxHome } from '../../tests/stand-in/sandbox-home.ts';
import { answer, type Case, call, settled } from './case.ts';
import type { Finding } from './report.ts';
import { serveAws } from './serve-aws.ts';

/** A program whose day is looked at. */
export interface Build {
  readonly name: string;
  readonly command: readonly string[];
}

/**
 * What stands for an hour; seconds. From half of it on a role is renewed ahead, and with a third of it
 * left a call would wait: in between there are 10 minutes of an hour, and of this 1.3 s.
 */
const hourS = 8;
/** Whoever waits for the network waits for this long at least; milliseconds. */
const delayMs = 250;
/** Each of them is a role of its own. */
const profiles = ['dev', 'role-1', 'role-2', 'role-3', 'role-4'];
/** As many as a day has of half hours. */
const dayRenewals = 48;
const mostMs = 90_000;

/**
 * Has each build called again and again, until it has been given new credentials as often as in a day of
 * credentials that last an hour; gives how many of its calls waited for the network, but for the first
 * of each role.
 * @throws when a call fails, or nothing is renewed
 */
export async function simulateDay(builds: readonly Build[]): Promise<readonly Finding[]> {
  const { aws, stop } = await serveAws({ roleLifetimeS: hourS, delayMs });
  const homes: SandboxHome[] = [];
  try {
    const days: Day[] = [];
    for (const build of builds) {
      const issueToken = () => aws.token;
      const ssoCred = build.command.at(-1) ?? '';
      const extraProfiles = profiles.length - 1;
      const home = createSandboxHome({ ...aws, issueToken }, { ssoCred, extraProfiles });
      homes.push(home);
      days.push(new Day(build, home));
    }
    await settled(homes.map(({ configFile }) => configFile));
    const begunAt = performance.now();
    while (days.some(({ renewals }) => renewals < dayRenewals)) {
      if (performance.now() - begunAt > mostMs) throw new Error('a day has too few renewals');
      for (const profile of profiles) for (const day of days) day.callOnce(profile);
    }
    return days.map((day) => day.finding());
  } finally {
    for (const home of homes) await home.remove();
    await stop();
  }
}

/** The calls of one build. */
class Day {
  readonly #build: Build;
  readonly #home: SandboxHome;
  /** What the last call of each profile printed. */
  readonly #last = new Map<string, string>();
  #calls = 0;
  #waited = 0;
  renewals = 0;

  constructor(build: Build, home: SandboxHome) {
    this.#build = build;
    this.#home = home;
  }

  callOnce(profile: string): void {
    const { name, command } = this.#build;
    const measured: Case = {
      name: `${name}: a call of the day`,
      command: [...command, '--profile', profile],
      env: attended(this.#home.env),
      expected: answer,
    };
    const { tookMs, stdout } = call(measured);
    const last = this.#last.get(profile);
    this.#last.set(profile, stdout);
    if (last === undefined) return;
    this.#calls += 1;
    if (stdout === last) return;
    this.renewals += 1;
    // Who prints what is new after so long has waited for it; who prints it at once has found it.
    if (tookMs >= delayMs) this.#waited += 1;
  }

  finding(): Finding {
    return {
      what: `A day of calls that waited for the network, ${this.#build.name}`,
      found: `${this.#waited} of ${this.#calls}`,
      spread: `${this.renewals} renewals`,
      wanted: '0',
      verdict: this.#waited === 0 ? 'met' : 'NOT MET',
    };
  }
}

/** Nothing is renewed ahead in a CI system, where the bench may well run. */
function attended(env: Case['env']): Case['env'] {
  const name = unattendedBy(env);
  if (name === undefined) return env;
  const { [name]: _, ...others } = env;
  return attended(others);
}
