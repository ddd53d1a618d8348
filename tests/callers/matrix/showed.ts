/** Where those who use a caller find what we write to stderr. */
export type SentencePlace = 'error' | 'stderr' | 'nowhere';

/** How a failure of ours looks in a caller. */
export interface Failure {
  /** The error of the caller, without what is particular to one run. */
  readonly error: string;
  /** Where our sentence stands. */
  readonly sentence: SentencePlace;
  /** How often we were run for one call. */
  readonly runs: number;
}

/** What a caller showed. */
export interface Showed {
  /** How often we are run for one call. */
  readonly runs: number;
  /** How often for these calls of one client, by how many minutes the credentials are good for. */
  readonly near: {
    readonly calls: number;
    readonly runsAt12Min: number;
    readonly runsAt4Min: number;
  };
  /** How often by clients that begin at once, the session's token expired. */
  readonly together: { readonly clients: number; readonly runs: number };
  /** The session has ended. */
  readonly ended: Failure;
  /** A sign-in is open in the browser, and nobody finishes it. */
  readonly pending: Failure;
}

/** How long a caller waits for us. */
export interface Patience {
  /** When an answer would have come; seconds. */
  readonly triedS: number;
  /** Seconds until the caller had failed; null when it took the answer. */
  readonly givesUpAfterS: number | null;
  /** What it said then. */
  readonly error?: string;
}

/** What is kept of a caller. */
export interface Result extends Showed {
  readonly name: string;
  readonly version: string;
  /** YYYY-MM-DD. */
  readonly date: string;
  readonly patience: Patience;
}

/** By the id of the caller. */
export type Results = Readonly<Record<string, Result>>;

/** Where it is kept. */
export const resultsFile = 'tests/callers/results.json';
