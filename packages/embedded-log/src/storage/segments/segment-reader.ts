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
import { isLogError, type LogRecord, readLong } from '@millrace/log-client';
import { ChunkReader, type ChunkSource } from './chunk-reader.ts';
import type { OpenFiles } from './open-files.ts';
import { maxDecompressedBytes, type ReadLimits, type ReadView, type SegmentRead } from './read-runs.ts';
import type { SegmentIndex } from './segment-index.ts';

/** Where a read of batches as they are ends. */
export interface RawLimits {
  readonly end: number;
  readonly maxBytes: number;
}

/** The segment that is read. */
interface ReadableSegment extends ChunkSource {
  readonly maxTimestamp: number;
  readonly index: SegmentIndex;
}

/** A place between two batches, and the largest timestamp before it; undefined where that is not known. */
interface Place {
  readonly offset: number;
  readonly position: number;
  readonly maxTimestampBefore: number | undefined;
}

/** Reads a segment from any offset or time on; what it passes goes to the segment's index. */
export class SegmentReader {
  readonly #segment: ReadableSegment;
  readonly #chunks: ChunkReader;
  /** Where the last read ended, so that the next one need not look for its place. */
  #next: Place | undefined;

  constructor(files: OpenFiles, segment: ReadableSegment) {
    this.#segment = segment;
    this.#chunks = new ChunkReader(files, segment);
  }

  /** Reads records from `offset` on, whole batches, up to about the limits. */
  read(offset: number, limits: ReadLimits): Promise<SegmentRead> {
    return this.#reading(offset, (place) => this.#readFrom(place, offset, limits));
  }

  /** Reads from the place of an offset, as it is remembered or by the index. */
  async #reading<T>(offset: number, read: (place: Place) => Promise<T>): Promise<T> {
    const known = this.#next?.offset === offset ? this.#next : await this.#segment.index.before(offset);
    try {
      return await read(known);
    } catch (error) {
      // The index is a cache: where it seems wrong, the segment itself tells.
      if (known.position === 0 || !isLogError(error, 'LOG_CORRUPT')) throw error;
      return read(this.#segment.index.restart());
    }
  }

  async #readFrom(known: Place, offset: number, limits: ReadLimits): Promise<SegmentRead> {
    const { maxRecords, maxBytes, view } = limits;
    const stop = view?.end ?? Number.POSITIVE_INFINITY;
    const read: SegmentRead = { records: [], nextOffset: offset };
    let place = known;
    const end = known.position + maxBytes;
    while (
      place.position < Math.min(this.#segment.size, end) &&
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
    while (place.position < this.#segment.size && place.offset < end && !isFull) {
      const chunk = await this.#chunks.at(place.position);
      let { offset: next } = place;
      // What is before this is not wanted.
      let from = 0;
      let at = 0;
      while (at < chunk.length && next < end) {
        const size = hasWholeBatch(chunk, at) ? batchSize(chunk, at) : 0;
        if (size === 0 || readLong(chunk, at) !== next) throw this.#segment.corrupt(place.position + at);
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
    let { offset } = await this.#segment.index.beforeTime(timestamp, from);
    if (offset < from) offset = from;
    while (this.#segment.maxTimestamp >= timestamp) {
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
      if (!follows || !batchIsIntact(chunk, at, size)) throw this.#segment.corrupt(position);
      if (max !== undefined) {
        this.#segment.index.note({ offset: next, position, maxTimestampBefore: max });
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

  /** Releases the chunks that were read. */
  release(): void {
    this.#chunks.release();
  }
}
