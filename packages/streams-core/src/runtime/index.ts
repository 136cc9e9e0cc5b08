/** The parts that a test driver or another runtime is made of. Applications need the package's main entry only. */
export type {
  DeserializationExceptionHandler,
  ProcessingExceptionHandler,
  ProductionExceptionHandler,
} from './handlers.ts';
export { failOnDeserializationError, failOnRecordError } from './handlers.ts';
export { type CacheBudget, cacheBudget } from './task/change-cache.ts';
export { Task } from './task/task.ts';
export type { PreparedCommit, TaskCounts, TaskOptions } from './task/task-options.ts';
export type { TaskInput } from './task/task-inputs.ts';
export { TaskClock } from './task/task-clock.ts';
export { type TaskId, taskName } from './task/task-id.ts';
export type { TopicDirectory } from './task/topic-directory.ts';
export { type GlobalTable, globalTablesOf } from './global-table.ts';
export { changelogName, realNames, type ResolvedTopics, resolveTopics } from '../topology/internal-topics.ts';
