import stringWidth from 'string-width';

/** What a table is made of; cells are one line each. */
interface Table {
  readonly heading: readonly string[];
  readonly rows: readonly (readonly string[])[];
  readonly whenEmpty: string;
  /** How wide the terminal is; undefined where nobody looks, and nothing need be cut. */
  readonly columns?: number | undefined;
}

/** No column is cut to less, unless there is no room at all. */
const minWidth = 12;
const gap = 2;

/**
 * Rows under a heading, in columns as wide as they need to be, or as the terminal allows; the last
 * column is not padded.
 */
export function textTable({ heading, rows, whenEmpty, columns }: Table): string {
  if (rows.length === 0) return `${whenEmpty}\n`;
  const all = [heading, ...rows];
  const natural = heading.map((_, column) =>
    all.reduce((widest, row) => Math.max(widest, stringWidth(row[column] ?? '')), 0),
  );
  const widths = columns === undefined ? natural : fitted(natural, columns);
  return all.map((row) => `${formatRow(row, widths)}\n`).join('');
}

/** The widest columns give way first. */
function fitted(natural: readonly number[], columns: number): readonly number[] {
  const widths = [...natural];
  const excess = () => widths.reduce((sum, width) => sum + width + gap, -gap) - columns;
  while (excess() > 0) {
    const widest = Math.max(...widths);
    if (widest <= minWidth) break;
    widths[widths.indexOf(widest)] = widest - 1;
  }
  return widths;
}

function formatRow(row: readonly string[], widths: readonly number[]): string {
  return row
    .map((cell, column) => {
      const width = widths[column] ?? 0;
      const cut = cutToWidth(cell, width);
      return column === row.length - 1 ? cut : cut + ' '.repeat(width - stringWidth(cut));
    })
    .join(' '.repeat(gap));
}

/** A text that takes no more columns than that, with `…` for what is left out. */
export function cutToWidth(text: string, width: number): string {
  if (stringWidth(text) <= width) return text;
  let cut = '';
  for (const { segment } of new Intl.Segmenter().segment(text)) {
    if (stringWidth(cut + segment) > width - 1) break;
    cut += segment;
  }
  return `${cut.trimEnd()}…`;
}
