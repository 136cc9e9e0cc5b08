import { noMapKey } from '../codec.ts';
import { type Bucket, entriesWeight } from './bucket.ts';

interface Segment {
  readonly buckets: Map<unknown, Bucket>;
  /** What the entries in its buckets weigh. */
  entries: number;
}

/** The buckets that are in memory, by segment and key. */
export class BucketMap {
  readonly #segments = new Map<number, Segment>();
  /** What was looked for last, and what was found: a record looks its window up and then sets it. */
  #segment = 0;
  #mapKey: unknown = noMapKey;
  #found: Bucket | undefined;

  get(segment: number, mapKey: unknown): Bucket | undefined {
    if (this.#segment === segment && this.#mapKey === mapKey) return this.#found;
    const found = this.#segments.get(segment)?.buckets.get(mapKey);
    this.#segment = segment;
    this.#mapKey = mapKey;
    this.#found = found;
    return found;
  }

  add(bucket: Bucket): void {
    this.#segment = bucket.segment;
    this.#mapKey = bucket.mapKey;
    this.#found = bucket;
    let segment = this.#segments.get(bucket.segment);
    if (segment === undefined) {
      segment = { buckets: new Map(), entries: 0 };
      this.#segments.set(bucket.segment, segment);
    }
    segment.buckets.set(bucket.mapKey, bucket);
    segment.entries += entriesWeight(bucket.entries);
  }

  /** The entries of a bucket weigh so much more now. */
  grow({ segment }: Bucket, weight: number): void {
    const found = this.#segments.get(segment);
    if (found !== undefined) found.entries += weight;
  }

  #forget(): void {
    this.#mapKey = noMapKey;
    this.#found = undefined;
  }

  /** What all buckets weigh, with their entries. */
  get weight(): number {
    let weight = 0;
    for (const { buckets, entries } of this.#segments.values()) weight += buckets.size + entries;
    return weight;
  }

  /** Drops all segments before this one; `gone` is called with each of their buckets. */
  dropBelow(first: number, gone: (bucket: Bucket) => void): void {
    this.#forget();
    for (const [segment, { buckets }] of this.#segments) {
      if (segment >= first) continue;
      this.#segments.delete(segment);
      for (const bucket of buckets.values()) gone(bucket);
    }
  }

  /** Drops buckets that the bytes store has, as they came, until the rest weighs `keep`. */
  evict(keep: number): void {
    this.#forget();
    let surplus = this.weight - keep;
    for (const segment of this.#segments.values()) {
      for (const [mapKey, bucket] of segment.buckets) {
        if (surplus <= 0) return;
        if (bucket.unflushed) continue;
        segment.buckets.delete(mapKey);
        const entries = entriesWeight(bucket.entries);
        segment.entries -= entries;
        surplus -= 1 + entries;
      }
    }
  }
}
