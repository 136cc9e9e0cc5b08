import { type LogRecord, noHeaders, type ProducerRecord } from '@millrace/log-client';
import type { BytesChange, BytesStore, Checkpoint } from '../bytes-store.ts';
import { overlay } from '../layers/merge.ts';
import { type Cell, WriteBack } from '../layers/write-back.ts';
import { type KeyCodec, keyCodec, type ValueCodec, valueCodec } from '../layout/codec.ts';
import {
  bucketKey,
  decodeBucket,
  encodeBucket,
  keyOfBucket,
  parseWindowKey,
  segmentPrefix,
  windowKey,
} from '../layout/window-bucket.ts';
import type { StateStore } from '../state-store.ts';
import type { StoreSpec } from '../store-spec.ts';
import { BackedView } from './backed-view.ts';
import type { WindowEntry, WindowStore } from '../window-store.ts';

interface Entry {
  readonly start: number;
  kept: unknown;
  timestamp: number;
  changed: boolean;
}

/** A key's windows of one segment, by start. */
interface Bucket extends Cell {
  readonly segment: number;
  readonly mapKey: unknown;
  readonly keyBytes: Uint8Array;
  readonly entries: Entry[];
}

const minSegmentMs = 60_000;

/** As Kafka Streams' window stores: half the retention, a minute at least. */
export function segmentInterval(retentionMs: number): number {
  return Math.max(Math.floor(retentionMs / 2), minSegmentMs);
}

/** Values by key and window start. Segments of time expire as a whole once stream time has left them behind. */
export class WindowView<K, V> extends BackedView<Bucket> implements StateStore, WindowStore<K, V> {
  /** In milliseconds. */
  readonly windowSizeMs: number;
  streamTime = -1;
  readonly #retainDuplicates: boolean;
  readonly #retentionMs: number;
  readonly #segmentMs: number;
  readonly #keys: KeyCodec<K>;
  readonly #values: ValueCodec<V>;
  readonly #segments = new Map<number, Map<unknown, Bucket>>();
  protected readonly writeBack: WriteBack<Bucket>;
  /** Segments below this one have expired; on disk they go after the next commit. */
  #firstSegment = 0;
  #clearedBelow = 0;
  /** No segment after this one has ever been written to the bytes store. */
  #lastStoredSegment: number;
  #clearing: void | Promise<void> = undefined;
  readonly #timestamp: () => number;
  #lastBucket: Bucket | undefined;

  constructor(spec: StoreSpec<K, V>, backing: BytesStore, timestamp: () => number) {
    super(spec.name, backing);
    this.windowSizeMs = spec.windowSizeMs ?? 0;
    this.#retainDuplicates = spec.retainDuplicates ?? false;
    this.#retentionMs = spec.retentionMs ?? 0;
    this.#segmentMs = segmentInterval(this.#retentionMs);
    this.#keys = keyCodec(spec.key);
    this.#values = valueCodec(spec.value);
    this.#timestamp = timestamp;
    this.writeBack = new WriteBack({
      backing,
      encode: (bucket) => this.#encode(bucket),
      evict: (keep) => this.#evict(keep),
      size: () => this.#size(),
    });
    const storedTime = backing.checkpoint?.streamTime ?? -1;
    const unknown = !backing.openedEmpty && backing.checkpoint === undefined;
    this.#lastStoredSegment = unknown ? Number.POSITIVE_INFINITY : Math.floor(storedTime / this.#segmentMs);
    this.#observe(storedTime);
  }

  load(): void {}

  fetch(key: K, start: number): V | undefined {
    const entry = this.#find(key, start);
    return entry === undefined ? undefined : this.#values.give(entry.kept);
  }

  /** As `fetch`, with the timestamp. */
  fetchEntry(key: K, start: number): WindowEntry<V> | undefined {
    const entry = this.#find(key, start);
    if (entry === undefined) return undefined;
    return { start, value: this.#values.give(entry.kept), timestamp: entry.timestamp };
  }

  #find(key: K, start: number): Entry | undefined {
    if (start < this.#earliest()) return undefined;
    const { entries } = this.#bucket(Math.floor(start / this.#segmentMs), key);
    for (let at = entries.length - 1; at >= 0; at--) {
      const entry = entries[at]!;
      if (entry.start === start) return entry.kept === undefined ? undefined : entry;
      if (entry.start < start) return undefined;
    }
    return undefined;
  }

  /** What is older cannot be read, though its segment may still be there. */
  #earliest(): number {
    return this.streamTime - this.#retentionMs + 1;
  }

  fetchRange(key: K, from: number, to: number): WindowEntry<V>[] {
    const first = Math.max(from, this.#earliest(), 0);
    const found: WindowEntry<V>[] = [];
    const last = Math.floor(Math.min(to, this.streamTime) / this.#segmentMs);
    for (let segment = Math.floor(first / this.#segmentMs); segment <= last; segment++) {
      for (const { start, kept, timestamp } of this.#bucket(segment, key).entries) {
        if (start < first || start > to || kept === undefined) continue;
        found.push({ start, value: this.#values.give(kept), timestamp });
      }
    }
    return found;
  }

  put(key: K, value: V | null | undefined, start: number): void {
    this.putEntry(key, value, start, this.#timestamp());
  }

  /** As `put`, with a timestamp. Returns false where the window has expired. */
  putEntry(key: K, value: V | null | undefined, start: number, timestamp: number): boolean {
    this.#observe(start);
    const segment = Math.floor(start / this.#segmentMs);
    if (segment < this.#firstSegment) return false;
    // With duplicates there is nothing that a null could replace.
    if (this.#retainDuplicates && (value === null || value === undefined)) return true;
    const bucket = this.#bucket(segment, key);
    const sequence = this.#retainDuplicates ? Number.MAX_SAFE_INTEGER : 0;
    const entry = entryAt(bucket.entries, start, sequence);
    entry.kept = value === null || value === undefined ? undefined : this.#values.keep(value);
    entry.timestamp = timestamp;
    entry.changed = true;
    this.writeBack.changed(bucket);
    return true;
  }

  #observe(time: number): void {
    if (time <= this.streamTime) return;
    this.streamTime = time;
    const first = Math.floor((time - this.#retentionMs) / this.#segmentMs);
    if (first <= this.#firstSegment) return;
    this.#firstSegment = first;
    this.#lastBucket = undefined;
    for (const segment of this.#segments.keys()) if (segment < first) this.#segments.delete(segment);
  }

  #bucket(segment: number, key: K): Bucket {
    const mapKey = this.#keys.mapKey(key);
    const last = this.#lastBucket;
    // A record looks its window up and then sets it: the second time the bucket is at hand.
    if (last !== undefined && last.segment === segment && last.mapKey === mapKey) return last;
    const found = this.#segments.get(segment)?.get(mapKey);
    this.#lastBucket = found;
    return found ?? this.#readBucket(segment, mapKey, this.#keys.serde.serialize(key));
  }

  #readBucket(segment: number, mapKey: unknown, keyBytes: Uint8Array): Bucket {
    const stored = segment >= this.#firstSegment && segment <= this.#lastStoredSegment;
    const bytes = stored ? this.backing.get(bucketKey(segment, keyBytes)) : undefined;
    const entries = bytes === undefined ? [] : this.#decode(bytes);
    const bucket: Bucket = { segment, mapKey, keyBytes, entries, uncommitted: false, unflushed: false };
    let buckets = this.#segments.get(segment);
    if (buckets === undefined) {
      buckets = new Map();
      this.#segments.set(segment, buckets);
    }
    buckets.set(mapKey, bucket);
    this.#lastBucket = bucket;
    return bucket;
  }

  #decode(bytes: Uint8Array): Entry[] {
    return decodeBucket(bytes).map(({ start, timestamp, value }) => ({
      start,
      timestamp,
      kept: this.#values.decode(value),
      changed: false,
    }));
  }

  #encode(bucket: Bucket): BytesChange {
    if (bucket.segment > this.#lastStoredSegment) this.#lastStoredSegment = bucket.segment;
    const stored = bucket.entries
      .filter(({ kept }) => kept !== undefined)
      .map(({ start, timestamp, kept }) => ({ start, timestamp, value: this.#values.encode(kept) }));
    return {
      key: bucketKey(bucket.segment, bucket.keyBytes),
      value: stored.length === 0 || bucket.segment < this.#firstSegment ? undefined : encodeBucket(stored),
    };
  }

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

  async *fetchAll(from: number, to: number): AsyncIterableIterator<WindowEntry<V> & { readonly key: K }> {
    await this.writeBack.settle();
    const first = Math.max(from, this.#earliest(), 0);
    const last = Math.floor(Math.min(to, this.streamTime) / this.#segmentMs);
    for (let segment = Math.floor(first / this.#segmentMs); segment <= last; segment++) {
      const windows = await this.#segmentWindows(segment);
      for (const { keyBytes, start, kept, timestamp } of windows) {
        if (start < first || start > to) continue;
        const value = this.#values.give(kept);
        yield { key: this.#keys.serde.deserialize(keyBytes), start, value, timestamp };
      }
    }
  }

  all(): AsyncIterableIterator<WindowEntry<V> & { readonly key: K }> {
    return this.fetchAll(0, Number.MAX_SAFE_INTEGER);
  }

  async #segmentWindows(segment: number): Promise<(Entry & { readonly keyBytes: Uint8Array })[]> {
    const range = { from: segmentPrefix(segment), to: segmentPrefix(segment + 1) };
    const changes = this.writeBack.unflushed
      .filter((bucket) => bucket.segment === segment)
      .map((bucket) => this.#encode(bucket));
    const windows: (Entry & { readonly keyBytes: Uint8Array })[] = [];
    for await (const [key, bytes] of overlay(this.backing.iterate(range), changes, false)) {
      for (const entry of this.#decode(bytes)) windows.push({ ...entry, keyBytes: keyOfBucket(key) });
    }
    return windows.sort((a, b) => a.start - b.start || Buffer.compare(a.keyBytes, b.keyBytes));
  }

  takeChanges(): ProducerRecord[] {
    const records: ProducerRecord[] = [];
    for (const { keyBytes, entries } of this.writeBack.takeUncommitted()) {
      for (const entry of entries) {
        if (!entry.changed) continue;
        entry.changed = false;
        const value = entry.kept === undefined ? null : this.#values.encode(entry.kept);
        const key = windowKey(keyBytes, entry.start, sequenceOf(entries, entry));
        records.push({ key, value, timestamp: entry.timestamp, headers: noHeaders });
      }
    }
    return records;
  }

  restore({ key, value, timestamp }: LogRecord): void {
    if (key === null) return;
    const { key: keyBytes, start, sequence } = parseWindowKey(key);
    this.#observe(start);
    const segment = Math.floor(start / this.#segmentMs);
    if (segment < this.#firstSegment) return;
    const bucket = this.#bucket(segment, this.#keys.serde.deserialize(keyBytes));
    const entry = entryAt(bucket.entries, start, sequence);
    entry.kept = value === null ? undefined : this.#values.decode(value);
    entry.timestamp = timestamp;
    this.writeBack.restored(bucket);
  }

  override committed(checkpoint: Checkpoint | undefined, now: number): void {
    super.committed(checkpoint, now);
    if (this.#clearedBelow >= this.#firstSegment || this.writeBack.hasUncommitted) return;
    // Not before the commit: a crash would find windows gone that the replayed records still belong to.
    this.#clearedBelow = this.#firstSegment;
    const cleared = this.backing.clear({ to: segmentPrefix(this.#firstSegment) });
    this.#clearing = this.#clearing instanceof Promise ? this.#clearing.then(() => cleared) : cleared;
  }

  override async flush(checkpoint: Checkpoint | undefined): Promise<void> {
    await this.#clearing;
    await super.flush(checkpoint);
  }

  override close(): void | Promise<void> {
    return this.#clearing instanceof Promise ? this.#clearing.then(() => super.close()) : super.close();
  }
}

/** The entry with this start and place among those of the same start; a new one where there are fewer. */
function entryAt(entries: Entry[], start: number, sequence: number): Entry {
  let end = entries.length;
  while (end > 0 && entries[end - 1]!.start > start) end--;
  let first = end;
  while (first > 0 && entries[first - 1]!.start === start) first--;
  if (sequence < end - first) return entries[first + sequence]!;
  const entry: Entry = { start, kept: undefined, timestamp: -1, changed: false };
  entries.splice(end, 0, entry);
  return entry;
}

/** An entry's place among those of the same start. */
function sequenceOf(entries: readonly Entry[], entry: Entry): number {
  const at = entries.indexOf(entry);
  let first = at;
  while (first > 0 && entries[first - 1]!.start === entry.start) first--;
  return at - first;
}
