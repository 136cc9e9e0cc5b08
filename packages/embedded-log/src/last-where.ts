/** The place of the last element that holds, where those that hold come first; -1 for none. */
export function lastWhere<T>(list: readonly T[], holds: (element: T) => boolean): number {
  let low = -1;
  let high = list.length - 1;
  while (low < high) {
    const middle = (low + high + 1) >> 1;
    if (holds(list[middle]!)) low = middle;
    else high = middle - 1;
  }
  return low;
}
