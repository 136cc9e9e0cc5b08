import { LogError, type LogRecord, readLong } from '@millrace/log-client';
import { crc32c } from '@node-rs/crc32';
import type { AbortedTransaction } from '../wire/fetch.ts';
import {
  batchAt,
  batchHeaderBytes,
  compressionMask,
  controlFlag,
  logAppendTimeFlag,
  transactionalFlag,
} from './batch-layout.ts';
import { compressions, loadCodec, decompress } from './compression.ts';
import { readRecords } from './read-batch.ts';

/** What comes before the part of a batch that its length counts. */
const lengthBytes = 12;
const abortMarker = 0;

export interface ReadBatches {
  readonly records: LogRecord[];
  /** Past the last whole batch, markers and gaps included. */
  readonly nextOffset: number;
}

/**
 * Reads what a fetch brought of a partition: committed records from offset `from` on. What aborted
 * transactions wrote and transaction markers are left out. @throws LogError `LOG_CORRUPT`
 */
export async function readBatches(
  source: Buffer,
  from: number,
  aborted: readonly AbortedTransaction[],
  maxDecompressedBytes: number,
): Promise<ReadBatches> {
  const records: LogRecord[] = [];
  const pending = [...aborted].sort((a, b) => a.firstOffset - b.firstOffset);
  const abortedProducers = new Set<number>();
  let nextOffset = from;
  for (let start = 0; start + batchHeaderBytes <= source.length; ) {
    const size = source.readInt32BE(start + batchAt.length) + lengthBytes;
    if (start + size > source.length) break;
    const batch = source.subarray(start, start + size);
    start += size;
    const magic = batch[batchAt.magic]!;
    const baseOffset = readLong(batch, batchAt.baseOffset);
    if (magic !== 2) {
      throw new LogError(
        'LOG_CORRUPT',
        `The batch at offset ${baseOffset} is in message format ${magic}, of Kafka before 0.11: this client reads format 2`,
      );
    }
    if (batch.readUInt32BE(batchAt.crc) !== crc32c(batch.subarray(batchAt.attributes))) {
      throw new LogError('LOG_CORRUPT', `The batch at offset ${baseOffset} does not match its checksum`);
    }
    const lastOffset = baseOffset + batch.readInt32BE(batchAt.lastOffsetDelta);
    nextOffset = Math.max(nextOffset, lastOffset + 1);
    const attributes = batch.readInt16BE(batchAt.attributes);
    const producerId = readLong(batch, batchAt.producerId);
    while (pending.length > 0 && pending[0]!.firstOffset <= lastOffset) {
      abortedProducers.add(pending.shift()!.producerId);
    }
    if ((attributes & controlFlag) !== 0) {
      if (markerType(batch) === abortMarker) abortedProducers.delete(producerId);
      continue;
    }
    if ((attributes & transactionalFlag) !== 0 && abortedProducers.has(producerId)) continue;
    if (lastOffset < from) continue;
    const compression = compressions[attributes & compressionMask];
    if (compression === undefined) {
      throw new LogError('LOG_CORRUPT', `The batch at offset ${baseOffset} has an unknown compression`);
    }
    const loading = loadCodec(compression);
    if (loading !== undefined) await loading;
    const isCompressed = compression !== 'none';
    const body = isCompressed
      ? decompress(compression, batch.subarray(batchHeaderBytes), maxDecompressedBytes)
      : batch;
    const fields = {
      source: body,
      start: isCompressed ? 0 : batchHeaderBytes,
      count: batch.readInt32BE(batchAt.count),
      baseOffset,
      baseTimestamp: readLong(batch, batchAt.baseTimestamp),
      appendTime: (attributes & logAppendTimeFlag) === 0 ? undefined : readLong(batch, batchAt.maxTimestamp),
    };
    readRecords(fields, from, records);
  }
  return { records, nextOffset };
}

/** A control batch holds one record, whose key is a version and a type: 0 for abort, 1 for commit. */
function markerType(batch: Buffer): number {
  const [marker] = readOne(batch);
  const key = marker?.key;
  return key === undefined || key === null || key.length < 4 ? -1 : (key[2]! << 8) | key[3]!;
}

function readOne(batch: Buffer): LogRecord[] {
  const records: LogRecord[] = [];
  const start = batchHeaderBytes;
  const fields = { source: batch, start, count: 1, baseOffset: 0, baseTimestamp: 0, appendTime: undefined };
  readRecords(fields, 0, records);
  return records;
}
