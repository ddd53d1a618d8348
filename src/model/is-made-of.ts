/**
 * Whether each UTF-16 unit of a text is one of those allowed. On the path of a cached answer in place of
 * a regular expression: a process pays for its first one as much as for reading a file.
 */
export function isMadeOf(text: string, allowed: string): boolean {
  for (let index = 0; index < text.length; index += 1) {
    if (!allowed.includes(text.charAt(index))) return false;
  }
  return true;
}
