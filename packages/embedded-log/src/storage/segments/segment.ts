import {
  batchAt,
  batchIsIntact,
  batchSize,
  compressionOf,
  hasWholeBatch,
  isControlBatch,
  loadCodec,
  nextOffsetOf,
  readBatch,
} from '@millrace/kafka-protocol';
import { isLogError, LogError, type LogRecord, readLong } from '@millrace/log-client';
import type { CheckpointSegment } from '../../format/checkpoint-segment.ts';
import { indexName, type SegmentId, segmentName } from '../../format/file-names.ts';
import type { Run } from '../../format/run.ts';
import { decodeIndex, type StoredIndex } from '../../format/segment-index.ts';
import { type MemoryRun, MemoryRuns } from './memory-runs.ts';
import { ChunkReader } from './chunk-reader.ts';
import type { OpenFiles } from './open-files.ts';
import { maxDecompressedBytes, type ReadLimits, type ReadView, type SegmentRead } from './read-runs.ts';
import { SparseIndex } from './sparse-index.ts';

/** Runs from this size on get an index entry inside. In bytes. */
const largeRun = 64 << 10;

/** Where a read of batches as they are ends. */
export interface RawLimits {
  readonly end: number;
  readonly maxBytes: number;
}

/** A place between two batches, and the largest timestamp before it; undefined where that is not known. */
interface Place {
  readonly offset: number;
  readonly position: number;
  readonly maxTimestampBefore: number | undefined;
}

/** Consecutive batches of one partition: a file, and in memory what has not been written out to it yet. */
export class Segment {
  readonly id: SegmentId;
  readonly name: string;
  /** Its batches in bytes, those in memory included. A file may have more: what was never committed. */
  size: number;
  maxTimestamp: number;
  readonly firstAppend: number;
  lastAppend: number;
  /** Since when compaction keeps tombstones of it; undefined where it keeps none. */
  readonly tombstonesSince: number | undefined;
  readonly memory = new MemoryRuns();
  /** How much of it the stored index stands for, in bytes. */
  indexedUpTo: number;
  readonly #files: OpenFiles;
  readonly #index: SparseIndex;
  /** Reads the stored index, once; undefined where there is none to read. */
  #indexLoaded: Promise<void> | undefined;
  #hasStoredIndex: boolean;

  /** Where the last read ended, so that the next one need not look for its place. */
  #next: Place | undefined;
  readonly #chunks: ChunkReader;

  constructor(files: OpenFiles, id: SegmentId, stored: Omit<CheckpointSegment, 'baseOffset' | 'fileId'>) {
    this.#files = files;
    this.#chunks = new ChunkReader(files, this);
    this.id = id;
    this.name = segmentName(id);
    this.size = stored.bytes;
    this.maxTimestamp = stored.maxTimestamp;
    this.firstAppend = stored.firstAppend;
    this.lastAppend = stored.lastAppend;
    this.tombstonesSince = stored.tombstonesSince;
    this.#index = new SparseIndex(id.baseOffset);
    this.#hasStoredIndex = stored.bytes > 0;
    this.indexedUpTo = stored.bytes;
  }

  /** An empty segment, which has no file yet. */
  static empty(files: OpenFiles, id: SegmentId, now: number): Segment {
    return new Segment(files, id, { bytes: 0, maxTimestamp: -1, firstAppend: now, lastAppend: now });
  }

  get baseOffset(): number {
    return this.id.baseOffset;
  }

  /** Whether the file has all of it. */
  get isStored(): boolean {
    return this.memory.all.every((run) => run.isStored);
  }

  /** How much of the heap the index takes, in entries. */
  get indexEntries(): number {
    return this.#index.size;
  }

  /** Takes a run in. `written` are its bytes, where it went straight to the file. */
  append(run: Run, appendTime: number, written: Buffer | undefined = run.bytes): void {
    const { firstOffset, position } = run;
    if (written === undefined || written.length < largeRun) {
      this.#index.note({ offset: firstOffset, position, maxTimestampBefore: this.maxTimestamp });
    } else {
      this.#noteBatches(written, position);
    }
    this.size += run.length;
    if (run.maxTimestamp > this.maxTimestamp) this.maxTimestamp = run.maxTimestamp;
    this.lastAppend = appendTime;
    if (run.bytes !== undefined) this.memory.push(memoryRun(run, run.bytes, false));
  }

  /** Keeps in memory what the file has too. Returns what to drop when the memory is wanted. */
  cache(run: Run, bytes: Buffer): MemoryRun {
    const cached = memoryRun(run, bytes, true);
    this.memory.push(cached);
    return cached;
  }

  #noteBatches(bytes: Buffer, position: number): void {
    let max = this.maxTimestamp;
    for (let at = 0; at < bytes.length; at += batchSize(bytes, at)) {
      this.#index.note({ offset: readLong(bytes, at), position: position + at, maxTimestampBefore: max });
      max = Math.max(max, readLong(bytes, at + batchAt.maxTimestamp));
    }
  }

  /** Reads records from `offset` on, whole batches, up to about the limits. */
  read(offset: number, limits: ReadLimits): Promise<SegmentRead> {
    return this.#reading(offset, (place) => this.#readFrom(place, offset, limits));
  }

  /** Reads from the place of an offset, as it is remembered or by the index. */
  async #reading<T>(offset: number, read: (place: Place) => Promise<T>): Promise<T> {
    const known = this.#next?.offset === offset ? this.#next : await this.#placeBefore(offset);
    try {
      return await read(known);
    } catch (error) {
      // The index is a cache: where it seems wrong, the segment itself tells.
      if (known.position === 0 || !isLogError(error, 'LOG_CORRUPT')) throw error;
      this.#index.clear();
      return read(this.#index.before(offset));
    }
  }

  async #readFrom(known: Place, offset: number, limits: ReadLimits): Promise<SegmentRead> {
    const { maxRecords, maxBytes, view } = limits;
    const stop = view?.end ?? Number.POSITIVE_INFINITY;
    const read: SegmentRead = { records: [], nextOffset: offset };
    let place = known;
    const end = known.position + maxBytes;
    while (
      place.position < Math.min(this.size, end) &&
      read.records.length < maxRecords &&
      place.offset < stop
    ) {
      const chunk = await this.#chunks.at(place.position);
      place = await this.#readChunk(chunk, place, {
        offset,
        ...limits,
        maxBytes: end - place.position,
        read,
      });
    }
    this.#continueAt(place);
    read.nextOffset = Math.max(offset, place.offset);
    return read;
  }

  #continueAt(place: Place): void {
    this.#next = place;
    this.#chunks.passed(place.position);
  }

  /**
   * Whole batches as they are, from the one that holds `offset` on: those that begin before `end`, up to
   * about so many bytes, one at least.
   */
  readRaw(offset: number, limits: RawLimits): Promise<Buffer[]> {
    return this.#reading(offset, (place) => this.#readRawFrom(place, offset, limits));
  }

  async #readRawFrom(known: Place, offset: number, { end, maxBytes }: RawLimits): Promise<Buffer[]> {
    const pieces: Buffer[] = [];
    let place = known;
    let bytes = 0;
    let isFull = false;
    while (place.position < this.size && place.offset < end && !isFull) {
      const chunk = await this.#chunks.at(place.position);
      let { offset: next } = place;
      // What is before this is not wanted.
      let from = 0;
      let at = 0;
      while (at < chunk.length && next < end) {
        const size = hasWholeBatch(chunk, at) ? batchSize(chunk, at) : 0;
        if (size === 0 || readLong(chunk, at) !== next) throw this.corrupt(place.position + at);
        const after = nextOffsetOf(chunk, at);
        const taken = bytes + at - from;
        if (after <= offset) from = at + size;
        else if (taken > 0 && taken + size > maxBytes) {
          isFull = true;
          break;
        }
        next = after;
        at += size;
      }
      if (at > from) pieces.push(chunk.subarray(from, at));
      bytes += at - from;
      place = { offset: next, position: place.position + at, maxTimestampBefore: undefined };
    }
    this.#continueAt(place);
    return pieces;
  }

  /**
   * The first record at or after `from`, before `end`, that is not older than this; undefined where there is
   * none.
   */
  async firstAt(timestamp: number, from: number, view?: ReadView): Promise<LogRecord | undefined> {
    await this.#loadIndex();
    const before = this.#index.before(from);
    const older = this.#index.olderThan(timestamp);
    let { offset } = before.position > older.position ? before : older;
    if (offset < from) offset = from;
    while (this.maxTimestamp >= timestamp) {
      const { records, nextOffset } = await this.read(offset, {
        maxRecords: 1,
        maxBytes: Number.POSITIVE_INFINITY,
        ...(view === undefined ? {} : { view }),
      });
      const found = records.find((record) => record.timestamp >= timestamp);
      if (found !== undefined || nextOffset === offset) return found;
      offset = nextOffset;
    }
    return undefined;
  }

  async #placeBefore(offset: number): Promise<Place> {
    await this.#loadIndex();
    return this.#index.before(offset);
  }

  /** Takes the stored index in, where there is one and it fits; else the file tells as it is read. */
  #loadIndex(): Promise<void> | undefined {
    if (!this.#hasStoredIndex) return undefined;
    this.#indexLoaded ??= this.#files
      .readWhole(indexName(this.name))
      .then((bytes) => {
        const stored = decodeIndex(bytes);
        if (stored !== undefined && stored.covered <= this.size) this.#index.merge(stored);
      })
      .catch(() => {})
      .finally(() => {
        this.#hasStoredIndex = false;
      });
    return this.#indexLoaded;
  }

  /** What of the index stands for the first `covered` bytes, to be stored. */
  async indexUpTo(covered: number): Promise<StoredIndex> {
    await this.#loadIndex();
    return this.#index.upTo(covered);
  }

  /** Releases the chunks that were read of it. */
  release(): void {
    this.#chunks.release();
  }

  async #readChunk(
    chunk: Buffer,
    from: Place,
    {
      offset,
      maxRecords,
      maxBytes,
      view,
      read,
    }: ReadLimits & { readonly offset: number; readonly read: SegmentRead },
  ): Promise<Place> {
    const wanted = { from: offset, into: read.records, maxDecompressedBytes };
    let max = from.maxTimestampBefore;
    let next = from.offset;
    let at = 0;
    const stop = view?.end ?? Number.POSITIVE_INFINITY;
    while (at < chunk.length && at < maxBytes && read.records.length < maxRecords && next < stop) {
      const size = hasWholeBatch(chunk, at) ? batchSize(chunk, at) : 0;
      const position = from.position + at;
      // The checksum of a batch leaves out its offset and its epoch: batches follow each other without gaps.
      const follows =
        size > 0 && readLong(chunk, at) === next && chunk.readInt32BE(at + batchAt.leaderEpoch) === 0;
      if (!follows || !batchIsIntact(chunk, at, size)) throw this.corrupt(position);
      if (max !== undefined) {
        this.#index.note({ offset: next, position, maxTimestampBefore: max });
        max = Math.max(max, readLong(chunk, at + batchAt.maxTimestamp));
      }
      next = nextOffsetOf(chunk, at);
      if (next > offset && !isControlBatch(chunk, at) && view?.isVoid(chunk, at) !== true) {
        const loading = loadCodec(compressionOf(chunk, at));
        if (loading !== undefined) await loading;
        readBatch(chunk, at, size, wanted);
      }
      at += size;
    }
    return { offset: next, position: from.position + at, maxTimestampBefore: max };
  }

  /** What to throw where it is damaged at a byte. */
  corrupt(position: number): LogError {
    return new LogError(
      'LOG_CORRUPT',
      `Segment ${this.name} in ${this.#files.location} is damaged at byte ${position}: restore the file from a backup. Other partitions are not affected`,
    );
  }
}

/** A segment as a checkpoint has it. */
export function describeSegment({
  id,
  size,
  maxTimestamp,
  firstAppend,
  lastAppend,
  tombstonesSince,
}: Segment): CheckpointSegment {
  const since = tombstonesSince === undefined ? {} : { tombstonesSince };
  const { baseOffset, fileId } = id;
  return { baseOffset, fileId, bytes: size, maxTimestamp, firstAppend, lastAppend, ...since };
}

function memoryRun({ firstOffset, count, position }: Run, bytes: Buffer, isStored: boolean): MemoryRun {
  return { firstOffset, count, position, bytes, isStored };
}
