#!/usr/bin/env node
import { type CachedAnswer, cachedAnswer, type RenewalNeed } from './fast/cached-answer.ts';
import { writeOut } from './system/write-out.ts';

// A program that ends early, for whatever reason, must not look like one that succeeded.
process.exitCode = 1;

const argv = process.argv.slice(2);
const answer = answerAtOnce();
if (answer === undefined) void answerTheLongWay();
else if (answer.renewal !== undefined) void beginRenewal(answer.renewal);

/** Prints a cached answer, if there is one. */
function answerAtOnce(): CachedAnswer | undefined {
  let found: CachedAnswer | undefined;
  try {
    const { env, platform } = process;
    found = cachedAnswer(argv, { env, platform, user: process.geteuid?.(), now: Date.now() });
  } catch {
    // The long way finds out what it was.
  }
  if (found === undefined) return undefined;
  try {
    writeOut(1, `${found.line}\n`);
    process.exitCode = 0;
  } catch {
    // Nobody reads: the exit status stays 1.
  }
  return found;
}

/** The answer is given: what goes wrong with its successor is for a later call to tell. */
async function beginRenewal(need: RenewalNeed): Promise<void> {
  try {
    const { beginRenewal: begin } = await import('./begin-renewal.ts');
    await begin(need);
  } catch {
    // As said.
  }
  process.exit();
}

async function answerTheLongWay(): Promise<void> {
  const giveUp = () => {
    writeOut(
      2,
      'A bug in sso-cred. Run: the same command with --explain, and report what it says\n',
    );
    process.exit(1);
  };
  process.on('uncaughtException', giveUp);
  process.on('unhandledRejection', giveUp);
  // The SDK speaks of Node versions on stderr, where success must be silent; and so do others of what
  // they deprecate. Not by a variable: what `exec` runs has the caller's environment.
  process.removeAllListeners('warning');
  const [{ run }, { realWorld }] = await Promise.all([
    import('./cli.ts'),
    import('./real-world.ts'),
  ]);
  // Not by exitCode alone: in an executable a read of the terminal, once begun, ends with a line
  // only, and would keep the process alive. All output has been written by then.
  process.exit(await run(argv, realWorld()));
}
