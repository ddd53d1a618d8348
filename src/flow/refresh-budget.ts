/**
 * What a refresh is given at least, whatever is left of the call's time: a token that is spent is
 * worth waiting for, or its successor may be lost. Milliseconds.
 */
export const minRefreshBudgetMs = 10_000;
