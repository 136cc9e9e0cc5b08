import type { Bytes, LogRecord, ProducerRecord } from '@millrace/log-client';
import type { BytesChange, Checkpoint } from '../../bytes-store.ts';
import { overlay } from '../merge.ts';
import { TimeIndex } from '../time-index.ts';
import { WriteBack } from '../write-back.ts';
import { type KeyCodec, keyCodec, type ValueCodec, valueCodec } from '../codec.ts';
import { bucketKey, decodeBucket, encodeBucket, keyOfBucket, segmentPrefix } from './layout.ts';
import type { CommonSpec } from '../../kinds/common-spec.ts';
import type { ViewOptions } from '../view-options.ts';
import { BackedView } from '../backed-view.ts';
import { type Bucket, dropEntry, type Entry, type KeyedEntry, visitChanged } from './bucket.ts';

interface OpenKey {
  readonly mapKey: unknown;
  readonly keyBytes: Uint8Array;
}

const minSegmentMs = 60_000;

/** As Kafka Streams' window stores: half the retention, a minute at least. */
export function segmentInterval(retentionMs: number): number {
  return Math.max(Math.floor(retentionMs / 2), minSegmentMs);
}

interface SegmentedSpec<K, V> extends CommonSpec<K, V> {
  readonly retentionMs: number;
  readonly indexedByTime?: boolean;
}

/** Values by key and time, in buckets of one key and one segment of time. Segments expire as a whole. */
export abstract class SegmentedView<K, V> extends BackedView<Bucket> {
  streamTime = -1;
  protected readonly keys: KeyCodec<K>;
  protected readonly values: ValueCodec<V>;
  protected readonly writeBack: WriteBack<Bucket>;
  readonly #retentionMs: number;
  readonly #segmentMs: number;
  readonly #segments = new Map<number, Map<unknown, Bucket>>();
  /** Segments below this one have expired; on disk they go after the next commit. */
  #firstSegment = 0;
  #clearedBelow = 0;
  /** No segment after this one has ever been written to the bytes store. */
  #lastStoredSegment: number;
  #clearing: void | Promise<void> = undefined;
  #lastBucket: Bucket | undefined;
  /** What has not been taken out as closed yet, where someone asks for that. */
  readonly #open: TimeIndex<OpenKey> | undefined;

  constructor(spec: SegmentedSpec<K, V>, options: ViewOptions) {
    const { backing } = options;
    super(spec.name, backing);
    // What never expires has a retention that no time reaches.
    this.#retentionMs = Math.min(spec.retentionMs, Number.MAX_SAFE_INTEGER);
    this.#segmentMs = segmentInterval(this.#retentionMs);
    this.keys = keyCodec(spec);
    this.values = valueCodec(spec);
    this.#open = spec.indexedByTime === true ? new TimeIndex() : undefined;
    this.writeBack = new WriteBack({
      ...options,
      encode: (bucket) => this.#encode(bucket),
      evict: (keep) => this.#evict(keep),
      size: () => this.#size(),
    });
    const storedTime = backing.checkpoint?.streamTime ?? -1;
    const unknown = !backing.openedEmpty && backing.checkpoint === undefined;
    this.#lastStoredSegment = unknown ? Number.POSITIVE_INFINITY : Math.floor(storedTime / this.#segmentMs);
    this.observe(storedTime);
  }

  load(): void | Promise<void> {
    if (this.#open !== undefined && !this.backing.openedEmpty) return this.#loadOpen(this.#open);
  }

  async #loadOpen(open: TimeIndex<OpenKey>): Promise<void> {
    for await (const [key, bytes] of this.backing.iterate({})) {
      const keyBytes = keyOfBucket(key);
      const mapKey = this.keys.mapKey(this.keys.read(keyBytes));
      for (const { time } of this.#decode(bytes, keyBytes)) open.add(time, { mapKey, keyBytes });
    }
  }

  /** What is older cannot be read, though its segment may still be there. */
  protected get earliest(): number {
    // Windows that are sent when they close stay readable a millisecond longer, as in Kafka Streams.
    return this.streamTime - this.#retentionMs + (this.#open === undefined ? 1 : 0);
  }

  /** Where scans begin: what is older is there no more, or hidden. */
  protected get firstReadable(): number {
    return this.earliest;
  }

  protected segmentOf(time: number): number {
    return Math.floor(time / this.#segmentMs);
  }

  protected hasExpired(segment: number): boolean {
    return segment < this.#firstSegment;
  }

  protected observe(time: number): void {
    if (time <= this.streamTime) return;
    this.streamTime = time;
    this.#expire();
  }

  /** The beginning of what is still kept. */
  protected get firstKept(): number {
    return this.#open === undefined ? this.#firstSegment * this.#segmentMs : this.earliest;
  }

  /** Forgets segments past their retention, unless something in them still has to be taken out as closed. */
  #expire(): void {
    const expired = this.streamTime - this.#retentionMs;
    const first = this.segmentOf(Math.min(expired, this.#open?.min ?? expired));
    if (first <= this.#firstSegment) return;
    this.#firstSegment = first;
    this.#lastBucket = undefined;
    for (const segment of this.#segments.keys()) if (segment < first) this.#segments.delete(segment);
  }

  protected bucket(segment: number, key: K): Bucket {
    const mapKey = this.keys.mapKey(key);
    const last = this.#lastBucket;
    // A record looks its window up and then sets it: the second time the bucket is at hand.
    if (last !== undefined && last.segment === segment && last.mapKey === mapKey) return last;
    const found = this.#segments.get(segment)?.get(mapKey);
    this.#lastBucket = found;
    if (found !== undefined) return found;
    const before = this.#segments.get(segment - 1)?.get(mapKey);
    return this.#readBucket(segment, mapKey, before?.keyBytes ?? this.keys.serde.serialize(key));
  }

  #readBucket(segment: number, mapKey: unknown, keyBytes: Uint8Array): Bucket {
    const stored = segment >= this.#firstSegment && segment <= this.#lastStoredSegment;
    const bytes = stored ? this.backing.get(bucketKey(segment, keyBytes)) : undefined;
    const entries = bytes === undefined ? [] : this.#decode(bytes, keyBytes);
    const bucket: Bucket = {
      segment,
      mapKey,
      keyBytes,
      entries,
      removed: undefined,
      uncommitted: false,
      unflushed: false,
    };
    let buckets = this.#segments.get(segment);
    if (buckets === undefined) {
      buckets = new Map();
      this.#segments.set(segment, buckets);
    }
    buckets.set(mapKey, bucket);
    this.#lastBucket = bucket;
    return bucket;
  }

  /** Sets the value of an entry that is in the bucket, or is put into it now. */
  protected setEntry(bucket: Bucket, entry: Entry, value: V): void {
    this.#keep(bucket, entry, this.values.keep(value));
    if (entry.state === 'logged') entry.state = 'changed';
    this.writeBack.changed(bucket);
  }

  #keep(bucket: Bucket, entry: Entry, kept: unknown): void {
    if (this.#open !== undefined && entry.kept === undefined) {
      this.#open.add(entry.time, { mapKey: bucket.mapKey, keyBytes: bucket.keyBytes });
    }
    entry.kept = kept;
  }

  /** Takes an entry out of its bucket; what the changelog never had it need not hear of. */
  protected removeEntry(bucket: Bucket, entry: Entry): void {
    dropEntry(bucket, entry);
    if (entry.state !== 'new') {
      bucket.removed ??= [];
      bucket.removed.push(entry);
    }
    this.writeBack.changed(bucket);
  }

  /**
   * Takes out, as closed, all entries with times up to `until` that have not been taken out before: by time, then as
   * `compare` has it. Only for stores that are indexed by time.
   */
  protected takeOpenUntil(until: number, compare: (a: KeyedEntry, b: KeyedEntry) => number): KeyedEntry[] {
    const found: KeyedEntry[] = [];
    if (this.#open === undefined || (this.#open.min ?? Number.POSITIVE_INFINITY) > until) return found;
    for (const { time, items } of this.#open.takeUntil(until)) {
      const segment = this.segmentOf(time);
      const seen = new Set<unknown>();
      for (const { mapKey, keyBytes } of items) {
        if (seen.has(mapKey)) continue;
        seen.add(mapKey);
        const bucket =
          this.#segments.get(segment)?.get(mapKey) ?? this.#readBucket(segment, mapKey, keyBytes);
        for (const entry of bucket.entries) {
          if (entry.time === time) found.push({ ...entry, keyBytes });
        }
      }
    }
    this.#expire();
    return found.sort((a, b) => a.time - b.time || compare(a, b));
  }

  #decode(bytes: Uint8Array, key: Uint8Array): Entry[] {
    return decodeBucket(bytes).map(({ time, second, value }) => ({
      time,
      second,
      kept: this.values.decode(value, key),
      state: 'logged',
    }));
  }

  #encode(bucket: Bucket): BytesChange {
    if (bucket.segment > this.#lastStoredSegment) this.#lastStoredSegment = bucket.segment;
    const { segment, keyBytes, entries } = bucket;
    const isGone = entries.length === 0 || segment < this.#firstSegment;
    return {
      key: bucketKey(segment, keyBytes),
      value: isGone ? undefined : encodeBucket(entries, this.#encodeEntry),
    };
  }

  readonly #encodeEntry = ({ kept }: Entry): Uint8Array => this.values.encode(kept);

  #size(): number {
    let size = 0;
    for (const buckets of this.#segments.values()) size += buckets.size;
    return size;
  }

  #evict(keep: number): void {
    this.#lastBucket = undefined;
    let surplus = this.#size() - keep;
    for (const buckets of this.#segments.values()) {
      for (const [mapKey, bucket] of buckets) {
        if (surplus <= 0) return;
        if (bucket.unflushed) continue;
        buckets.delete(mapKey);
        surplus--;
      }
    }
  }

  /** Entries of all keys with times from `from` to `to`, both inclusive, segment by segment, each sorted by time and `compare`. */
  protected async *scan(
    from: number,
    to: number,
    {
      reverse,
      compare,
    }: { readonly reverse: boolean; readonly compare: (a: KeyedEntry, b: KeyedEntry) => number },
  ): AsyncIterableIterator<KeyedEntry> {
    await this.writeBack.settle();
    const first = Math.max(from, this.firstReadable, 0);
    const last = Math.min(to, this.streamTime);
    const segments: number[] = [];
    for (let segment = this.segmentOf(first); segment <= this.segmentOf(last); segment++)
      segments.push(segment);
    for (const segment of reverse ? segments.reverse() : segments) {
      const entries = (await this.#segmentEntries(segment))
        .filter(({ time }) => time >= first && time <= last)
        .sort((a, b) => a.time - b.time || compare(a, b));
      yield* reverse ? entries.reverse() : entries;
    }
  }

  async #segmentEntries(segment: number): Promise<KeyedEntry[]> {
    const range = { from: segmentPrefix(segment), to: segmentPrefix(segment + 1) };
    const changes = this.writeBack.unflushed
      .filter((bucket) => bucket.segment === segment)
      .map((bucket) => this.#encode(bucket));
    const entries: KeyedEntry[] = [];
    for await (const [key, bytes] of overlay(this.backing.iterate(range), changes, range)) {
      const keyBytes = keyOfBucket(key);
      for (const entry of this.#decode(bytes, keyBytes)) entries.push({ ...entry, keyBytes });
    }
    return entries;
  }

  /** What became of the entries changed since the last commit, in the order in which their buckets first changed. */
  protected takeChangedEntries(
    toRecord: (bucket: Bucket, entry: Entry, place: number) => ProducerRecord,
  ): ProducerRecord[] {
    const records: ProducerRecord[] = [];
    const add = (bucket: Bucket, entry: Entry, place: number): void => {
      records.push(toRecord(bucket, entry, place));
    };
    for (const bucket of this.writeBack.takeUncommitted()) visitChanged(bucket, add);
    return records;
  }

  /** An entry's value for the changelog; null where it was deleted. */
  protected logValue({ kept }: Entry): Bytes | null {
    return kept === undefined ? null : this.values.log(kept);
  }

  /** Takes in what the changelog says of an entry; `find` gives it, in its place in its bucket. */
  protected restoreEntry(
    keyBytes: Uint8Array,
    time: number,
    value: LogRecord['value'],
    find: (bucket: Bucket) => Entry,
  ): void {
    this.observe(time);
    const segment = this.segmentOf(time);
    if (this.hasExpired(segment)) return;
    const bucket = this.bucket(segment, this.keys.read(keyBytes));
    const entry = find(bucket);
    entry.state = 'logged';
    if (value === null) dropEntry(bucket, entry);
    else this.#keep(bucket, entry, this.values.decode(value, keyBytes));
    this.writeBack.restored(bucket);
  }

  override committed(checkpoint: Checkpoint | undefined, now: number): void {
    super.committed(checkpoint, now);
    if (this.#clearedBelow >= this.#firstSegment || this.writeBack.hasUncommitted) return;
    // Not before the commit: a crash would find windows gone that the replayed records still belong to.
    this.#clearedBelow = this.#firstSegment;
    const cleared = this.backing.clear({ to: segmentPrefix(this.#firstSegment) });
    if (cleared === undefined) return;
    const earlier = this.#clearing;
    this.#clearing = cleared.catch((error: unknown) => this.writeBack.failed(error)).then(() => earlier);
  }

  override async flush(checkpoint: Checkpoint | undefined): Promise<void> {
    await this.#clearing;
    await super.flush(checkpoint);
  }

  override close(): void | Promise<void> {
    return this.#clearing instanceof Promise ? this.#clearing.then(() => super.close()) : super.close();
  }
}
