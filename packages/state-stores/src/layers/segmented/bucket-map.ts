import type { Bucket } from './bucket.ts';

/** The buckets that are in memory, by segment and key. */
export class BucketMap {
  readonly #segments = new Map<number, Map<unknown, Bucket>>();
  /** The one found last: a record looks its window up and then sets it. */
  #last: Bucket | undefined;

  get(segment: number, mapKey: unknown): Bucket | undefined {
    const last = this.#last;
    if (last !== undefined && last.segment === segment && last.mapKey === mapKey) return last;
    const found = this.#segments.get(segment)?.get(mapKey);
    if (found !== undefined) this.#last = found;
    return found;
  }

  add(bucket: Bucket): void {
    this.#last = bucket;
    const buckets = this.#segments.get(bucket.segment);
    if (buckets !== undefined) buckets.set(bucket.mapKey, bucket);
    else this.#segments.set(bucket.segment, new Map([[bucket.mapKey, bucket]]));
  }

  get size(): number {
    let size = 0;
    for (const buckets of this.#segments.values()) size += buckets.size;
    return size;
  }

  /** Drops all segments before this one. */
  dropBelow(first: number): void {
    this.#last = undefined;
    for (const segment of this.#segments.keys()) if (segment < first) this.#segments.delete(segment);
  }

  /** Drops buckets that the bytes store has, in the order in which they came, until `keep` are left. */
  evict(keep: number): void {
    this.#last = undefined;
    let surplus = this.size - keep;
    for (const buckets of this.#segments.values()) {
      for (const [mapKey, bucket] of buckets) {
        if (surplus <= 0) return;
        if (bucket.unflushed) continue;
        buckets.delete(mapKey);
        surplus--;
      }
    }
  }
}
