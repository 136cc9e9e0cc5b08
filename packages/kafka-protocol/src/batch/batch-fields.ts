import { readLong, writeLong } from '@millrace/log-client';
import {
  batchAt,
  batchHeaderBytes,
  controlFlag,
  logAppendTimeFlag,
  transactionalFlag,
  writeBatchChecksum,
} from './layout.ts';

/** Who wrote a batch, by its header. */
export interface BatchOrigin {
  /** -1 for a producer that is not idempotent. */
  readonly producerId: number;
  readonly producerEpoch: number;
  readonly baseSequence: number;
  /** How many offsets the batch takes. */
  readonly count: number;
  readonly isTransactional: boolean;
}

export function originOf(source: Buffer, at: number): BatchOrigin {
  return {
    producerId: readLong(source, at + batchAt.producerId),
    producerEpoch: source.readInt16BE(at + batchAt.producerEpoch),
    baseSequence: source.readInt32BE(at + batchAt.baseSequence),
    count: source.readInt32BE(at + batchAt.lastOffsetDelta) + 1,
    isTransactional: isTransactionalBatch(source, at),
  };
}

export function isTransactionalBatch(source: Buffer, at: number): boolean {
  return (source.readInt16BE(at + batchAt.attributes) & transactionalFlag) !== 0;
}

/** The producer of the batch at `at`; -1 for one that is not idempotent. */
export function producerIdOf(source: Buffer, at: number): number {
  return readLong(source, at + batchAt.producerId);
}

/** Gives a batch its place in a partition: its checksum leaves these fields out. */
export function placeBatch(target: Buffer, at: number, baseOffset: number): void {
  writeLong(target, baseOffset, at);
  target.writeInt32BE(0, at + batchAt.leaderEpoch);
}

/** Gives all records of a batch the time at which the log took them. */
export function stampBatch(target: Buffer, at: number, end: number, appendTime: number): void {
  const attributes = target.readInt16BE(at + batchAt.attributes);
  target.writeInt16BE(attributes | logAppendTimeFlag, at + batchAt.attributes);
  writeLong(target, appendTime, at + batchAt.maxTimestamp);
  writeBatchChecksum(target, at, end);
}

/** Of a transaction's marker: a record with the version 0 and the outcome as its key. */
const markers = { abort: 0, commit: 1 } as const;
const markerRecord = [0x20, 0, 0, 0, 8, 0, 0, 0, 0, 12, 0, 0, 0, 0, 0, 0, 0] as const;
const outcomeAt = 8;

/** The batch that ends a transaction of a producer in a partition, at offset 0. */
export function controlBatch(
  { producerId, producerEpoch }: Pick<BatchOrigin, 'producerId' | 'producerEpoch'>,
  outcome: keyof typeof markers,
  timestamp: number,
): Buffer {
  const batch = Buffer.alloc(batchHeaderBytes + markerRecord.length);
  batch.writeInt32BE(batch.length - batchAt.leaderEpoch, batchAt.length);
  batch[batchAt.magic] = 2;
  batch.writeInt16BE(transactionalFlag | controlFlag, batchAt.attributes);
  writeLong(batch, timestamp, batchAt.baseTimestamp);
  writeLong(batch, timestamp, batchAt.maxTimestamp);
  writeLong(batch, producerId, batchAt.producerId);
  batch.writeInt16BE(producerEpoch, batchAt.producerEpoch);
  batch.writeInt32BE(-1, batchAt.baseSequence);
  batch.writeInt32BE(1, batchAt.count);
  batch.set(markerRecord, batchHeaderBytes);
  batch[batchHeaderBytes + outcomeAt] = markers[outcome];
  writeBatchChecksum(batch, 0, batch.length);
  return batch;
}
