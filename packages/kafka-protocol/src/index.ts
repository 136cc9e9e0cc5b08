export {
  batchAt,
  batchHeaderBytes,
  batchIsIntact,
  batchSize,
  hasWholeBatch,
  nextOffsetOf,
  transactionalFlag,
  writeBatchChecksum,
} from './batch/layout.ts';
export {
  type BatchOrigin,
  controlBatch,
  isTransactionalBatch,
  originOf,
  placeBatch,
  producerIdOf,
  stampBatch,
} from './batch/batch-fields.ts';
export { type BatchRead, compressionOf, isControlBatch, readBatch } from './batch/read-batch.ts';
export { type AbortedTransaction, type ReadBatches, readBatches } from './batch/read-batches.ts';
export {
  type BatchFields,
  type BatchLimits,
  type RecordRange,
  writeBatch,
} from './batch/write-batch.ts';
export { type BatchMemory, GrowingMemory } from './batch/batch-memory.ts';
export { type BatchesStyle, writeBatches, type WrittenBatches } from './batch/write-batches.ts';
export { recordBytes } from './batch/write-record.ts';
export {
  batchRoom,
  type BatchSource,
  batchSource,
  type WrittenBatch,
  WrittenRecords,
} from './batch/written-records.ts';
export {
  compress,
  type Compression,
  compressions,
  decompress,
  loadCodec,
} from './compression/compression.ts';
