import { LogError, type LogRecord, readLong } from '@millrace/log-client';
import { type Compression, compressions, decompress } from '../compression/compression.ts';
import { batchAt, batchHeaderBytes, compressionMask, controlFlag, logAppendTimeFlag } from './layout.ts';
import { readRecords } from './read-records.ts';

/** Which records of a batch are wanted, and where they go. */
export interface BatchRead {
  /** Records before this offset are passed over. */
  readonly from: number;
  /** What the records are appended to. */
  readonly into: LogRecord[];
  /** A batch that decompresses to more is refused: a small one must not fill the memory. */
  readonly maxDecompressedBytes: number;
}

/** @throws LogError `LOG_CORRUPT` where the batch at `at` says a compression that there is not */
export function compressionOf(source: Buffer, at: number): Compression {
  const compression = compressions[source.readInt16BE(at + batchAt.attributes) & compressionMask];
  if (compression !== undefined) return compression;
  throw new LogError('LOG_CORRUPT', `The batch at offset ${readLong(source, at)} has an unknown compression`);
}

/** Whether the batch at `at` holds a transaction's marker and no records. */
export function isControlBatch(source: Buffer, at: number): boolean {
  return (source.readInt16BE(at + batchAt.attributes) & controlFlag) !== 0;
}

/**
 * Reads the records of the whole batch at `at`, which takes `size` bytes. Its codec must have been loaded;
 * its checksum is the caller's to check. @throws LogError `LOG_CORRUPT`
 */
export function readBatch(
  source: Buffer,
  at: number,
  size: number,
  { from, into, maxDecompressedBytes }: BatchRead,
): void {
  const compression = compressionOf(source, at);
  const isCompressed = compression !== 'none';
  const bodyAt = at + batchHeaderBytes;
  const body = isCompressed
    ? decompress(compression, source.subarray(bodyAt, at + size), maxDecompressedBytes)
    : source;
  const hasAppendTime = (source.readInt16BE(at + batchAt.attributes) & logAppendTimeFlag) !== 0;
  readRecords(
    {
      source: body,
      start: isCompressed ? 0 : bodyAt,
      end: isCompressed ? body.length : at + size,
      count: source.readInt32BE(at + batchAt.count),
      baseOffset: readLong(source, at),
      baseTimestamp: readLong(source, at + batchAt.baseTimestamp),
      appendTime: hasAppendTime ? readLong(source, at + batchAt.maxTimestamp) : undefined,
    },
    from,
    into,
  );
}
