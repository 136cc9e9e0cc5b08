import type { Bytes, LogRecord } from '@millrace/log-client';
import type { Checkpoint } from '../../bytes-store.ts';
import { largeGrowth, largeWeightOf, WriteBack } from '../write-back.ts';
import { type KeyCodec, keyCodec, type ValueCodec, valueCodec } from '../codec.ts';
import { BucketCodec } from './bucket-codec.ts';
import { keyOfBucket } from './layout.ts';
import type { CommonSpec } from '../../kinds/common-spec.ts';
import type { Isolation } from '../../kinds/store-queries.ts';
import type { ViewOptions } from '../view-options.ts';
import { BackedView } from '../backed-view.ts';
import { BucketMap } from './bucket-map.ts';
import { closedAt, type ClosedOrder } from './closed-entry.ts';
import { ExpiredSegments } from './expired-segments.ts';
import { OpenEntries } from './open-entries.ts';
import { RowHeaders } from './row-headers.ts';
import { type ScanOrder, scanSegments, type Span } from './scan.ts';
import { segmentInterval } from './segment-interval.ts';
import { StoredBuckets } from './stored-buckets.ts';
import {
  type Bucket,
  type BucketState,
  copyOf,
  dropEntry,
  type Entry,
  entryWeight,
  keyed,
  type KeyedEntry,
  type VisitEntry,
  visitChanged,
} from './bucket.ts';

interface SegmentedSpec<K, V> extends CommonSpec<K, V> {
  readonly retentionMs: number;
  readonly indexedByTime?: boolean;
  readonly keepsHeaders?: boolean;
}

const none: readonly Entry[] = [];

/** Values by key and time, in buckets of one key and one segment of time. Segments expire as a whole. */
export abstract class SegmentedView<K, V> extends BackedView<Bucket, BucketState> {
  streamTime = -1;
  protected readonly keys: KeyCodec<K>;
  protected readonly values: ValueCodec<V>;
  protected readonly writeBack: WriteBack<Bucket, BucketState>;
  readonly #codec: BucketCodec;
  readonly #stored: StoredBuckets;
  readonly #retentionMs: number;
  readonly #segmentMs: number;
  readonly #buckets = new BucketMap();
  /** Segments below this one have expired; on disk they go after the next commit. */
  #firstSegment = 0;
  readonly #expired: ExpiredSegments;
  /** The headers of rows, where the spec asks to keep them. */
  protected readonly headers: RowHeaders | undefined;
  /** What has not been taken out as closed yet, where someone asks for that. */
  readonly #open: OpenEntries | undefined;

  constructor(spec: SegmentedSpec<K, V>, options: ViewOptions) {
    const { backing } = options;
    super(spec.name, backing);
    // What never expires has a retention that no time reaches.
    this.#retentionMs = Math.min(spec.retentionMs, Number.MAX_SAFE_INTEGER);
    this.#segmentMs = segmentInterval(this.#retentionMs);
    this.keys = keyCodec(spec);
    this.values = valueCodec(spec);
    this.headers = spec.keepsHeaders === true ? new RowHeaders() : undefined;
    this.#codec = new BucketCodec(this.values, this.headers);
    this.#open = spec.indexedByTime === true ? new OpenEntries() : undefined;
    this.writeBack = new WriteBack({
      ...options,
      encode: (bucket) => this.#stored.encodeChange(bucket),
      evict: (keep) => this.#buckets.evict(keep),
      size: () => this.#buckets.weight,
      large: ({ entries }) => largeWeightOf(entries),
      copy: copyOf,
    });
    this.#expired = new ExpiredSegments(backing, (error) => this.writeBack.failed(error));
    this.#stored = new StoredBuckets(backing, this.#codec, (time) => this.segmentOf(time));
    this.streamTime = backing.checkpoint?.streamTime ?? -1;
    // With an index nothing may expire before it is loaded: it says what has not been taken out as closed.
    if (this.#open === undefined) this.#expire();
  }

  load(): void | Promise<void> {
    if (this.#open !== undefined && !this.backing.openedEmpty) return this.#loadOpen(this.#open);
  }

  async #loadOpen(open: OpenEntries): Promise<void> {
    for await (const [key, bytes] of this.backing.iterate({})) {
      const keyBytes = keyOfBucket(key);
      const read = this.keys.read(keyBytes);
      const mapKey = this.keys.mapKey(read);
      const written = this.keys.rewritten(read, keyBytes);
      for (const { time } of this.#codec.decode(bytes, keyBytes)) open.add(time, mapKey, written);
    }
    this.#expire();
  }

  /** What is older cannot be read, though its segment may still be there. */
  protected get earliest(): number {
    // Windows that are sent when they close stay readable a millisecond longer, as in Kafka Streams.
    return this.streamTime - this.#retentionMs + (this.#open === undefined ? 1 : 0);
  }

  /** Where scans begin: older entries are expired or hidden. */
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
    // What of them is on disk goes with the whole segment.
    this.#buckets.dropBelow(first, (bucket) => this.writeBack.gone(bucket));
  }

  /** The bucket to change; an empty one where there is none. */
  protected bucket(segment: number, key: K): Bucket {
    const mapKey = this.keys.mapKey(key);
    const found = this.#buckets.get(segment, mapKey);
    if (found !== undefined) return found;
    return this.#readBucket(segment, mapKey, this.keys.written(key));
  }

  /** What is in a bucket. Looking for one that has never been there leaves nothing behind. */
  protected entriesOf(segment: number, key: K): readonly Entry[] {
    const mapKey = this.keys.mapKey(key);
    const found = this.#buckets.get(segment, mapKey);
    if (found === undefined && !this.#mayBeStored(segment)) return none;
    return (found ?? this.#readBucket(segment, mapKey, this.keys.written(key))).entries;
  }

  #readBucket(segment: number, mapKey: unknown, writtenKey: Bytes): Bucket {
    const entries = this.#read(segment, writtenKey);
    const bucket: Bucket = {
      segment,
      mapKey,
      writtenKey,
      entries,
      isStored: entries.length > 0,
      removed: undefined,
      uncommitted: false,
      unflushed: false,
    };
    this.#buckets.add(bucket);
    return bucket;
  }

  #read(segment: number, key: Bytes): Entry[] {
    return this.hasExpired(segment) ? [] : this.#stored.read(segment, key);
  }

  #mayBeStored(segment: number): boolean {
    return !this.hasExpired(segment) && this.#stored.mayHave(segment);
  }

  /** How queries see a bucket. */
  protected stateOf(bucket: Bucket, isolation: Isolation): BucketState {
    return isolation === 'committed' ? this.writeBack.committedState(bucket) : bucket;
  }

  /** A key's entries of the segments that the times are in, without keeping them in memory. */
  protected *peek(key: K, { first, last }: Span, isolation: Isolation): IterableIterator<KeyedEntry> {
    const mapKey = this.keys.mapKey(key);
    const keyBytes = this.keys.serde.serialize(key);
    const end = this.segmentOf(Math.min(last, this.streamTime));
    for (let segment = this.segmentOf(Math.max(first, 0)); segment <= end; segment++) {
      const bucket = this.#buckets.get(segment, mapKey);
      const entries =
        bucket === undefined ? this.#read(segment, keyBytes) : this.stateOf(bucket, isolation).entries;
      for (const entry of entries) yield keyed(entry, keyBytes);
    }
  }

  /** Sets the value of an entry that is in the bucket, or is put into it now. */
  protected setEntry(bucket: Bucket, entry: Entry, value: V): void {
    const grown = this.#keep(bucket, entry, this.values.keep(value));
    if (entry.state === 'logged') entry.state = 'changed';
    this.writeBack.changed(bucket, grown);
  }

  /** Returns by how much a large value weighs more. */
  #keep(bucket: Bucket, entry: Entry, kept: unknown): number {
    if (this.#open !== undefined && entry.kept === undefined)
      this.#open.add(entry.time, bucket.mapKey, bucket.writtenKey);
    const grown = entryWeight(kept) - entryWeight(entry.kept);
    if (grown !== 0) this.#buckets.grow(bucket, grown);
    const large = largeGrowth(entry.kept, kept);
    entry.kept = kept;
    return large;
  }

  #drop(bucket: Bucket, entry: Entry): number {
    this.#buckets.grow(bucket, -entryWeight(entry.kept));
    const large = largeGrowth(entry.kept, undefined);
    dropEntry(bucket, entry);
    return large;
  }

  /** Takes an entry out of its bucket. One that was never logged needs no tombstone. */
  protected removeEntry(bucket: Bucket, entry: Entry): void {
    const grown = this.#drop(bucket, entry);
    if (entry.state !== 'new') {
      bucket.removed ??= [];
      bucket.removed.push(entry);
    }
    this.writeBack.changed(bucket, grown);
  }

  /** Whether there is an entry with a time up to `until` that has not been taken out as closed. */
  protected hasOpenUntil(until: number): boolean {
    return this.#open?.min !== undefined && this.#open.min <= until;
  }

  /**
   * Takes out, as closed, all entries with times up to `until` that have not been taken out before: by time,
   * then as `order` has it. Only for stores that are indexed by time.
   */
  protected takeOpenUntil<R>(until: number, order: ClosedOrder, toRow: (key: K, entry: Entry) => R): R[] {
    const rows: R[] = [];
    this.#open?.takeUntil(until, (time, keys) => {
      const segment = this.segmentOf(time);
      const bucketOf = (mapKey: unknown, writtenKey: Bytes): Bucket =>
        this.#buckets.get(segment, mapKey) ?? this.#readBucket(segment, mapKey, writtenKey);
      const closed = closedAt(time, keys, bucketOf);
      if (closed.length > 1) closed.sort(order);
      for (const { bucket, entry } of closed)
        rows.push(toRow(this.keys.fromMapKey(bucket.mapKey, bucket.writtenKey), entry));
    });
    this.#expire();
    return rows;
  }

  /** Entries of all keys with times from `from` to `to`, both inclusive, by time and `compare`. */
  protected async *scan(
    from: number,
    to: number,
    { isolation = 'latest', ...order }: ScanOrder & { readonly isolation?: Isolation },
  ): AsyncIterableIterator<KeyedEntry> {
    await this.writeBack.settle();
    const first = Math.max(from, this.firstReadable, 0);
    const last = Math.min(to, this.streamTime);
    yield* scanSegments({
      backing: this.backing,
      times: { first, last },
      segments: { first: this.segmentOf(first), last: this.segmentOf(last) },
      // Of what changes meanwhile, a segment shows what is there when the scan comes to it.
      unflushed: (segment) =>
        this.writeBack.unflushed
          .filter((bucket) => bucket.segment === segment)
          .map((bucket) => this.#stored.encode(bucket, this.stateOf(bucket, isolation))),
      decode: (bytes, key) => this.#codec.decode(bytes, key),
      order,
    });
  }

  /**
   * What became of the entries changed since the last commit, in the order in which their buckets first
   * changed.
   */
  protected takeChangedEntries(visit: VisitEntry = () => {}): void {
    for (const bucket of this.writeBack.takeUncommitted()) visitChanged(bucket, visit);
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
    const grown =
      value === null
        ? this.#drop(bucket, entry)
        : this.#keep(bucket, entry, this.values.decode(value, keyBytes));
    this.writeBack.restored(bucket, grown);
  }

  override committed(checkpoint: Checkpoint | undefined, now: number): void {
    super.committed(checkpoint, now);
    // Not before the commit: a crash would find windows gone that the replayed records still belong to.
    if (!this.writeBack.hasUncommitted) this.#expired.clearBelow(this.#firstSegment);
  }

  override async flush(checkpoint: Checkpoint | undefined): Promise<void> {
    await this.#expired.clearing;
    await super.flush(checkpoint);
  }

  override close(): void | Promise<void> {
    const { clearing } = this.#expired;
    return clearing === undefined ? super.close() : clearing.then(() => super.close());
  }
}
