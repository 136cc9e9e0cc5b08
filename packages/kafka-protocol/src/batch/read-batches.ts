import { LogError, type LogRecord, readLong } from '@millrace/log-client';
import { loadCodec } from '../compression/compression.ts';
import { isTransactionalBatch, producerIdOf } from './batch-fields.ts';
import { batchAt, batchHeaderBytes, batchIsIntact, batchSize, nextOffsetOf } from './layout.ts';
import { compressionOf, isControlBatch, readBatch } from './read-batch.ts';

const abortMarker = 0;

/** A transaction that was aborted: what its producer wrote from this offset on, up to the marker, is void. */
export interface AbortedTransaction {
  readonly producerId: number;
  readonly firstOffset: number;
}

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
  const read = { from, into: records, maxDecompressedBytes };
  const pending = [...aborted].sort((a, b) => a.firstOffset - b.firstOffset);
  const abortedProducers = new Set<number>();
  let nextOffset = from;
  for (let at = 0, size = 0; at + batchHeaderBytes <= source.length; at += size) {
    size = batchSize(source, at);
    if (at + size > source.length) break;
    assertReadable(source, at, size);
    const next = nextOffsetOf(source, at);
    nextOffset = Math.max(nextOffset, next);
    const producerId = producerIdOf(source, at);
    while (pending.length > 0 && pending[0]!.firstOffset < next) {
      abortedProducers.add(pending.shift()!.producerId);
    }
    if (isControlBatch(source, at)) {
      if (markerType(source, at, size) === abortMarker) abortedProducers.delete(producerId);
      continue;
    }
    const isAborted = isTransactionalBatch(source, at) && abortedProducers.has(producerId);
    if (isAborted || next <= from) continue;
    const loading = loadCodec(compressionOf(source, at));
    if (loading !== undefined) await loading;
    readBatch(source, at, size, read);
  }
  return { records, nextOffset };
}

function assertReadable(source: Buffer, at: number, size: number): void {
  const offset = readLong(source, at);
  const magic = source[at + batchAt.magic]!;
  if (size < batchHeaderBytes) {
    throw new LogError('LOG_CORRUPT', `The batch at offset ${offset} says that it has ${size} bytes`);
  }
  if (magic !== 2) {
    throw new LogError(
      'LOG_CORRUPT',
      `The batch at offset ${offset} is in message format ${magic}, of Kafka before 0.11: this client reads format 2`,
    );
  }
  if (!batchIsIntact(source, at, size)) {
    throw new LogError('LOG_CORRUPT', `The batch at offset ${offset} does not match its checksum`);
  }
}

/** A control batch holds one record, whose key is a version and a type: 0 for abort, 1 for commit. */
function markerType(source: Buffer, at: number, size: number): number {
  const into: LogRecord[] = [];
  readBatch(source, at, size, { from: 0, into, maxDecompressedBytes: size });
  const key = into[0]?.key;
  return key === undefined || key === null || key.length < 4 ? -1 : (key[2]! << 8) | key[3]!;
}
