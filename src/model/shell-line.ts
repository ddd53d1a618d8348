/**
 * The words of a command line that is being typed in a POSIX shell, quotes and backslashes taken away,
 * nothing expanded. The last one is the word at the cursor; it is empty behind a blank.
 */
export function shellWords(line: string): readonly [string, ...string[]] {
  const words: string[] = [];
  let word = '';
  let isInWord = false;
  let quote: string | undefined;
  for (let at = 0; at < line.length; at += 1) {
    const sign = line[at] ?? '';
    if (quote === undefined && /\s/.test(sign)) {
      if (isInWord) words.push(word);
      word = '';
      isInWord = false;
      continue;
    }
    isInWord = true;
    if (sign === quote) quote = undefined;
    else if (quote === undefined && (sign === "'" || sign === '"')) quote = sign;
    else if (sign === '\\' && quote !== "'") {
      at += 1;
      word += line[at] ?? '';
    } else word += sign;
  }
  const [first = word, ...rest] = [...words, word];
  return [first, ...rest];
}
