/** How much a finding matters. error: something fails. warning: for some, or some day. note: nothing is wrong. */
export type Severity = 'error' | 'warning' | 'note';

/** What was looked at, in the order in which it is told. */
export type CheckName =
  | 'program'
  | 'environment'
  | 'config'
  | 'profiles'
  | 'sessions'
  | 'network'
  | 'storage'
  | 'history';

/** Who suffers from a finding, and how. */
export interface Affected {
  /** Names of SDKs, or `sso-cred`. */
  readonly who: string;
  /** After the names. */
  readonly how: string;
}

/** What mends a finding without a doubt. */
export type Fix =
  | { readonly kind: 'set-mode'; readonly path: string; readonly mode: number }
  | { readonly kind: 'remove-file'; readonly path: string }
  /** Of a lock, by the file of the hold that was found. */
  | { readonly kind: 'end-hold'; readonly path: string; readonly file: string };

/** Something that was found: what is wrong and where, who suffers, what to do. No secret in any of it. */
export interface Finding {
  /** Names what is wrong, for programs. */
  readonly code: string;
  readonly severity: Severity;
  /** A sentence without its stop. */
  readonly message: string;
  /** Where it is: an absolute path, with a line if it is in a config file. */
  readonly file?: string;
  /** From 1. */
  readonly line?: number;
  readonly affected?: readonly Affected[];
  /** What to do, a sentence without its stop. */
  readonly advice?: string;
  /** What to type. */
  readonly command?: string;
  readonly fix?: Fix;
}

/** What one check came to. */
export interface CheckResult {
  readonly check: CheckName;
  /** What was looked at, in a few words. */
  readonly looked: string;
  readonly findings: readonly Finding[];
}

/** Whether something is wrong; notes are not. */
export function isWrong({ severity }: Pick<Finding, 'severity'>): boolean {
  return severity !== 'note';
}
