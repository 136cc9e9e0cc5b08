import type { Bucket } from './bucket.ts';

/** No key is this one. */
const noKey = {};

/** The buckets that are in memory, by segment and key. */
export class BucketMap {
  readonly #segments = new Map<number, Map<unknown, Bucket>>();
  /** What was looked for last, and what was found: a record looks its window up and then sets it. */
  #segment = 0;
  #mapKey: unknown = noKey;
  #found: Bucket | undefined;

  get(segment: number, mapKey: unknown): Bucket | undefined {
    if (this.#segment === segment && this.#mapKey === mapKey) return this.#found;
    const found = this.#segments.get(segment)?.get(mapKey);
    this.#segment = segment;
    this.#mapKey = mapKey;
    this.#found = found;
    return found;
  }

  add(bucket: Bucket): void {
    this.#segment = bucket.segment;
    this.#mapKey = bucket.mapKey;
    this.#found = bucket;
    const buckets = this.#segments.get(bucket.segment);
    if (buckets !== undefined) buckets.set(bucket.mapKey, bucket);
    else this.#segments.set(bucket.segment, new Map([[bucket.mapKey, bucket]]));
  }

  #forget(): void {
    this.#mapKey = noKey;
    this.#found = undefined;
  }

  get size(): number {
    let size = 0;
    for (const buckets of this.#segments.values()) size += buckets.size;
    return size;
  }

  /** Drops all segments before this one. */
  dropBelow(first: number): void {
    this.#forget();
    for (const segment of this.#segments.keys()) if (segment < first) this.#segments.delete(segment);
  }

  /** Drops buckets that the bytes store has, in the order in which they came, until `keep` are left. */
  evict(keep: number): void {
    this.#forget();
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
