// Build
export { days, hours, milliseconds, minutes, seconds } from './record/duration.ts';
export { CogroupedKStream } from './dsl/cogrouped-kstream.ts';
export { GlobalKTable } from './dsl/global-ktable.ts';
export { KGroupedStream } from './dsl/kgrouped-stream.ts';
export { KGroupedTable } from './dsl/kgrouped-table.ts';
export { KStream } from './dsl/kstream.ts';
export { type InsertOnlyKTable, KTable } from './dsl/ktable.ts';
export { SessionWindowedCogroupedKStream } from './dsl/session-windowed-cogrouped-kstream.ts';
export { SessionWindowedKStream } from './dsl/session-windowed-kstream.ts';
export type { SplitStreams } from './dsl/split-streams.ts';
export { StreamsBuilder, type StreamsBuilderOptions } from './dsl/streams-builder.ts';
export { TimeWindowedCogroupedKStream } from './dsl/time-windowed-cogrouped-kstream.ts';
export { TimeWindowedKStream } from './dsl/time-windowed-kstream.ts';
export { type AddProcessorOptions, TopologyBuilder } from './dsl/topology-builder.ts';
// Options of operators
export type {
  AggregateOptions,
  SessionAggregateOptions,
  TableAggregateOptions,
  TopN,
} from './options/aggregate-options.ts';
export type { Consumed } from './options/consumed.ts';
export type { GlobalStore } from './options/global-store.ts';
export type { Grouped } from './options/grouped.ts';
export type { TableJoinOptions } from './options/joined.ts';
export type { DeduplicateOptions, ThrottleOptions } from './options/limits.ts';
export type { Materialized, MaterializedWindow } from './options/materialized.ts';
export type { Named } from './options/named.ts';
export type { Printed } from './options/printed.ts';
export type { Forwards, ForwardsValues, ProcessOptions } from './options/process-options.ts';
export type { Partitioned, Produced } from './options/produced.ts';
export type { Repartitioned } from './options/repartitioned.ts';
export type { StreamJoined } from './options/stream-joined.ts';
export {
  type UntilTimeLimit,
  type UntilWindowCloses,
  untilTimeLimit,
  untilWindowCloses,
} from './options/suppressed.ts';
export type { TableJoined } from './options/table-joined.ts';
export type { OnLate, WindowingOptions } from './options/windowed-options.ts';
export type { StartedWindows } from './plan/aggregate/windowing.ts';
export type { Branches } from './plan/split.ts';
export type { AsyncContext, AsyncOptions, Retry } from './operators/async/async-options.ts';
export type { AsyncProcessContext } from './operators/async/process-async.ts';
export type { Optimizations } from './topology/graph/optimizations.ts';
export type { Lateness } from './operators/aggregate/late.ts';
export type { BufferLimits } from './operators/table/suppress.ts';
export type { KeyValue } from './operators/stateless/map.ts';
export type { Change, Forward, StreamRecord, Window, Windowed } from './record/record.ts';
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
export {
  type FiredTimer,
  type OnTimer,
  type TimerKey,
  type Timers,
  timers,
  type TimersOptions,
  type TimersSpec,
} from './topology/timers.ts';
// Describe
export type {
  OffsetReset,
  ProcessorNode,
  SinkNode,
  SourceNode,
  StreamPartitioner,
  TopicNameExtractor,
  TopologyNode,
} from './topology/graph/nodes.ts';
export { Topology } from './topology/built/topology.ts';
export {
  type ExtractedRecord,
  failOnInvalidTimestamp,
  skipOnInvalidTimestamp,
  type TimestampExtractor,
  usePartitionTimeOnInvalidTimestamp,
  wallClockTimestamp,
} from './topology/timestamp-extractor.ts';
export type { SubTopology } from './topology/built/sub-topologies.ts';
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
export { keyValueStore, sessionStore, versionedStore, windowStore } from '@millrace/state-stores';
export type {
  KeyValueSpec,
  KeyValueStore,
  SessionSpec,
  SessionStore,
  StoreKind,
  StoreKinds,
  StoreSpec,
  ValueAndTimestamp,
  VersionedRecord,
  VersionedSpec,
  VersionedStore,
  WindowSpec,
  WindowStore,
} from '@millrace/state-stores';
export {
  evolving,
  type EvolvingOptions,
  type Migration,
  migration,
  type Migrations,
} from './serde/evolving.ts';
export { json } from './serde/json.ts';
export type { JsonDefault, LostInJson, SerdeNeededBecauseJsonLoses } from './serde/json-default.ts';
export {
  type ParsingSchema,
  type Schema,
  SchemaError,
  type SchemaIssue,
  type SchemaResult,
  type StandardSchema,
  validating,
} from './serde/schema.ts';
export {
  type Serializer,
  type SinkTopic,
  type Topic,
  topic,
  type TopicPattern,
  topicPattern,
} from './serde/topic.ts';
export { sessionWindowed, timeWindowed } from './serde/windowed-serde.ts';
// Query
export type { TableHandle } from './record/table-handle.ts';
export { isStoreUnavailable, type StoreLocation, StoreUnavailableError } from './errors.ts';
export type { QueryOptions, RecordPosition } from './runtime/query/query-options.ts';
export type {
  Queryable,
  QueryableKeyValueStore,
  QueryableStore,
  QueryableWindowedStore,
  RangeQuery,
  Row,
  StoreReference,
  TimeQuery,
} from './runtime/query/queryable-store.ts';
export type { RowChange, TableUpdate } from './runtime/query/table-updates.ts';
// Watch
export { type Logger, warningsOnly } from './logger.ts';
export type { Health } from './runtime/app/health.ts';
export { runApp, type RunAppOptions } from './runtime/app/run-app.ts';
export { appChannels } from './runtime/app/app-events.ts';
export { metricCatalogue } from './runtime/metrics/catalogue.ts';
export type { Metric, MetricDescription, MetricKind, MetricUnit } from '@millrace/log-client';
export type { RecordingLevel } from './runtime/metrics/recorder.ts';
export type { MetricOptions, MetricsContext, UserCounter, UserTiming } from './topology/processor.ts';
// Run
export type { AppState } from './runtime/app/app-state.ts';
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
  type InputListener,
  type OffsetResetListener,
  type ReceivedInput,
  type PartitionReset,
  type StateRestoreListener,
  type StoreRestore,
  type UncaughtExceptionHandler,
  type UncaughtExceptionResponse,
} from './handlers.ts';
// Write and read topics
export { createTopics, type CreateTopicsOptions } from './connect/create-topics.ts';
export {
  fromObservable,
  type FromObservableOptions,
  type SourceConnector,
} from './connect/from-observable.ts';
export { producer, type ProducerOptions, type SendOptions, type TopicProducer } from './connect/producer.ts';
export { records, type RecordsOptions, type TopicRecord } from './connect/records.ts';
export { transaction, type WriteRecord } from './connect/transaction.ts';
export { byPartition, type RecordPlace, RecordPlacer, type SourceRecord } from './connect/write-records.ts';
export type { StreamsMetadata } from './runtime/assign/streams-metadata.ts';
export type { KeyQuery, KeyQueryMetadata } from './runtime/query/key-query-metadata.ts';
export type { AppMetrics } from './runtime/metrics/app-metrics.ts';
export { StreamsApp } from './runtime/app/streams-app.ts';
export {
  type MakeApp,
  runWorkers,
  type WorkerContext,
  WorkerPool,
  type WorkerPoolOptions,
} from './runtime/worker/worker-pool.ts';
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

export type {
  CommittedWork,
  ProducedResult,
  ReceivedRecords,
  TracedRecord,
  TraceSpan,
  Tracing,
} from './tracing.ts';
