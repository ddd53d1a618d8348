/** A program that opens a URL: its words, with the URL put in. */
export type BrowserCommand = readonly [program: string, ...words: string[]];

/** Programs that show nobody a page, or show it in a terminal that belongs to somebody else. */
const notBrowsers = new Set([
  'none',
  'true',
  'false',
  'echo',
  ':',
  'w3m',
  'lynx',
  'links',
  'links2',
  'elinks',
  'www-browser',
  'browsh',
]);

/** A colon between two commands: not that of a scheme, nor that of C:\ or C:/. */
const listColon = /:(?!\/\/)(?<!(?:^|[\s"'=:])[A-Za-z]:(?=[\\/]))/;

/**
 * The commands that BROWSER names, in the order to try: separated by `:`, each of words, `%s` for
 * the URL (else it comes last), as xdg-open has it. Split without a shell: a URL never meets one.
 */
export function browserCommands(value: string): readonly string[] {
  return value
    .split(listColon)
    .map((command) => command.trim())
    .filter((command) => command !== '' && !isNoBrowser(command));
}

function isNoBrowser(command: string): boolean {
  const [program = ''] = splitWords(command);
  return notBrowsers.has(program.split(/[\\/]/).at(-1) ?? '');
}

const placeOfUrl = /%s|\{url\}/;

/** A command's words with the URL in place of `%s` or `{url}`, else at the end. */
export function withUrl(command: string, url: string): BrowserCommand | undefined {
  const words = splitWords(command);
  const [program, ...rest] = words;
  if (program === undefined) return undefined;
  const isPlaced = rest.some((word) => placeOfUrl.test(word));
  // Joined, not replaced: nothing in the URL may be taken for a place or a pattern.
  const placed = rest.map((word) => word.split(placeOfUrl).join(url));
  return [program, ...placed, ...(isPlaced ? [] : [url])];
}

/** Words as a POSIX shell would split them, with both kinds of quotes, and nothing expanded. */
function splitWords(command: string): readonly string[] {
  const words = command.match(/(?:[^\s"']|"[^"]*"|'[^']*')+/g) ?? [];
  return words.map((word) => word.replace(/"([^"]*)"|'([^']*)'/g, '$1$2'));
}
