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
  compressedBound,
  type RecordRange,
  writeBatch,
  writeBatchInto,
} from './batch/write-batch.ts';
export { recordBytes } from './batch/write-record.ts';
export {
  type BatchLimits,
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
