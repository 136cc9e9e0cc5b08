import type { Bytes } from '@millrace/log-client';
import { TimeHeap } from '../time-heap.ts';

/** The keys, as maps know them, that have entries of a time, each as it is written. */
export type KeysAtTime = ReadonlyMap<unknown, Bytes>;

/** Which entries have not been taken out as closed: keys by time, the earliest time first. */
export class OpenEntries {
  readonly #times = new TimeHeap();
  readonly #keys = new Map<number, Map<unknown, Bytes>>();

  get min(): number | undefined {
    return this.#times.min;
  }

  add(time: number, mapKey: unknown, writtenKey: Bytes): void {
    const keys = this.#keys.get(time);
    if (keys !== undefined) {
      keys.set(mapKey, writtenKey);
      return;
    }
    this.#keys.set(time, new Map([[mapKey, writtenKey]]));
    this.#times.push(time);
  }

  /** Takes out the times up to `until`, the earliest first. */
  takeUntil(until: number, take: (time: number, keys: KeysAtTime) => void): void {
    while (this.#times.isUpTo(until)) {
      const time = this.#times.pop();
      const keys = this.#keys.get(time)!;
      this.#keys.delete(time);
      take(time, keys);
    }
  }
}
