/** Runs one check and prints its line; it is passed unless `run` throws. Gives what `run` gives, if it did. */
export type Check = <T>(name: string, run: () => Promise<T>) => Promise<T | undefined>;
