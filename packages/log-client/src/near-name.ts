/** `. Did you mean "..."?`, for the end of an error's message; empty where no name is nearly this one. */
export function didYouMean(name: string, names: Iterable<string>): string {
  const near = [...names]
    .map((one) => ({ one, edits: editsBetween(name.toLowerCase(), one.toLowerCase()) }))
    .filter(({ one, edits }) => edits <= Math.min(2, Math.floor(Math.min(name.length, one.length) / 2)))
    .toSorted((a, b) => a.edits - b.edits);
  return near[0] === undefined ? '' : `. Did you mean "${near[0].one}"?`;
}

/** How many letters have to be put in, taken out or changed to make one text of the other (Levenshtein). */
function editsBetween(from: string, to: string): number {
  let row = Array.from({ length: to.length + 1 }, (_, n) => n);
  for (let i = 1; i <= from.length; i++) {
    const next = [i];
    for (let j = 1; j <= to.length; j++) {
      const changed = row[j - 1]! + (from[i - 1] === to[j - 1] ? 0 : 1);
      next.push(Math.min(changed, row[j]! + 1, next[j - 1]! + 1));
    }
    row = next;
  }
  return row[to.length]!;
}
