import { type CommandLine, parseCommandLine, versionText } from './cli-parser.ts';
import { locate } from './config/locate.ts';
import { describeProfileRequest } from './config/resolve-profile.ts';
import { explainTo } from './explain.ts';
import { minRefreshBudgetMs } from './flow/refresh-budget.ts';
import { cleanText } from './model/clean-text.ts';
import { describeError, exitStatuses, isSsoCredError, SsoCredError } from './model/errors.ts';
import { version } from './model/version.ts';
import { recordLastError } from './store/last-errors.ts';
import type { World } from './world.ts';

/** A caller's log takes no more; the first line says it all anyway. */
const maxMessageBytes = 1000;

/** What is left to end an overdue call in order before the process is ended; milliseconds. */
const graceMs = 5_000;

type RunnableCommand = Exclude<CommandLine, { command: 'text' }>;

/**
 * Runs a command line; the whole program but the fast path. Gives the exit status; never throws.
 * @param argv without the runtime and the script
 */
export async function run(argv: readonly string[], world: World): Promise<number> {
  const startedAt = world.clock.monotonicMs();
  let options: RunnableCommand['options'] | undefined;
  try {
    const line = await parseCommandLine(argv);
    if (line.command === 'text') {
      world.print(1, `${line.text}\n`);
      return 0;
    }
    ({ options } = line);
    const traced = line.explain ? explainTo(world) : world;
    traced.trace('version', versionText());
    const guard = setTimeout(() => overdue(line, world), overdueMs(line.timeoutS));
    try {
      return await runCommand(line, traced);
    } finally {
      clearTimeout(guard);
      traced.trace('total', `${Math.round(world.clock.monotonicMs() - startedAt)} ms`);
    }
  } catch (error) {
    return fail(error, options ?? {}, world);
  }
}

/** Runs a command; gives its exit status. Each is loaded when it is called for. */
async function runCommand(line: RunnableCommand, world: World): Promise<number> {
  switch (line.command) {
    case 'credentials': {
      const { runCredentials } = await import('./commands/credentials.ts');
      await runCredentials(line.options, world);
      return 0;
    }
    case 'login': {
      const { runLogin } = await import('./commands/login.ts');
      await runLogin(line.options, world);
      return 0;
    }
    case 'logout': {
      const { runLogout } = await import('./commands/logout.ts');
      await runLogout(line.options, world);
      return 0;
    }
    case 'configure oidc': {
      const { runConfigureOidc } = await import('./commands/configure-oidc.ts');
      await runConfigureOidc(line.options, world);
      return 0;
    }
    case 'token': {
      const { runToken } = await import('./commands/token.ts');
      await runToken(line.options, world);
      return 0;
    }
    case 'status': {
      const { runStatus } = await import('./commands/status.ts');
      return await runStatus(line.options, world);
    }
  }
}

/** Tells of a failure, keeps it for `status`, and gives its exit status. */
function fail(error: unknown, asked: Partial<RunnableCommand['options']>, world: World): number {
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
    world.print(2, `${message}\n`);
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
  const where = typeof stack === 'string' ? /[\w./-]+\.[jt]s:\d+/.exec(stack)?.[0] : undefined;
  const place = where === undefined ? '' : ` at ${where.split('/').slice(-2).join('/')}`;
  return new SsoCredError(
    'InternalError',
    `A bug in sso-cred ${version}: ${String(name ?? typeof error)}${place}`,
    { remedy: 'the same command with --explain, and report what it says', cause: error },
  );
}

/** A refresh that has begun is let end, or the token that it spends might be lost. */
function overdueMs(timeoutS: number): number {
  return Math.max(timeoutS * 1000, minRefreshBudgetMs) + graceMs;
}

/** The last resort against a call that would hang. */
function overdue({ options, timeoutS }: RunnableCommand, world: World): void {
  const error = new SsoCredError('BudgetExhausted', `No answer within ${timeoutS} s, given up`, {
    remedy: 'the same command with --explain',
  });
  world.exit(fail(error, options, world));
}
