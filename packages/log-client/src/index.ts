export type {
  Assignment,
  Assignor,
  AssignorMember,
  CreateTopic,
  EffectiveConfigs,
  GroupDescription,
  GroupGeneration,
  GroupInfo,
  GroupMember,
  GroupMemberInfo,
  GroupOptions,
  GroupPartition,
  GroupState,
  LogAdmin,
  LogCapabilities,
  LogClient,
  LogProducer,
  LogReader,
  LogTransaction,
  NewPartitions,
  OffsetAtTime,
  OffsetCommit,
  OffsetsOptions,
  CommittedOffset,
  PollOptions,
  LogProducerOptions,
  ReaderPosition,
  TopicAlteration,
  TopicConfig,
  TopicInfo,
} from './log-client.ts';
export {
  isLogError,
  LogError,
  type LogErrorCode,
  logErrorCodes,
  type LogErrorOptions,
  type RejectedRecord,
} from './errors.ts';
export {
  asBuffer,
  type Bytes,
  bytesLength,
  latin1Of,
  copyBytes,
  copyView,
  readLong,
  toBytes,
  writeLong,
} from './bytes.ts';
export { allocateBytes, ViewedBytes } from './memory.ts';
export { murmur2, partitionForKey } from './partitioner.ts';
export {
  type Header,
  type Headers,
  invalidTimestamp,
  type LogRecord,
  noHeaders,
  type PartitionRecords,
  type ProducerRecord,
  type RecordBatch,
  type RecordList,
  type RecordSequence,
} from './record.ts';
export {
  areOwnMapKeys,
  boolean,
  bytes,
  double,
  integer,
  long,
  nullable,
  number,
  plainSerde,
  type Serde,
  string,
} from './serde.ts';
export { threadFlags } from './thread-flags.ts';
export { byTopic, parseTopicPartition, type TopicPartition, topicPartitionKey } from './topic-partition.ts';
export { describedGroup, type GroupSnapshot } from './described-group.ts';
export { assertTopicName, isLegalName, legalNames } from './names.ts';
export { distinctTopics } from './distinct-topics.ts';
export {
  describesMetric,
  type Metric,
  type MetricDescription,
  type MetricKind,
  type MetricUnit,
} from './metric.ts';
export { didYouMean } from './near-name.ts';
export { readLatin1, readText, textBytes, textLength, writeLatin1, writeText } from './text.ts';
