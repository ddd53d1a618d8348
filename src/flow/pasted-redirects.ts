import { type Callback, readCallback } from '../model/callback.ts';

/** The path of our redirect; Identity Center takes no other. */
export const callbackPath = '/oauth/callback';

/** A redirect that the person brings by hand. */
export interface PastedRedirect {
  readonly callback: Callback;
  /** The query as it was pasted, without its question mark. */
  readonly query: string;
}

/** Those of the lines that are redirects of the sign-in with this state; the others are nothing to us. */
export async function* pastedRedirects(
  lines: AsyncIterable<string>,
  state: string,
): AsyncGenerator<PastedRedirect> {
  for await (const line of lines) {
    if (!URL.canParse(line.trim())) continue;
    const { pathname, searchParams, search } = new URL(line.trim());
    if (pathname !== callbackPath) continue;
    const callback = readCallback(searchParams, (given) => given === state);
    if (callback !== undefined) yield { callback, query: search.slice(1) };
  }
}
