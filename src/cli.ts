import { clockNote } from './clock-note.ts';
import type { CommonOptions } from './command-line/common-options.ts';
import { parseCommandLine } from './command-line/parse.ts';
import { versionText } from './command-line/version-text.ts';
import { locate } from './config/locate.ts';
import { describeProfileRequest } from './config/resolve-profile.ts';
import { explainTo } from './explain.ts';
import { cleanText } from './model/clean-text.ts';
import type { ClockRecord } from './model/clock-record.ts';
import { completeWord } from './model/complete-word.ts';
import { describeError, exitStatuses, isSsoCredError, SsoCredError } from './model/errors.ts';
import { version } from './model/version.ts';
import { hearClocks } from './services/hear-clocks.ts';
import { recordLastError } from './store/last-errors.ts';
import type { World } from './world.ts';

/** A caller's log takes no more; the first line says it all anyway. */
const maxMessageBytes = 1000;

/** What is left to end an overdue call in order before the process is ended; milliseconds. */
const graceMs = 5_000;

/**
 * Runs a command line; the whole program but the fast path. Gives the exit status; never throws.
 * @param argv without the runtime and the script
 */
export async function run(argv: readonly string[], world: World): Promise<number> {
  if (argv[0] === completeWord) {
    const { complete } = await import('./command-line/complete.ts');
    world.print(1, complete(argv.slice(1), world));
    return 0;
  }
  const startedAt = world.clock.monotonicMs();
  let asked: Partial<CommonOptions> = {};
  let heard: readonly ClockRecord[] = [];
  try {
    const line = await parseCommandLine(argv);
    if (line.kind === 'text') {
      world.print(1, `${line.text}\n`);
      return 0;
    }
    const { options } = line;
    asked = options;
    const traced = options.explain ? explainTo(world) : world;
    traced.trace('version', versionText());
    const stopGuard = guard(options, world);
    const hearing = hearClocks(traced);
    try {
      const status = await line.run(hearing.world, stopGuard);
      const note = clockNote(hearing.heard(), asked, world);
      // Nobody is to hear of it where success is to be silent.
      if (line.name === 'login' && note !== '') world.print(2, note);
      return status;
    } finally {
      heard = hearing.heard();
      stopGuard();
      traced.trace('total', `${Math.round(world.clock.monotonicMs() - startedAt)} ms`);
    }
  } catch (error) {
    return fail(error, asked, world, clockNote(heard, asked, world));
  }
}

/**
 * Tells of a failure, keeps it for `status`, and gives its exit status.
 * @param note what else a person should know, as a line
 */
function fail(error: unknown, asked: Partial<CommonOptions>, world: World, note = ''): number {
  const known = isSsoCredError(error) ? error : internalError(error);
  const message = oneLine(describeError(known));
  const exitStatus = exitStatuses[known.code];
  try {
    const { cacheDirectory } = locate(asked, world);
    const profile = cleanText(describeProfileRequest(asked));
    recordLastError(cacheDirectory, { code: known.code, exitStatus, profile, message }, world);
  } catch {
    // No place to keep it: stderr has it.
  }
  try {
    const isTooLong = Buffer.byteLength(message + note) > maxMessageBytes;
    world.print(2, `${message}\n${isTooLong ? '' : note}`);
  } catch {
    // Nobody listens; the exit status says it too.
  }
  return exitStatus;
}

/** A message as stderr gets it, cut where it is too long in UTF-8. */
function oneLine(message: string): string {
  const line = cleanText(message, maxMessageBytes);
  const bytes = Buffer.from(line, 'utf8');
  if (bytes.length <= maxMessageBytes) return line;
  const cut = bytes.toString('utf8', 0, maxMessageBytes - 3);
  // What is left of a character that was cut.
  return `${cut.replace(/\ufffd+$/, '')}…`;
}

/** The text of an unforeseen error is not shown: it may hold what it stumbled over. */
function internalError(error: unknown): SsoCredError {
  const { name, stack } = (error ?? {}) as { name?: unknown; stack?: unknown };
  const where = typeof stack === 'string' ? /[\w./-]+\.m?[jt]s:\d+/.exec(stack)?.[0] : undefined;
  const place = where === undefined ? '' : ` at ${where.split('/').slice(-2).join('/')}`;
  return new SsoCredError(
    'InternalError',
    `A bug in sso-cred ${version}: ${String(name ?? typeof error)}${place}`,
    { remedy: 'the same command with --explain, and report what it says', cause: error },
  );
}

/**
 * The last resort against a call that would hang; gives its end. What must not be cut short, a token
 * that is being spent say, is let come to its own end, which has bounds too.
 */
function guard(asked: CommonOptions, world: World): () => void {
  const overdue = () => {
    if (world.signals.isHeld()) {
      timer = setTimeout(overdue, 100);
      return;
    }
    const message = `No answer within ${asked.timeoutS} s, given up`;
    const error = new SsoCredError('BudgetExhausted', message, {
      remedy: 'the same command with --explain',
    });
    world.exit(fail(error, asked, world));
  };
  let timer = setTimeout(overdue, asked.timeoutS * 1000 + graceMs);
  return () => clearTimeout(timer);
}
