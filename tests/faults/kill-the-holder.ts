import { type ChildProcess, spawn } from 'node:child_process';
import { appendFileSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { bunEnvironment } from '../../scripts/find-bun.ts';
import { expectSame, expectThat } from './expect.ts';
import { sendSignal } from './processes.ts';
import type { PartReport } from './report.ts';

const waiters = 20;
/** On a quiet machine it is 500 ms; that long a lock would take to go stale. */
const boundMs = 5_000;
const roundMs = 30_000;

/**
 * Kills whoever holds a lock, round after round, with twenty waiting for it: the next has it at once,
 * and never are there two. The oracle is a log in which each brackets its work.
 * @param runtime what runs the contenders: Node.js, or the Bun that the executable is made of
 */
export async function killTheHolder(
  report: PartReport,
  runtime: string,
  rounds: number,
): Promise<void> {
  const directory = mkdtempSync(join(tmpdir(), 'sso-cred-locks-'));
  const log = join(directory, 'log');
  writeFileSync(log, '');
  const child = fileURLToPath(new URL('./contender-child.js', import.meta.url));
  const contenders = new Map<number, ChildProcess>();
  const complaints: string[] = [];
  const add = () => {
    const contender = spawn(runtime, [child, join(directory, 'sso-cred'), log], {
      env: bunEnvironment(),
      stdio: ['ignore', 'ignore', 'pipe'],
      // Those that are stopped must not take others with them, see stepped-process.ts.
      detached: true,
    });
    const { pid } = contender;
    if (pid === undefined) throw new Error(`${runtime} does not start`);
    contenders.set(pid, contender);
    contender.stderr?.setEncoding('utf8').on('data', (text: string) => complaints.push(text));
    contender.once('exit', (status) => {
      contenders.delete(pid);
      if (status !== null) complaints.push(`a contender ended with ${status}`);
    });
  };
  const takeOversMs: number[] = [];
  try {
    for (let n = 0; n <= waiters; n += 1) add();
    for (let round = 1; round <= rounds; round += 1) {
      // One more waiter dies just then, maybe while it takes over itself.
      const takenMs = await killOnce(log, contenders, round % 3 === 0);
      takeOversMs.push(takenMs);
      while (contenders.size <= waiters) add();
      if (takeOversMs.filter((ms) => ms > boundMs).length > 2) break;
    }
  } finally {
    const ends = [...contenders.values()].map(
      (contender) => new Promise((resolve) => contender.once('exit', resolve)),
    );
    for (const contender of contenders.values()) contender.kill('SIGKILL');
    await Promise.all(ends);
  }
  const sorted = [...takeOversMs].sort((one, other) => one - other);
  const [p50, p99] = [0.5, 0.99].map((part) => sorted[Math.ceil(part * sorted.length) - 1]);
  report.note(
    `${sorted.length} rounds: the next had it after p50 ${p50}, p99 ${p99}, at most ${sorted.at(-1)} ms`,
  );
  const text = readFileSync(log, 'utf8');
  rmSync(directory, { recursive: true, force: true });
  await report.check(`${rounds} rounds: never two at once`, async () => {
    expectSame('rounds', sorted.length, rounds);
    expectSame('overlaps', overlapsIn(text), []);
  });
  await report.check('a dead holder is succeeded at once', async () => {
    expectThat(
      sorted.every((ms) => ms < boundMs),
      `it took up to ${sorted.at(-1)} ms`,
    );
  });
  await report.check('none of them fails', async () => expectSame('said', complaints, []));
}

/** Kills the holder; gives after how many milliseconds there was another. */
async function killOnce(
  log: string,
  contenders: ReadonlyMap<number, ChildProcess>,
  alsoAWaiter: boolean,
): Promise<number> {
  const giveUpAt = Date.now() + roundMs;
  for (;;) {
    if (Date.now() > giveUpAt) throw new Error(`nobody has had the lock for ${roundMs} ms`);
    await delay(1);
    const holder = holderIn(readFileSync(log, 'utf8'));
    if (holder === undefined || !contenders.has(holder)) continue;
    // Stopped first, so that it does nothing any more when the log says that it is dead.
    sendSignal(holder, 'SIGSTOP');
    await delay(2);
    const text = readFileSync(log, 'utf8');
    if (holderIn(text) !== holder) {
      sendSignal(holder, 'SIGCONT');
      continue;
    }
    appendFileSync(log, `x${holder}\n`);
    sendSignal(holder, 'SIGKILL');
    const killedAt = performance.now();
    const length = text.length + `x${holder}\n`.length;
    if (alsoAWaiter) {
      await delay(Math.random() * 10);
      const other = [...contenders.keys()].find((pid) => pid !== holder) ?? holder;
      // Whether it works just now or waits; if it works, the log has to know.
      sendSignal(other, 'SIGSTOP');
      await delay(1);
      if (holderIn(readFileSync(log, 'utf8')) === other) appendFileSync(log, `x${other}\n`);
      sendSignal(other, 'SIGKILL');
    }
    while (!readFileSync(log, 'utf8').slice(length).includes('<')) {
      if (Date.now() > giveUpAt) throw new Error(`no successor within ${roundMs} ms`);
      await delay(1);
    }
    return Math.round(performance.now() - killedAt);
  }
}

/** Who works, by the last line; undefined when nobody does. */
function holderIn(text: string): number | undefined {
  const [, pid] = /<(\d+)\n$/.exec(text) ?? [];
  return pid === undefined ? undefined : Number(pid);
}

/** Lines by which somebody begins while another is at it. */
function overlapsIn(text: string): readonly string[] {
  let holder: string | undefined;
  return text
    .split('\n')
    .slice(0, -1)
    .flatMap((line, index) => {
      const [mark, pid] = [line.slice(0, 1), line.slice(1)];
      const overlaps = mark === '<' ? holder !== undefined : mark === '>' && holder !== pid;
      const before = holder;
      if (mark === '<') holder = pid;
      else if (holder === pid) holder = undefined;
      return overlaps ? [`line ${index + 1}: ${line} while ${before} is at it`] : [];
    });
}
