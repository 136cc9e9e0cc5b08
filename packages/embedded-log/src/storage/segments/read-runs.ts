import { batchSize, isControlBatch, nextOffsetOf, readBatch } from '@millrace/kafka-protocol';
import type { LogRecord } from '@millrace/log-client';
import type { MemoryRuns } from './memory-runs.ts';

/** A batch that decompresses to more is refused: a small one may not fill the memory. */
export const maxDecompressedBytes = 256 << 20;

/** What a reader of committed records does not see, where clients' transactions are open or aborted. */
export interface ReadView {
  /** Batches from this offset on. */
  readonly end: number;
  /** Whether the batch at `at` was written in a transaction that was aborted. */
  readonly isVoid: (source: Buffer, at: number) => boolean;
}

/** Where a read ends: once it has so many records, or bytes of batches. */
export interface ReadLimits {
  readonly view?: ReadView;
  readonly maxRecords: number;
  readonly maxBytes: number;
}

/** What a read brought: records, and where the next read continues. */
export interface SegmentRead {
  readonly records: LogRecord[];
  nextOffset: number;
}

/** Reads records of batches in memory; undefined where the first one is not there. */
export function readRuns(
  memory: MemoryRuns,
  offset: number,
  { maxRecords, maxBytes, view }: ReadLimits,
): SegmentRead | undefined {
  const runs = memory.all;
  let index = memory.indexOfOffset(offset);
  if (index === -1) return undefined;
  const read: SegmentRead = { records: [], nextOffset: offset };
  let bytesRead = 0;
  const isFull = (): boolean => read.records.length >= maxRecords || bytesRead >= maxBytes;
  const wanted = { from: offset, into: read.records, maxDecompressedBytes };
  for (let end = runs[index]!.position; !isFull(); index++) {
    const run = runs[index];
    if (run === undefined || run.position !== end) break;
    const { bytes } = run;
    for (let at = 0; at < bytes.length && !isFull(); at += batchSize(bytes, at)) {
      const next = nextOffsetOf(bytes, at);
      if (next <= offset) continue;
      if (view !== undefined && next > view.end) return read;
      const size = batchSize(bytes, at);
      const isSeen = !isControlBatch(bytes, at) && view?.isVoid(bytes, at) !== true;
      if (isSeen) readBatch(bytes, at, size, wanted);
      bytesRead += size;
      read.nextOffset = next;
    }
    end = run.position + bytes.length;
  }
  return read;
}
