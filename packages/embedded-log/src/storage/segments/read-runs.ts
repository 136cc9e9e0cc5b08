import { batchSize, isControlBatch, nextOffsetOf, readBatch } from '@millrace/kafka-protocol';
import type { LogRecord } from '@millrace/log-client';
import type { MemoryRuns } from './memory-runs.ts';

/** A batch that decompresses to more is refused: a small one may not fill the memory. */
export const maxDecompressedBytes = 256 << 20;

/** What a read brought: records, and where the next read continues. */
export interface SegmentRead {
  readonly records: LogRecord[];
  nextOffset: number;
}

/** Reads records of batches in memory; undefined where the first one is not there. */
export function readRuns(memory: MemoryRuns, offset: number, maxRecords: number): SegmentRead | undefined {
  const runs = memory.all;
  let index = memory.indexOfOffset(offset);
  if (index === -1) return undefined;
  const read: SegmentRead = { records: [], nextOffset: offset };
  const wanted = { from: offset, into: read.records, maxDecompressedBytes };
  for (let end = runs[index]!.position; read.records.length < maxRecords; index++) {
    const run = runs[index];
    if (run === undefined || run.position !== end) break;
    const { bytes } = run;
    for (let at = 0; at < bytes.length && read.records.length < maxRecords; at += batchSize(bytes, at)) {
      const next = nextOffsetOf(bytes, at);
      if (next <= offset) continue;
      if (!isControlBatch(bytes, at)) readBatch(bytes, at, batchSize(bytes, at), wanted);
      read.nextOffset = next;
    }
    end = run.position + bytes.length;
  }
  return read;
}
