/**
 * Text from a server or a file made fit for one line of a message: control characters and terminal
 * escapes become blanks, and it is cut where it gets long.
 */
export function cleanText(text: string, maxLength = 200): string {
  const oneLine = text
    // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is looked for
    .replace(/[\u0000-\u001f\u007f-\u009f\u2028\u2029\u202a-\u202e\u2066-\u2069]+/g, ' ')
    .trim();
  if (oneLine.length <= maxLength) return oneLine;
  // Not between the halves of a character.
  return `${oneLine.slice(0, maxLength - 1).replace(/[\ud800-\udbff]$/, '')}…`;
}
