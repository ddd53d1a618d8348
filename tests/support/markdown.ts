import { readdirSync, readFileSync } from 'node:fs';

/** The pages that people read, by their paths from the top of the repository. */
export const pages: readonly string[] = [
  ...readdirSync('.'),
  ...readdirSync('docs').map((file) => `docs/${file}`),
].filter((file) => file.endsWith('.md'));

/** A page's text, with `\n` at the ends of its lines. */
export function readPage(path: string): string {
  return readFileSync(path, 'utf8').replaceAll('\r\n', '\n');
}

/** A block between fences. */
export interface CodeBlock {
  readonly language: string;
  readonly text: string;
  /** Of the opening fence, from 1. */
  readonly line: number;
}

/** The blocks between fences, in their order. */
export function codeBlocks(page: string): readonly CodeBlock[] {
  return [...page.matchAll(/^ *```(\w*)\n([\s\S]*?)^ *```$/gm)].map(
    ({ 1: language = '', 2: text = '', index }) => ({
      language,
      text,
      line: page.slice(0, index).split('\n').length,
    }),
  );
}

/** The page without what stands between fences; lines stay where they were. */
export function proseOf(page: string): string {
  return page.replace(/^ *```[\s\S]*?^ *```$/gm, (block) => block.replace(/[^\n]/g, ''));
}

interface MarkdownTable {
  /** The last line with text before it. */
  readonly above: string;
  readonly heading: readonly string[];
  readonly rows: readonly (readonly string[])[];
}

/** The tables of a page. */
export function markdownTables(page: string): readonly MarkdownTable[] {
  const prose = proseOf(page);
  return [...prose.matchAll(/^\|.*\n\|[-|: ]+\n(?:\|.*\n?)*/gm)].map((match) => {
    const [heading = [], , ...rows] = match[0].trimEnd().split('\n').map(cellsOf);
    return { above: prose.slice(0, match.index).trimEnd().split('\n').at(-1) ?? '', heading, rows };
  });
}

function cellsOf(line: string): readonly string[] {
  return line.replace(/^\| *| *\|$/g, '').split(/ *(?<!\\)\| */);
}

/** What can be linked to within a page: the headings, as GitHub names them. */
export function anchorsOf(page: string): readonly string[] {
  const seen = new Map<string, number>();
  return [...proseOf(page).matchAll(/^#{1,6} +(.+?) *$/gm)].map(([, title = '']) => {
    const anchor = title
      .replace(/\[([^\]]*)\]\([^)]*\)/g, '$1')
      .toLowerCase()
      .replace(/[^\p{L}\p{N}\p{M}_ -]/gu, '')
      .replaceAll(' ', '-');
    const count = seen.get(anchor) ?? 0;
    seen.set(anchor, count + 1);
    return count === 0 ? anchor : `${anchor}-${count}`;
  });
}
