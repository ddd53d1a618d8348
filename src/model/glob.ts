/**
 * Whether a text is of a pattern, in which `*` stands for any characters and `?` for one; case does
 * not count. Takes time in proportion to both lengths at worst.
 */
export function matchesGlob(pattern: string, text: string): boolean {
  const wanted = [...pattern.toLowerCase()];
  const given = [...text.toLowerCase()];
  let at = 0;
  let starAt = -1;
  let resumeAt = 0;
  for (let index = 0; index < given.length; ) {
    if (wanted[at] === '*') {
      starAt = at;
      resumeAt = index;
      at += 1;
    } else if (at < wanted.length && (wanted[at] === '?' || wanted[at] === given[index])) {
      at += 1;
      index += 1;
    } else if (starAt === -1) {
      return false;
    } else {
      // What the last star stands for is one longer.
      resumeAt += 1;
      index = resumeAt;
      at = starAt + 1;
    }
  }
  return wanted.slice(at).every((character) => character === '*');
}
