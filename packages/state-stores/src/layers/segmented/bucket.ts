import { type Bytes, toBytes } from '@millrace/log-client';
import { bareEntryWeight, type Cell, valueWeight } from '../write-back.ts';

/** A value in a bucket: its place in time, and a second time that the view gives a meaning. */
export interface Entry {
  readonly time: number;
  second: number;
  kept: unknown;
  /** Whether the changelog has it as it is, has it otherwise, or has never had it. */
  state: 'logged' | 'changed' | 'new';
}

/** What queries read of a bucket: entries by time. */
export interface BucketState {
  readonly entries: readonly Entry[];
}

/** A key's entries of one segment, by time. */
export interface Bucket extends Cell, BucketState {
  readonly segment: number;
  readonly mapKey: unknown;
  /** The key as it is written. */
  readonly writtenKey: Bytes;
  entries: Entry[];
  /** Whether the bytes store has something under its key. */
  isStored: boolean;
  /** Entries that are gone, and that the changelog still has. */
  removed: Entry[] | undefined;
}

/** An entry with the bytes of its key: what scans over all keys give. */
export interface KeyedEntry extends Entry {
  readonly keyBytes: Uint8Array;
}

/** An entry with its key. (A spread with one more field takes Node 20 thirty times as long.) */
export function keyed({ time, second, kept, state }: Entry, keyBytes: Uint8Array): KeyedEntry {
  return { time, second, kept, state, keyBytes };
}

/** What an entry weighs beside its bucket, in cells; nothing without a value. */
export function entryWeight(kept: unknown): number {
  return kept === undefined ? 0 : bareEntryWeight + valueWeight(kept);
}

export function entriesWeight(entries: readonly Entry[]): number {
  let weight = 0;
  for (const { kept } of entries) weight += entryWeight(kept);
  return weight;
}

/** Puts a new entry into a bucket, at its place. */
export function insertEntry(bucket: Bucket, at: number, entry: Entry): Entry {
  const { entries } = bucket;
  if (at < entries.length) entries.splice(at, 0, entry);
  // So few fill their array exactly: pushing the first would make room for seventeen.
  else if (at === 0) bucket.entries = [entry];
  else if (at === 1) bucket.entries = [entries[0]!, entry];
  else if (at === 2) bucket.entries = [entries[0]!, entries[1]!, entry];
  else entries.push(entry);
  return entry;
}

/** Takes an entry out of its bucket. */
export function dropEntry(bucket: Bucket, entry: Entry): void {
  bucket.entries.splice(bucket.entries.indexOf(entry), 1);
  entry.kept = undefined;
}

/** Where the entries from this time on begin. */
export function firstFrom(entries: readonly Entry[], time: number): number {
  let [low, high] = [0, entries.length];
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (entries[middle]!.time < time) low = middle + 1;
    else high = middle;
  }
  return low;
}

/** Called with an entry, and its place among those of the same time. */
export type VisitEntry = (bucket: Bucket, entry: Entry, place: number) => void;

/**
 * Visits what the changelog has otherwise or not at all, with each entry's place among those of the same
 * time, and takes it for logged.
 */
export function visitChanged(bucket: Bucket, visit: VisitEntry): void {
  const { entries, removed } = bucket;
  // Before what may have come back in their place.
  if (removed !== undefined) for (const entry of removed) visit(bucket, entry, 0);
  bucket.removed = undefined;
  for (let at = 0, first = 0; at < entries.length; at++) {
    const entry = entries[at]!;
    if (entry.time !== entries[first]!.time) first = at;
    if (entry.state === 'logged') continue;
    entry.state = 'logged';
    visit(bucket, entry, at - first);
  }
}

/** As the bucket is now, whatever becomes of it. */
export function copyOf({ entries }: Bucket): BucketState {
  return { entries: entries.map((entry) => ({ ...entry })) };
}

/**
 * What a commit has made of the rows of its buckets; those that are gone have entries with `kept` undefined.
 * `isSame` tells whether two entries are the same row.
 */
export function changedRows<R>(
  changed: ReadonlyMap<Bucket, BucketState>,
  committed: (bucket: Bucket) => BucketState,
  isSame: (a: Entry, b: Entry) => boolean,
  toRow: (entry: KeyedEntry) => R,
): R[] {
  const rows: R[] = [];
  for (const [bucket, { entries: before }] of changed) {
    const keyBytes = toBytes(bucket.writtenKey);
    const { entries: after } = committed(bucket);
    for (const entry of before) {
      if (!after.some((one) => isSame(one, entry)))
        rows.push(toRow(keyed({ ...entry, kept: undefined }, keyBytes)));
    }
    for (const entry of after) {
      const old = before.find((one) => isSame(one, entry));
      const isAsBefore = old !== undefined && old.kept === entry.kept && old.second === entry.second;
      if (!isAsBefore) rows.push(toRow(keyed(entry, keyBytes)));
    }
  }
  return rows;
}

/** By serialised key. */
export function compareKeys(a: KeyedEntry, b: KeyedEntry): number {
  return Buffer.compare(a.keyBytes, b.keyBytes);
}
