import { lastWhere } from '../../last-where.ts';
import type { IndexEntry, StoredIndex } from '../../format/segment-index.ts';

/** One entry for this many bytes: 24 kB for a segment of 64 MiB, however small its batches are. */
const entrySpacing = 64 << 10;

/** Where some batches of a segment are, by offset. A cache: what it lacks is found by reading on. */
export class SparseIndex {
  readonly #start: IndexEntry;
  readonly #entries: IndexEntry[];

  constructor(baseOffset: number) {
    this.#start = { offset: baseOffset, position: 0, maxTimestampBefore: -1 };
    this.#entries = [this.#start];
  }

  get size(): number {
    return this.#entries.length;
  }

  /** Takes a batch in where there is no entry near it. */
  note(entry: IndexEntry): void {
    const entries = this.#entries;
    const last = entries.at(-1)!;
    if (entry.position >= last.position + entrySpacing) {
      entries.push(entry);
      return;
    }
    if (entry.position >= last.position) return;
    const before = lastWhere(entries, (one) => one.position <= entry.position);
    if (entry.position < entries[before]!.position + entrySpacing) return;
    if (entry.position > entries[before + 1]!.position - entrySpacing) return;
    entries.splice(before + 1, 0, entry);
  }

  /** The last entry at or before an offset. */
  before(offset: number): IndexEntry {
    return this.#entryAt(lastWhere(this.#entries, (entry) => entry.offset <= offset));
  }

  /** The last entry before which every record is older than this. */
  olderThan(timestamp: number): IndexEntry {
    return this.#entryAt(lastWhere(this.#entries, (entry) => entry.maxTimestampBefore < timestamp));
  }

  #entryAt(index: number): IndexEntry {
    return this.#entries[index] ?? this.#start;
  }

  /** Forgets all but where the segment begins. */
  clear(): void {
    this.#entries.length = 1;
    this.#entries[0] = this.#start;
  }

  merge(stored: StoredIndex): void {
    const known = this.#entries.splice(0, this.#entries.length, ...stored.entries);
    for (const entry of known) if (entry.position >= stored.covered) this.note(entry);
    if (this.#entries[0]?.position !== 0) this.#entries.unshift(this.#start);
  }

  /** What of it stands for the first `covered` bytes. */
  upTo(covered: number): StoredIndex {
    return { covered, entries: this.#entries.filter(({ position }) => position < covered) };
  }
}
