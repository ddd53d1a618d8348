import { runProcess } from '../../support/run-process.ts';
import type { Caller } from './caller.ts';

/** What one client of a caller got. */
export interface Outcome {
  readonly arn?: string;
  readonly error?: string;
}

/** What a caller showed. */
export interface Seen {
  readonly outcomes: readonly Outcome[];
  /** Of the program itself, which some callers let ours write to. */
  readonly stderr: string;
  readonly tookMs: number;
}

/** How a caller is to call. */
export interface Calling {
  readonly endpoint: string;
  readonly env: Readonly<Record<string, string>>;
  readonly profile?: string;
  readonly clients?: number;
  /** By each client, one after the other. */
  readonly calls?: number;
  readonly timeoutMs?: number;
}

/** Lets a caller call GetCallerIdentity, by one client, once, by the profile dev unless told otherwise. */
export async function runCaller(caller: Caller, calling: Calling): Promise<Seen> {
  const { clients = 1, calls = 1, profile = 'dev', endpoint } = calling;
  const startedAt = performance.now();
  const seen = caller.isCli
    ? await runCli(caller, calling)
    : readSeen(await start(caller, calling, [endpoint, profile, `${clients}`, `${calls}`]));
  if (seen.outcomes.length !== clients) {
    throw new Error(
      `${seen.outcomes.length} answers instead of ${clients}: ${seen.stderr.slice(-500)}`,
    );
  }
  return { ...seen, tookMs: performance.now() - startedAt };
}

/** A process is a client as well as a call there. */
async function runCli(caller: Caller, calling: Calling): Promise<Omit<Seen, 'tookMs'>> {
  const { clients = 1, calls = 1, profile = 'dev', endpoint } = calling;
  const words = ['sts', 'get-caller-identity', '--query', 'Arn', '--output', 'text'];
  const client = async (): Promise<Outcome> => {
    let arn = '';
    for (let call = 0; call < calls; call += 1) {
      const args = [...words, '--endpoint-url', endpoint, '--profile', profile];
      const { exitStatus, stdout, stderr } = await start(caller, calling, args);
      if (exitStatus !== 0) return { error: stderr.trim() };
      arn = stdout.trim();
    }
    return { arn };
  };
  return { outcomes: await Promise.all(Array.from({ length: clients }, client)), stderr: '' };
}

function start(caller: Caller, { env, timeoutMs = 120_000 }: Calling, words: readonly string[]) {
  const [program = '', ...args] = caller.command;
  return runProcess(program, [...args, ...words], { env, timeoutMs });
}

function readSeen({ stdout, stderr }: { readonly stdout: string; readonly stderr: string }) {
  const outcomes = stdout
    .split('\n')
    .filter((line) => line !== '')
    .map((line): Outcome => {
      const [, word, text = ''] = /^(ok|error) (.*)$/.exec(line) ?? [];
      if (word === undefined) throw new Error(`printed: ${line}`);
      return word === 'ok' ? { arn: text } : { error: text };
    });
  return { outcomes, stderr: stderr.trim() };
}
