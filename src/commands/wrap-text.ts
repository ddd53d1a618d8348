/**
 * A text in lines of at most that many columns, each but the first begun by blanks; words that are
 * longer stay whole, so that they can be copied. In one line where nobody looks (undefined).
 */
export function wrapText(text: string, indent: number, columns: number | undefined): string {
  if (columns === undefined) return text;
  const room = Math.max(20, columns - indent);
  const lines: string[] = [];
  let line = '';
  for (const word of text.split(' ')) {
    const longer = line === '' ? word : `${line} ${word}`;
    if (longer.length <= room || line === '') line = longer;
    else {
      lines.push(line);
      line = word;
    }
  }
  lines.push(line);
  return lines.join(`\n${' '.repeat(indent)}`);
}
