/** Items by time, the earliest first: a binary heap of times over a set of items for each. */
export class TimeIndex<T> {
  readonly #byTime = new Map<number, Set<T>>();
  readonly #times: number[] = [];

  /** The earliest time; what was there may have been deleted since. */
  get min(): number | undefined {
    return this.#times[0];
  }

  add(time: number, item: T): void {
    let items = this.#byTime.get(time);
    if (items === undefined) {
      items = new Set();
      this.#byTime.set(time, items);
      push(this.#times, time);
    }
    items.add(item);
  }

  /** Takes an item out; its time may stay behind with nothing in it. */
  delete(time: number, item: T): void {
    this.#byTime.get(time)?.delete(item);
  }

  /** The items of the earliest time that has any. */
  first(): ReadonlySet<T> | undefined {
    while (this.#times.length > 0) {
      const items = this.#byTime.get(this.#times[0]!)!;
      if (items.size > 0) return items;
      this.#byTime.delete(popSmallest(this.#times));
    }
    return undefined;
  }

  /** Visits the times up to `until`, the earliest first; what `visit` does not delete stays. */
  visitUntil(until: number, visit: (time: number, items: ReadonlySet<T>) => void): void {
    const kept: number[] = [];
    while (this.#times.length > 0 && this.#times[0]! <= until) {
      const time = popSmallest(this.#times);
      const items = this.#byTime.get(time)!;
      visit(time, items);
      if (items.size > 0) kept.push(time);
      else this.#byTime.delete(time);
    }
    for (const time of kept) push(this.#times, time);
  }

  /** Takes the times up to `until` out with their items, the earliest first. */
  takeUntil(until: number): { readonly time: number; readonly items: ReadonlySet<T> }[] {
    const taken: { readonly time: number; readonly items: ReadonlySet<T> }[] = [];
    while (this.#times.length > 0 && this.#times[0]! <= until) {
      const time = popSmallest(this.#times);
      taken.push({ time, items: this.#byTime.get(time)! });
      this.#byTime.delete(time);
    }
    return taken;
  }
}

function push(heap: number[], time: number): void {
  heap.push(time);
  for (let at = heap.length - 1; at > 0; ) {
    const parent = (at - 1) >> 1;
    if (heap[parent]! <= heap[at]!) break;
    [heap[parent], heap[at]] = [heap[at]!, heap[parent]!];
    at = parent;
  }
}

function popSmallest(heap: number[]): number {
  const smallest = heap[0]!;
  const last = heap.pop()!;
  if (heap.length === 0) return smallest;
  heap[0] = last;
  for (let at = 0; ; ) {
    const left = 2 * at + 1;
    if (left >= heap.length) break;
    const child = left + 1 < heap.length && heap[left + 1]! < heap[left]! ? left + 1 : left;
    if (heap[at]! <= heap[child]!) break;
    [heap[child], heap[at]] = [heap[at]!, heap[child]!];
    at = child;
  }
  return smallest;
}
