import { batchAt, batchSize } from '@millrace/kafka-protocol';
import { readLong } from '@millrace/log-client';
import { indexName } from '../../format/file-names.ts';
import { decodeIndex, type IndexEntry, type StoredIndex } from '../../format/segment-index.ts';
import type { OpenFiles } from './open-files.ts';
import { SparseIndex } from './sparse-index.ts';

/** The segment that the index is of. */
interface IndexedSegment {
  readonly name: string;
  readonly baseOffset: number;
  readonly size: number;
}

/** The index of a segment: what is stored of it is read when it is first asked. */
export class SegmentIndex {
  readonly #files: OpenFiles;
  readonly #segment: IndexedSegment;
  readonly #entries: SparseIndex;
  /** Reads the stored index, once; undefined where there is none to read. */
  #loaded: Promise<void> | undefined;
  #isStored: boolean;

  constructor(files: OpenFiles, segment: IndexedSegment, { isStored }: { readonly isStored: boolean }) {
    this.#files = files;
    this.#segment = segment;
    this.#entries = new SparseIndex(segment.baseOffset);
    this.#isStored = isStored;
  }

  /** How much of the heap it takes, in entries. */
  get size(): number {
    return this.#entries.size;
  }

  /** Takes a batch in where there is no entry near it. */
  note(entry: IndexEntry): void {
    this.#entries.note(entry);
  }

  /** Takes in the batches that begin at this position. */
  noteBatches(bytes: Buffer, position: number, maxTimestampBefore: number): void {
    let max = maxTimestampBefore;
    for (let at = 0; at < bytes.length; at += batchSize(bytes, at)) {
      this.#entries.note({ offset: readLong(bytes, at), position: position + at, maxTimestampBefore: max });
      max = Math.max(max, readLong(bytes, at + batchAt.maxTimestamp));
    }
  }

  /** The last entry at or before an offset. */
  async before(offset: number): Promise<IndexEntry> {
    await this.#load();
    return this.#entries.before(offset);
  }

  /** The last entry before which there is no record at or after `from` that is not older than this. */
  async beforeTime(timestamp: number, from: number): Promise<IndexEntry> {
    await this.#load();
    const before = this.#entries.before(from);
    const older = this.#entries.olderThan(timestamp);
    return before.position > older.position ? before : older;
  }

  /** What of it stands for the first `covered` bytes, to be stored. */
  async upTo(covered: number): Promise<StoredIndex> {
    await this.#load();
    return this.#entries.upTo(covered);
  }

  /** Forgets all of it; returns where the segment begins. */
  restart(): IndexEntry {
    this.#entries.clear();
    return this.#entries.before(this.#segment.baseOffset);
  }

  /** Takes the stored index in, where there is one and it fits; else the file tells as it is read. */
  #load(): Promise<void> | undefined {
    if (!this.#isStored) return undefined;
    const { name } = this.#segment;
    this.#loaded ??= this.#files
      .readWhole(indexName(name))
      .then((bytes) => {
        const stored = decodeIndex(bytes);
        if (stored !== undefined && stored.covered <= this.#segment.size) this.#entries.merge(stored);
      })
      .catch(() => {})
      .finally(() => {
        this.#isStored = false;
      });
    return this.#loaded;
  }
}
