/** Times, the earliest first: a binary heap. */
export class TimeHeap {
  readonly #heap: number[] = [];

  /** The earliest; undefined where there is none. */
  get min(): number | undefined {
    return this.#heap[0];
  }

  /** Whether there is one that is not later. */
  isUpTo(until: number): boolean {
    return this.#heap.length > 0 && this.#heap[0]! <= until;
  }

  push(time: number): void {
    const heap = this.#heap;
    heap.push(time);
    for (let at = heap.length - 1; at > 0; ) {
      const parent = (at - 1) >> 1;
      if (heap[parent]! <= heap[at]!) break;
      [heap[parent], heap[at]] = [heap[at]!, heap[parent]!];
      at = parent;
    }
  }

  /** Takes the earliest out, which must be there. */
  pop(): number {
    const heap = this.#heap;
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
}
