/**
 * The name that was probably meant, for "did you mean": at most one typing error for every three
 * characters, and never more than three, case aside. The first of those that are equally near;
 * undefined when none is.
 */
export function nearestName(name: string, candidates: Iterable<string>): string | undefined {
  const wanted = name.toLowerCase();
  let limit = wanted.length < 2 ? 0 : Math.min(3, Math.max(1, Math.floor(wanted.length / 3)));
  let nearest: string | undefined;
  for (const candidate of candidates) {
    const distance = editDistance(wanted, candidate.toLowerCase(), limit);
    if (distance > limit) continue;
    if (distance === 0) return candidate;
    nearest = candidate;
    limit = distance - 1;
  }
  return nearest;
}

/**
 * How many insertions, deletions, replacements and swaps of neighbours make one of the other;
 * Infinity for more than limit. Branches at most four ways for each error that is still allowed, so
 * that a long list of long names costs little.
 */
function editDistance(one: string, other: string, limit: number): number {
  if (Math.abs(one.length - other.length) > limit) return Infinity;
  let same = 0;
  while (same < one.length && one[same] === other[same]) same += 1;
  const a = one.slice(same);
  const b = other.slice(same);
  if (a === '' || b === '') return a.length + b.length;
  if (limit === 0) return Infinity;
  const isSwapped = a[0] === b[1] && a[1] === b[0];
  return (
    1 +
    Math.min(
      editDistance(a.slice(1), b, limit - 1),
      editDistance(a, b.slice(1), limit - 1),
      editDistance(a.slice(1), b.slice(1), limit - 1),
      isSwapped ? editDistance(a.slice(2), b.slice(2), limit - 1) : Infinity,
    )
  );
}
