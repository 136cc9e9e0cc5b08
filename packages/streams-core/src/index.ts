// Build
export { days, hours, milliseconds, minutes, seconds } from './duration.ts';
export {
  CogroupedKStream,
  SessionWindowedCogroupedKStream,
  TimeWindowedCogroupedKStream,
} from './dsl/cogrouped-kstream.ts';
export type { TableJoined } from './dsl/foreign-key-join.ts';
export { GlobalKTable } from './dsl/global-ktable.ts';
export { type AggregateOptions, KGroupedStream } from './dsl/kgrouped-stream.ts';
export { KGroupedTable, type TableAggregateOptions } from './dsl/kgrouped-table.ts';
export { KStream } from './dsl/kstream.ts';
export { KTable } from './dsl/ktable.ts';
export type { Consumed, Produced } from './dsl/consumed.ts';
export type { GlobalStore } from './dsl/global-store.ts';
export type { DeduplicateOptions, ThrottleOptions } from './dsl/limit-stream.ts';
export type { Printed } from './dsl/printed.ts';
export type { TopN } from './dsl/top-n.ts';
export { type AddProcessorOptions, TopologyBuilder } from './dsl/topology-builder.ts';
export type { AsyncContext, AsyncOptions, Retry } from './operators/async/async-options.ts';
export type { AsyncProcessContext } from './operators/async/process-async.ts';
export type { Optimizations } from './topology/optimizations.ts';
export type {
  Grouped,
  Materialized,
  MaterializedWindow,
  Named,
  ProcessOptions,
  Repartitioned,
} from './dsl/options.ts';
export { type SessionAggregateOptions, SessionWindowedKStream } from './dsl/session-windowed-kstream.ts';
export type { Branches, SplitStreams } from './dsl/split.ts';
export type { StreamJoined } from './dsl/stream-join.ts';
export { StreamsBuilder, type StreamsBuilderOptions } from './dsl/streams-builder.ts';
export {
  type UntilTimeLimit,
  type UntilWindowCloses,
  untilTimeLimit,
  untilWindowCloses,
} from './dsl/suppressed.ts';
export type { TableJoinOptions } from './dsl/table-join.ts';
export type { StartedWindows } from './dsl/windowing.ts';
export type { OnLate, WindowingOptions } from './dsl/windowing-options.ts';
export type { Lateness } from './operators/aggregate/late.ts';
export type { BufferLimits } from './operators/table/suppress.ts';
export { TimeWindowedKStream } from './dsl/time-windowed-kstream.ts';
export type { KeyValue } from './operators/stateless/map.ts';
export type { Change, Forward, StreamRecord, Window, Windowed } from './record.ts';
export type {
  Cancellable,
  FixedKeyProcessorContext,
  FixedKeyProcessorSupplier,
  Processor,
  ProcessorContext,
  ProcessorFunction,
  ProcessorSupplier,
  ProcessorWrapper,
  ValueTransformerContext,
  ValueTransformerSupplier,
  WrappedProcessor,
  PunctuationType,
  StoreOf,
} from './topology/processor.ts';
export { EmitStrategy } from './windows/emit-strategy.ts';
export { JoinWindows } from './windows/join-windows.ts';
export { SessionWindows } from './windows/session-windows.ts';
export { SlidingWindows } from './windows/sliding-windows.ts';
export { TimeWindows } from './windows/time-windows.ts';
export { UnlimitedWindows } from './windows/unlimited-windows.ts';
// Describe
export type {
  OffsetReset,
  ProcessorNode,
  SinkNode,
  SourceNode,
  StreamPartitioner,
  TopicNameExtractor,
  TopologyNode,
} from './topology/nodes.ts';
export { Topology } from './topology/topology.ts';
export {
  type ExtractedRecord,
  failOnInvalidTimestamp,
  skipOnInvalidTimestamp,
  type TimestampExtractor,
  usePartitionTimeOnInvalidTimestamp,
  wallClockTimestamp,
} from './topology/timestamp-extractor.ts';
export type { SubTopology } from './topology/sub-topologies.ts';
// Topics and serdes
export {
  boolean,
  bytes,
  double,
  integer,
  long,
  nullable,
  number,
  type Serde,
  string,
} from '@millrace/log-client';
export {
  keyValueStore,
  sessionStore,
  type StoreSpec,
  versionedStore,
  windowStore,
} from '@millrace/state-stores';
export type {
  KeyValueStore,
  SessionStore,
  ValueAndTimestamp,
  VersionedRecord,
  VersionedStore,
  WindowStore,
} from '@millrace/state-stores';
export { json, type Schema } from './serde/json.ts';
export {
  type Serializer,
  type SinkTopic,
  type Topic,
  topic,
  type TopicPattern,
  topicPattern,
} from './serde/topic.ts';
export { sessionWindowed, timeWindowed } from './serde/windowed-serde.ts';
// Run
export type { AppState } from './runtime/app-state.ts';
export type { StreamsConfig } from './runtime/config.ts';
export {
  type DeserializationExceptionHandler,
  type DeserializationResponse,
  deadLetterTo,
  failOnDeserializationError,
  logAndContinue,
  type ProcessingExceptionHandler,
  type DroppedRecord,
  type DroppedRecordHandler,
  failOnProductionError,
  type ProductionExceptionHandler,
  type ProductionResponse,
  type RecordResponse,
  type OffsetResetListener,
  type PartitionReset,
  type StateRestoreListener,
  type StoreRestore,
  type UncaughtExceptionHandler,
  type UncaughtExceptionResponse,
} from './runtime/handlers.ts';
export {
  fromObservable,
  type FromObservableOptions,
  type SourceConnector,
  type SourceRecord,
} from './runtime/from-observable.ts';
export type { StreamsMetadata } from './runtime/assign/streams-metadata.ts';
export type { KeyQuery, KeyQueryMetadata } from './runtime/key-query-metadata.ts';
export type { AppMetrics } from './runtime/app-metrics.ts';
export { StreamsApp } from './runtime/streams-app.ts';
// Errors
export {
  ConfigError,
  isStreamsError,
  RecordError,
  type RecordOrigin,
  StreamsError,
  type StreamsErrorCode,
  streamsErrorCodes,
  TopologyError,
} from './errors.ts';
