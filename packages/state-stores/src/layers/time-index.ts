import { TimeHeap } from './time-heap.ts';

/** Items by time, the earliest first: a binary heap of times over a set of items for each. */
export class TimeIndex<T> {
  readonly #byTime = new Map<number, Set<T>>();
  readonly #times = new TimeHeap();

  /** The earliest time; what was there may have been deleted since. */
  get min(): number | undefined {
    return this.#times.min;
  }

  add(time: number, item: T): void {
    let items = this.#byTime.get(time);
    if (items === undefined) {
      items = new Set();
      this.#byTime.set(time, items);
      this.#times.push(time);
    }
    items.add(item);
  }

  /** Takes an item out; its time may stay behind with nothing in it. */
  delete(time: number, item: T): void {
    this.#byTime.get(time)?.delete(item);
  }

  /** The items of the earliest time that has any. */
  first(): ReadonlySet<T> | undefined {
    while (this.#times.min !== undefined) {
      const items = this.#byTime.get(this.#times.min)!;
      if (items.size > 0) return items;
      this.#byTime.delete(this.#times.pop());
    }
    return undefined;
  }

  /** Visits the times up to `until`, the earliest first; what `visit` does not delete stays. */
  visitUntil(until: number, visit: (time: number, items: ReadonlySet<T>) => void): void {
    const kept: number[] = [];
    while (this.#times.isUpTo(until)) {
      const time = this.#times.pop();
      const items = this.#byTime.get(time)!;
      visit(time, items);
      if (items.size > 0) kept.push(time);
      else this.#byTime.delete(time);
    }
    for (const time of kept) this.#times.push(time);
  }
}
