/**
 * The parts that a test driver or another runtime is made of. Applications need the package's main entry
 * only.
 */
export type {
  DeserializationExceptionHandler,
  DroppedRecordHandler,
  ProcessingExceptionHandler,
  ProductionExceptionHandler,
} from '../handlers.ts';
export {
  deadLetterTopicsOf,
  failOnDeserializationError,
  failOnProductionError,
  failOnRecordError,
} from '../handlers.ts';
export { type CacheBudget, cacheBudget } from './task/process/change-cache.ts';
export { Task } from './task/task.ts';
export type { TaskWatch } from './task/process/task-watch.ts';
export type { PreparedCommit, TaskCounts, TaskOptions } from './task/task-options.ts';
export type { TaskInput } from './task/input/task-inputs.ts';
export { TaskClock } from './task/task-clock.ts';
export { type TaskId, taskName } from './task/task-id.ts';
export type { TopicDirectory } from './task/topic-directory.ts';
export { addMetrics, type AppMetrics, noMetrics } from './metrics/app-metrics.ts';
export { mergeRows } from './query/merge-rows.ts';
export { openQuery } from './query/open-query.ts';
export { storeNamed } from './query/store-name.ts';
export type { StorePartition, StorePartitions } from './query/store-partitions.ts';
export { type UserMetric, UserMetrics } from './task/process/user-metrics.ts';
export { type Logger, warningsOnly } from '../logger.ts';
export { openTimers } from '../topology/timers.ts';
export { ownedTopics, topologyTopic } from '../topology/built/owned-topics.ts';
export {
  migrateState,
  type MigratedStore,
  type MigrateStateOptions,
} from './upgrade/migrate-state.ts';
export {
  compareFork,
  type CompareForkOptions,
  type ComparedFork,
  type ComparedTopic,
  type Difference,
} from './takeover/compare-fork.ts';
export { forkApp, type ForkAppOptions, type ForkedApp } from './takeover/fork-app.ts';
export { type BehindPartition } from './takeover/fork-lag.ts';
export { promoteFork } from './takeover/promote-fork.ts';
export { planChange, type PlannedChange, type Verdict } from './upgrade/plan.ts';
export {
  lockOf,
  parseTopologyRecord,
  readTopologyRecord,
  recordOf,
  type TopologyRecord,
} from './upgrade/topology-record.ts';
export { type GlobalTable, globalTablesOf } from './stores/global-table.ts';
export { checkingSpec } from './stores/checking-spec.ts';
export {
  changelogName,
  realNames,
  type ResolvedTopics,
  resolveTopics,
} from '../topology/built/internal-topics.ts';
