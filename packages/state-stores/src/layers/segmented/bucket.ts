import type { Cell } from '../write-back.ts';

/** A value in a bucket: its place in time, and a second time that the view gives a meaning. */
export interface Entry {
  readonly time: number;
  second: number;
  kept: unknown;
  /** Whether the changelog has it as it is, has it otherwise, or has never had it. */
  state: 'logged' | 'changed' | 'new';
}

/** A key's entries of one segment, by time. */
export interface Bucket extends Cell {
  readonly segment: number;
  readonly mapKey: unknown;
  readonly keyBytes: Uint8Array;
  entries: Entry[];
  /** Entries that are gone, and that the changelog still has. */
  removed: Entry[] | undefined;
}

/** An entry with the bytes of its key: what scans over all keys give. */
export interface KeyedEntry extends Entry {
  readonly keyBytes: Uint8Array;
}

/** So few entries fill their array exactly: pushing the first would make room for seventeen. */
const fewEntries = 4;

/** Puts a new entry into a bucket, at its place. */
export function insertEntry(bucket: Bucket, at: number, entry: Entry): Entry {
  const { entries } = bucket;
  if (entries.length === 0) bucket.entries = [entry];
  else if (at < entries.length) entries.splice(at, 0, entry);
  else if (at < fewEntries) bucket.entries = entries.concat([entry]);
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

/**
 * Visits what the changelog has otherwise or not at all, with each entry's place among those of the same
 * time, and takes it for logged.
 */
export function visitChanged(
  bucket: Bucket,
  visit: (bucket: Bucket, entry: Entry, place: number) => void,
): void {
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

/** By serialised key. */
export function compareKeys(a: KeyedEntry, b: KeyedEntry): number {
  return Buffer.compare(a.keyBytes, b.keyBytes);
}
