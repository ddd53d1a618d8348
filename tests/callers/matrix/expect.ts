import type { StandIn } from '../../stand-in/stand-in.ts';
import type { OperationName } from '../../stand-in/wire.ts';
import type { Outcome, Seen } from './run-caller.ts';
import type { SentencePlace } from './showed.ts';

const roleOfDev = /^arn:aws:sts::111122223333:assumed-role\/AWSReservedSSO_Developer_\w+\/\S+$/;

/** Throws unless all outcomes are this ARN; that of the profile dev by default. */
export function expectArns(outcomes: readonly Outcome[], expected = roleOfDev): void {
  const wrong = outcomes.find(({ arn = '' }) => !expected.test(arn));
  if (wrong !== undefined) throw new Error(`got ${JSON.stringify(wrong)}`);
}

/** Throws unless the stand-in has had these calls, each of them correct; who asks who it is does not count. */
export function expectCalls(
  standIn: StandIn,
  expected: Readonly<Partial<Record<OperationName, number>>>,
): void {
  const counts: Partial<Record<OperationName, number>> = {};
  for (const { operation } of standIn.calls()) {
    if (operation !== 'GetCallerIdentity') counts[operation] = (counts[operation] ?? 0) + 1;
  }
  const show = (calls: typeof expected) =>
    Object.entries(calls)
      .map(([operation, count]) => `${operation} × ${count}`)
      .sort()
      .join(', ') || 'nothing';
  if (show(counts) !== show(expected)) {
    throw new Error(`called ${show(counts)} instead of ${show(expected)}`);
  }
  const [violation] = standIn.violations();
  if (violation !== undefined) throw new Error(`no correct client sends this: ${violation}`);
}

/** Where a sentence stands in what a caller showed. Throws where the caller did not fail. */
export function findSentence({ outcomes, stderr }: Seen, sentence: string): SentencePlace {
  const [outcome] = outcomes;
  if (outcome?.error === undefined) throw new Error(`no error but ${JSON.stringify(outcome)}`);
  if (outcome.error.includes(sentence)) return 'error';
  return stderr.includes(sentence) ? 'stderr' : 'nowhere';
}
