/** Merges sorted iterations into one, in the same order. */
export async function* mergeRows<R>(
  sources: readonly AsyncIterableIterator<R>[],
  compare: (a: R, b: R) => number,
): AsyncIterableIterator<R> {
  const heads: { row: R; readonly source: AsyncIterableIterator<R> }[] = [];
  try {
    for (const source of sources) {
      const first = await source.next();
      if (first.done !== true) heads.push({ row: first.value, source });
    }
    while (heads.length > 0) {
      let least = 0;
      for (let at = 1; at < heads.length; at++) {
        if (compare(heads[at]!.row, heads[least]!.row) < 0) least = at;
      }
      const head = heads[least]!;
      yield head.row;
      const next = await head.source.next();
      if (next.done === true) heads.splice(least, 1);
      else head.row = next.value;
    }
  } finally {
    // Left early: those that are not at their end give their iterators back.
    for (const { source } of heads) await source.return?.();
  }
}
